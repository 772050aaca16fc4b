"""A pool's parts sum to its cost, on the page and in the file."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.portal.operations.record_facts import record_margin, record_period
from services.portal.queries.pools import PARTS_MAX, read_pools
from shared.contracts.attribution import CostLine
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.html_page import Page
from tests.portal.scenarios import (
    SHARED,
    UNMETERED,
    client_of,
    margin_fact,
    period_fact,
    pool_measured,
)

OCTOBER = Month(2026, 10)


def pools(month=OCTOBER):
    with as_ops():
        return read_pools(month).pools


def sum_of(pool):
    return sum(part.amount.amount for part in (*pool.parts, *pool.rests))


class TestAPool:
    def test_is_its_tenants_parts_and_what_nobody_used(self, month):
        [pool] = pools()
        assert sum_of(pool) == pool.cost.amount == 3 * SHARED + UNMETERED
        assert [(rest.label, rest.amount.amount) for rest in pool.rests] == [
            ("Unmetered", UNMETERED)
        ]
        assert {part.key for part in pool.parts} == {"acme", "foreign", "trial"}

    def test_says_on_what_ground_it_was_split(self, month):
        [pool] = pools()
        assert [(step.label, step.signal) for step in pool.drivers] == [
            ("Measured", "nat_bytes"),
            ("Evenly", ""),
        ]
        assert pool.coverage == Decimal(738) / 744
        assert pool.fallback_ratio == Decimal("3.5") / pool.cost.amount
        page = Page(client_of("olivia").get("/pools").content.decode()).words
        assert "738 of 744" in page

    def test_does_not_name_one_driver_twice_in_a_row(self, month):
        drivers = ["signal:pod_cpu", "fallback:signal:pod_cpu", "fallback:even"]
        with as_ops():
            spans = ["hour", "day", "day"]
            pool = pool_measured(drivers=drivers, spans=spans)
            record_period(period_fact(version=2, pools=[pool]))
        assert [(step.label, step.signal) for step in pools()[0].drivers] == [
            ("Measured", "pod_cpu"),
            ("the same by day", ""),
            ("Evenly", ""),
        ]

    def test_sums_while_a_new_runs_figures_arrive(self, month):
        with as_ops():
            record_period(period_fact(version=2, run_id="run_2"))
            record_margin(margin_fact("acme", "597.40", version=2_000_000, run_id="run_2"))
        [pool] = pools()
        assert sum_of(pool) == pool.cost.amount
        assert [rest.label for rest in pool.rests] == ["Unmetered", "Arriving"]

    def test_of_which_the_run_told_nothing_is_unknown_and_not_zero(self, month):
        with as_ops():
            record_period(period_fact(version=2, pools=[]))
        [pool] = pools()
        assert (pool.coverage, pool.fallback, pool.unmetered) == (None, None, None)
        assert sum_of(pool) == pool.cost.amount == 3 * SHARED
        assert "unknown" in client_of("olivia").get("/pools").content.decode()

    def test_is_compared_with_the_month_before(self, month):
        with as_ops():
            cheaper = [pool_measured(cost=Decimal(10))]
            record_period(period_fact(period="2026-09", run_id="run_0", pools=cheaper))
        [pool] = pools()
        assert pool.change == (pool.cost.amount - 10) / 10

    def test_of_a_month_that_runs_is_compared_with_no_whole_one(self, month):
        running = Month.of(datetime.now(UTC))
        with as_ops():
            for period, run in ((running.previous, "run_0"), (running, "run_now")):
                record_period(period_fact(period=str(period), run_id=run))
        answer = client_of("olivia").get(f"/pools?period={running}")
        assert (answer.context["compared_to"], answer.context["pools"][0].change) == (None, None)
        assert "so far" in answer.content.decode()

    @pytest.mark.parametrize(
        ("before", "words"),
        [
            (pool_measured(cost=Decimal("-446.69")), "was \N{MINUS SIGN}446.69"),
            (pool_measured(name="other", cost=Decimal(1)), "new"),
        ],
    )
    def test_is_new_only_where_there_was_none(self, month, before, words):
        with as_ops():
            record_period(period_fact(period="2026-09", run_id="run_0", pools=[before]))
        page = Page(client_of("olivia").get("/pools?period=2026-10").content.decode()).words
        assert words in page
        assert ("new" in page.split()) == (words == "new")

    def test_of_many_tenants_shows_the_largest_and_the_others_as_one(self, month):
        with as_ops():
            for turn in range(30):
                record_margin(replace(margin_fact("trial"), tenant=f"t{turn:02d}"))
            more = [pool_measured(cost=33 * SHARED + UNMETERED)]
            record_period(period_fact(version=2, pools=more))
        [pool] = pools()
        assert (len(pool.parts), pool.rests[0].label) == (PARTS_MAX, "Other (13)")
        assert sum_of(pool) == pool.cost.amount
        file = client_of("olivia").get("/pools.csv").content.decode()
        assert len(list(read_rows(file))) == 34

    def test_of_two_drivers_names_both(self, month):
        lines = [
            CostLine("pool:nat", "pool-signal", Decimal(15)),
            CostLine("pool:nat", "pool-even", SHARED - 15),
        ]
        with as_ops():
            record_margin(margin_fact("acme", "597.40", version=1_000_001, lines=lines))
        acme = next(part for part in pools()[0].parts if part.key == "acme")
        assert [(label, amount.amount) for label, amount in acme.methods] == [
            ("By measured use", Decimal(15)),
            ("Evenly", SHARED - 15),
        ]


class TestTheFile:
    def test_has_the_rows_of_the_page(self, month):
        answer = client_of("vic").get("/pools.csv?period=2026-10")
        assert 'filename="trueback_pools_2026-10.csv"' in answer["Content-Disposition"]
        rows = list(read_rows(answer.content.decode()))
        [pool] = pools()
        assert [row["amount"] for row in rows] == [
            f"{part.amount.amount:f}" for part in (*pool.parts, *pool.rests)
        ]
        assert sum(Decimal(row["amount"]) for row in rows) == pool.cost.amount

    def test_of_a_month_without_figures_is_not_there(self, month):
        assert client_of("olivia").get("/pools.csv?period=2020-01").status_code == 404

    def test_of_a_tenants_days_sums_to_its_cost(self, month):
        answer = client_of("olivia").get("/tenants/acme/costs.csv?period=2026-10")
        rows = list(read_rows(answer.content.decode()))
        assert sum(Decimal(row["amount"]) for row in rows) == margin_fact("acme").cost
        assert {row["day"][:8] for row in rows} == {"2026-10-"}

    def test_of_days_that_nobody_told_is_not_there(self, month):
        with as_ops():
            record_margin(margin_fact("acme", "597.40", version=1_000_001, daily={}))
        assert client_of("olivia").get("/tenants/acme/costs.csv").status_code == 404
        page = client_of("olivia").get("/tenants/acme")
        assert page.status_code == 200
        assert b"costs.csv" not in page.content


class TestPoolsOfAMonth:
    def test_without_any_say_so(self, month):
        with as_ops():
            record_period(period_fact(period="2026-09", run_id="run_0", pools=[]))
        page = client_of("olivia").get("/pools?period=2026-09").content.decode()
        assert "Nothing is shared in this month." in page

    def test_not_yet_attributed_wait(self, month):
        page = client_of("olivia").get("/pools?period=2020-01").content.decode()
        assert "No bill has arrived for this month." in page
