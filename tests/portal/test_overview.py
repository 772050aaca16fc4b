"""The first page: figures that tie, the waterfall, what moved, what is to close next."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.portal.models import PeriodSummary
from services.portal.operations.record_facts import record_margin, record_period
from services.portal.queries.calendar import read_calendar
from services.portal.queries.cost_changes import read_movers
from services.portal.queries.overview import next_close, read_overview
from services.portal.queries.tenant_page import read_tenant
from shared.contracts.attribution import CostLine
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.html_page import Page
from tests.portal.attribution_standin import running_attribution
from tests.portal.corrections_data import WAITING
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import (
    COSTS,
    EXCLUDED,
    OVERHEAD,
    UNALLOCATED,
    client_of,
    days_of,
    margin_fact,
    period_fact,
)

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
COMPUTE = COSTS["acme"] - Decimal("20.0000000001")


def test_the_overview_says_where_corrections_wait(month):
    with running_invoicing() as invoicing:
        invoicing.file_type = "application/json"
        invoicing.file = json.dumps({"data": [WAITING]}).encode()
        page = client_of("olivia").get("/overview").content.decode()
    assert 'href="/corrections/2026-10?view=to_do"' in page
    assert "9 to approve, 2 on hold, 1 below zero" in page
    silent = client_of("olivia").get("/overview").content.decode()
    assert "Corrections wait" not in silent


@pytest.fixture
def two_months(month):
    """In September acme had two other costs, and its pool costs more since 11 October."""
    before = [
        CostLine("Compute", "label", COMPUTE),
        CostLine("pool:nat", "pool-signal", Decimal(5)),
        CostLine("Logs", "label", Decimal(2)),
    ]
    nat = [Decimal("0.16")] * 10 + [Decimal("0.87")] * 20 + [Decimal("1.0000000001")]
    with as_ops():
        record_period(period_fact(period="2026-09", run_id="run_0"))
        fact = margin_fact("acme", "500", period="2026-09", run_id="run_0", lines=before,
                           cost=COMPUTE + 7)  # fmt: skip
        record_margin(fact)
        now = margin_fact("acme", "597.40", version=1_000_001)
        record_margin(replace(now, daily={**now.daily, "pool:nat": nat}))


def supported(period, run, days):
    """Support costs 7 on each of these days; lines and days say the same."""
    daily = {
        "Compute": [Decimal(10)] * 3 + [Decimal(0)] * 27,
        "Support": [Decimal(7 if day in days else 0) for day in range(1, 31)],
    }
    lines = [CostLine(group, "rule", sum(amounts)) for group, amounts in daily.items()]
    return margin_fact(
        "acme", period=period, run_id=run, version=2_000_000, lines=lines, daily=daily
    )


def overview(month=OCTOBER, *, is_open=False):
    with as_ops():
        return read_overview(month, state="open" if is_open else "closed")


class TestTheFigures:
    def test_say_whom_the_margin_leaves_out(self, month):
        notes = {figure.label: figure.note for figure in overview().figures}
        assert notes["Margin"] == "without 1 tenant of unknown revenue"
        assert notes["Revenue"] == "2 tenants in draft, 1 unknown"
        page = Page(client_of("olivia").get("/overview?period=2026-10").content.decode()).words
        assert "without 1 tenant of unknown revenue" in page

    def test_leave_nobody_out_of_a_margin_that_nobody_knows(self, cast):
        with as_ops():
            record_period(period_fact())
            record_margin(margin_fact("acme"))
        notes = {figure.label: figure.note for figure in overview().figures}
        assert (notes["Revenue"], notes["Margin"]) == ("1 tenant unknown", "")

    def test_say_what_a_margin_was_that_has_crossed_zero(self, two_months):
        with as_ops():
            record_margin(margin_fact("acme", "1.00", version=1_000_002))
            figures = {one.label: one for one in read_tenant("acme", OCTOBER).figures}
        margin = figures["Margin"]
        assert (margin.change, margin.was.amount) == (None, 500 - (COMPUTE + 7))
        page = Page(client_of("olivia").get("/tenants/acme?period=2026-10").content.decode()).words
        assert "was $411.83 in Sep" in page

    def test_of_a_tenant_that_skipped_a_month_do_not_call_it_its_first(self, month):
        with as_ops():
            record_period(period_fact(period="2026-08", run_id="run_8"))
            record_margin(margin_fact("trial", period="2026-08", run_id="run_8"))
        page = client_of("olivia").get("/tenants/trial?period=2026-10").content.decode()
        assert "no earlier month" not in page
        assert "not in the month before" in page
        assert "no earlier month" in client_of("olivia").get("/tenants/acme").content.decode()


class TestTheWaterfall:
    def test_says_what_of_the_bill_is_in_no_step(self, month):
        assert overview().waterfall.excluded.amount == EXCLUDED
        page = Page(client_of("olivia").get("/overview?period=2026-10").content.decode()).words
        assert "after everything but $1.00 that is excluded" in page

    def test_holds_everything_where_nothing_is_excluded(self, month):
        with as_ops():
            PeriodSummary.objects.update(excluded=0)
        page = Page(client_of("olivia").get("/overview?period=2026-10").content.decode()).words
        assert "after everything the bill holds" in page

    def test_falls_from_revenue_to_margin_exactly(self, month):
        steps = overview().waterfall.steps
        first, *falls, last = [step.amount.amount for step in steps]
        assert first + sum(falls) == last
        costs = sum(COSTS.values()) + OVERHEAD + UNALLOCATED
        assert last == Decimal("5597.40") - costs

    def test_counts_what_is_still_on_its_way(self, month):
        with as_ops():
            record_period(period_fact(version=2, run_id="run_2"))
            record_margin(margin_fact("acme", "597.40", version=2_000_000, run_id="run_2"))
        steps = {step.label: step.amount.amount for step in overview().waterfall.steps}
        assert steps["Arriving"] == -(sum(COSTS.values()) - COSTS["acme"])

    def test_is_none_while_no_revenue_is_known(self, cast):
        with as_ops():
            record_period(period_fact())
            record_margin(margin_fact("acme"))
        assert overview().waterfall is None
        page = client_of("olivia").get("/overview").content.decode()
        assert "revenue is known yet" in page

    def test_table_says_what_is_drawn(self, month):
        page = Page(client_of("olivia").get("/overview").content.decode())
        kinds = [row["data-step"] for row in page.all("tr") if "data-step" in row]
        assert kinds == ["total", "less", "less", "less", "less", "total"]
        assert [script for script in page.all("script") if "charts.js" in script["src"]]


class TestWhatMoved:
    def test_is_told_largest_first_with_the_day_it_began(self, two_months):
        with as_ops():
            movers, _ = read_movers(OCTOBER, is_open=False)
        [acme] = [one.mover for one in movers if one.tenant == "acme"]
        assert (acme.label, acme.by.amount, acme.since) == (
            *("Shared NAT", Decimal("15.0000000001")),
            date(2026, 10, 11),
        )
        sizes = [abs(one.mover.by.amount) for one in movers]
        assert sizes == sorted(sizes, reverse=True)
        assert len(movers) == 5

    def test_is_a_sentence_with_a_link_to_the_tenant(self, two_months):
        page = Page(client_of("olivia").get("/overview?period=2026-10").content.decode())
        assert "Shared NAT +$15.00 , since 11 Oct" in page.words
        links = [link["href"] for link in page.all("a")]
        assert "/tenants/acme?period=2026-10" in links

    def test_is_nothing_in_the_first_month(self, month):
        page = overview()
        assert (page.movers, page.compared_to) == ([], None)
        assert (
            "No earlier month to compare with."
            in client_of("olivia").get("/overview").content.decode()
        )

    def test_in_a_month_that_runs_is_against_as_many_days(self, month):
        lines = [CostLine("Compute", "label", Decimal(30))]
        with as_ops():
            record_period(period_fact(period="2026-11", run_id="run_n"))
            fact = margin_fact("acme", "9", period="2026-11", run_id="run_n", cost=Decimal(30))
            record_margin(
                replace(fact, lines=lines, daily={"Compute": [Decimal(10)] * 3 + [Decimal(0)] * 27})
            )
            movers, span = read_movers(NOVEMBER, is_open=True)
            tenant = read_tenant("acme", NOVEMBER, state="open")
            october = days_of(margin_fact("acme").lines)
        assert span.days == 3
        by_group = {one.mover.label: one.mover.by.amount for one in movers}
        assert by_group["Compute"] == 30 - sum(october["Compute"][:3])
        assert by_group["Shared NAT"] == -sum(october["pool:nat"][:3])
        assert tenant.days_compared == 3
        assert all("so far" in figure.note for figure in tenant.figures)
        page = overview(NOVEMBER, is_open=True)
        assert {figure.change for figure in page.figures} == {None}
        assert all("so far" in figure.note for figure in page.figures)

    @pytest.mark.parametrize(
        ("october", "november", "told"),
        [
            ([1], [], set()),
            ([1, 2], [], {"Support"}),
            ([1], [1, 2], {"Support"}),
            ([], [1], {"Support"}),
        ],
    )
    def test_in_a_month_that_runs_is_not_what_was_charged_on_one_day_and_is_not_yet(
        self, month, october, november, told
    ):
        """Compute costs the same in both months, so that support alone can have moved."""
        with as_ops():
            record_period(period_fact(period="2026-11", run_id="run_n"))
            record_margin(supported("2026-10", "run_1", october))
            record_margin(supported("2026-11", "run_n", november))
            movers, _ = read_movers(NOVEMBER, is_open=True)
            change = read_tenant("acme", NOVEMBER, state="open").change
        assert {one.mover.label for one in movers if one.tenant == "acme"} == told
        assert {mover.label for mover in (change.movers if change else [])} == told

    def test_of_a_group_that_was_a_credit_is_told_by_what_it_was(self, month):
        lines = [CostLine("Compute", "label", Decimal("-446.69"))]
        with as_ops():
            record_period(period_fact(period="2026-09", run_id="run_0"))
            record_margin(margin_fact("acme", period="2026-09", run_id="run_0", lines=lines))
            groups = {group.label: group for group in read_tenant("acme", OCTOBER).groups}
        compute, nat = groups["Compute"], groups["Shared NAT"]
        assert (compute.change, compute.was.amount) == (None, Decimal("-446.69"))
        assert (nat.change, nat.was) == (None, None)
        page = client_of("olivia").get("/tenants/acme?period=2026-10").content.decode()
        assert page.count(">new<") == 1

    def test_on_a_tenants_page_sums_to_the_change_of_its_cost(self, two_months):
        with as_ops():
            change = read_tenant("acme", OCTOBER).change
        parts = [*(mover.by.amount for mover in change.movers), change.rest.amount]
        assert sum(parts) == change.by.amount == COSTS["acme"] - (COMPUTE + 7)
        page = Page(client_of("olivia").get("/tenants/acme").content.decode()).words
        assert "Cost is up $13.00 vs September 2026: Shared NAT +$15.00 since 11 Oct" in page


class TestTheNextClose:
    def test_is_the_oldest_month_with_figures_that_nobody_closed(self, month):
        with as_ops():
            for period, run in (("2026-11", "run_n"), ("2026-09", "run_0"), ("2026-08", "")):
                record_period(period_fact(period=period, run_id=run))
            found = next_close(read_calendar(datetime(2026, 11, 5, tzinfo=UTC)))
        assert (found.month, found.state) == (Month(2026, 9), "settling")

    def test_is_none_where_all_is_closed(self, month):
        with as_ops():
            assert next_close(read_calendar(datetime(2026, 11, 5, tzinfo=UTC))) is None
        assert (
            "Nothing waits to be closed." in client_of("olivia").get("/overview").content.decode()
        )

    def test_shows_its_checks_or_that_nobody_answers(self, month):
        with as_ops():
            PeriodSummary.objects.update(closed_at=None)
        client = client_of("vic")
        quiet = client.get("/overview").content.decode()
        assert "does not answer, so that the checks are not known" in quiet
        with running_attribution() as attribution:
            page = Page(client.get("/overview").content.decode()).words
        assert "Signals : not yet No signals for nat_bytes." in page
        [(actor, method, path, _)] = attribution.calls
        assert (actor.name, method, path) == ("vic", "GET", "/api/v2/periods/2026-10")
