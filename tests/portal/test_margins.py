from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.portal.operations.record_facts import record_invoice, record_margin, record_period
from services.portal.queries.margin_page import read_margins
from services.portal.queries.margin_rows import Selection
from services.portal.queries.tenant_page import read_tenant
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.portal.scenarios import COSTS, client_of, invoice_fact, margin_fact, period_fact

OCTOBER = Month(2026, 10)


def page_of(**asked):
    selection = Selection.asked(**{"sort": "", "view": "", "q": "", **asked})
    with as_ops():
        return read_margins(OCTOBER, selection, page=1)


def names(page):
    return [row.tenant.key for row in page.rows]


def sum_of_costs(page):
    others = sum((other.cost.amount for other in page.others), Decimal(0))
    return page.totals.cost.amount + others


class TestTheMarginTable:
    def test_sums_to_the_bill_to_the_last_quantum(self, month):
        page = page_of()
        assert sum_of_costs(page) == page.bill.amount
        proof = page.proof
        parts = (proof.direct, proof.shared, proof.overhead, proof.unallocated, proof.excluded)
        assert sum((part.amount for part in parts), Decimal(0)) == proof.bill.amount
        assert proof.holds
        assert proof.exchanged == []

    def test_sums_to_the_bill_while_a_new_runs_figures_arrive(self, month):
        with as_ops():
            record_period(period_fact(version=2, run_id="run_2"))
            record_margin(margin_fact("acme", "597.40", version=2_000_000, run_id="run_2"))
        page = page_of()
        assert names(page) == ["acme"]
        assert sum_of_costs(page) == page.bill.amount
        assert "on their way" in page.proof.note

    def test_sums_to_the_bill_where_lines_belong_to_other_months(self, month):
        totals = period_fact().totals
        moved = replace(
            totals, bill=totals.bill - 3, moved_in=Decimal("2.5"), moved_out=Decimal("-0.5")
        )
        with as_ops():
            record_period(period_fact(version=2, totals=moved))
        page = page_of()
        exchanged = [(other.label, other.cost.amount) for other in page.proof.exchanged]
        assert exchanged == [
            ("Earlier months", Decimal("-0.5")),
            ("Later bills", Decimal("-2.5")),
        ]
        assert sum_of_costs(page) == page.bill.amount

    def test_leaves_out_a_tenant_that_the_newest_run_does_not_know(self, month):
        totals = replace(period_fact().totals, attributed=COSTS["acme"])
        with as_ops():
            record_period(period_fact(version=2, run_id="run_2", totals=totals))
            record_margin(margin_fact("acme", "597.40", version=2_000_000, run_id="run_2"))
        assert names(page_of()) == ["acme"]

    def test_never_shows_zero_for_a_revenue_that_nobody_knows(self, month):
        page = page_of(view="unknown")
        [row] = page.rows
        assert (row.tenant.key, row.revenue, row.margin, row.margin_ratio) == (
            *("trial", None, None),
            None,
        )
        html = client_of("olivia").get("/margins?view=unknown").content.decode()
        assert html.partition(">Trial<")[2].partition("</tr>")[0].count('"unknown"') == 3

    def test_margin_leaves_out_unknown_revenue_on_both_sides(self, month):
        totals = page_of().totals
        revenue = Decimal("5597.40")
        assert totals.revenue.amount == revenue
        assert totals.margin.amount == revenue - COSTS["acme"] - COSTS["foreign"]
        assert totals.revenue_unknown_count == 1

    def test_is_unknown_as_a_whole_where_no_revenue_is_known(self, cast):
        with as_ops():
            record_period(period_fact())
            record_margin(margin_fact("acme"))
        totals = page_of().totals
        assert (totals.revenue, totals.margin, totals.margin_ratio) == (None, None, None)

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("-cost", ["foreign", "acme", "trial"]),
            ("cost", ["trial", "acme", "foreign"]),
            ("tenant", ["acme", "foreign", "trial"]),
            ("-margin", ["acme", "foreign", "trial"]),
            ("margin_ratio", ["foreign", "acme", "trial"]),
            ("-plan", ["acme", "foreign", "trial"]),
            ("-revenue", ["foreign", "acme", "trial"]),
            ("; drop table", ["foreign", "acme", "trial"]),
        ],
    )
    def test_sorts_and_puts_the_unknown_last(self, month, sort, order):
        assert names(page_of(sort=sort)) == order

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"view": "negative"}, ["foreign"]),
            ({"view": "no_contract"}, ["trial"]),
            ({"view": "falling"}, []),
            ({"q": "TRI"}, ["trial"]),
            ({"q": "standard"}, ["foreign", "acme"]),
            ({"q": "zzz"}, []),
            ({"view": "negative", "q": "acme"}, []),
        ],
    )
    def test_filters(self, month, asked, found):
        assert names(page_of(**asked)) == found

    def test_falling_is_a_margin_below_the_one_before_twice_in_a_row(self, month):
        with as_ops():
            for period, run, acme, foreign in (
                ("2026-09", "run_0", "700", "1000"),
                ("2026-08", "run_a", "800", "2000"),
            ):
                record_period(period_fact(period=period, run_id=run))
                for tenant, revenue in (("acme", acme), ("foreign", foreign)):
                    record_margin(margin_fact(tenant, revenue, period=period, run_id=run))
        page = page_of(view="falling")
        assert names(page) == ["acme"]
        counts = {view.key: view.count for view in page.views}
        assert counts == {"all": 3, "negative": 1, "falling": 1, "no_contract": 1, "unknown": 1}
        with as_ops():
            record_period(period_fact(period="2026-11", run_id="run_n"))
            record_margin(margin_fact("acme", "9000", period="2026-11", run_id="run_n"))
            selection = Selection.asked(sort="", view="falling", q="")
            [row] = read_margins(Month(2026, 11), selection, page=1, state="open").rows
        assert (row.tenant.key, len(row.trend)) == ("acme", 3)

    def test_compares_with_the_month_before(self, month):
        with as_ops():
            record_period(period_fact(period="2026-09", run_id="run_0"))
            for tenant, cost in (("acme", "50"), ("trial", "10")):
                fact = margin_fact(tenant, "100", period="2026-09", run_id="run_0")
                record_margin(replace(fact, cost=Decimal(cost)))
        page = page_of()
        revenue, cost, *_ = page.figures
        assert page.compared_to == Month(2026, 9)
        assert revenue.change == (Decimal("5597.40") - 200) / 200
        assert cost.change == (sum(COSTS.values()) - 60) / 60
        assert page.rows[1].trend == [Decimal(50), COSTS["acme"]]

    def test_asks_the_database_no_more_for_more_tenants(self, month):
        def count():
            with as_ops(), CaptureQueriesContext(connection) as asked:
                read_margins(OCTOBER, Selection(), page=1)
            return len(asked)

        few = count()
        with as_ops():
            for turn in range(60):
                fact = replace(margin_fact("trial"), tenant=f"t{turn}")
                record_margin(fact)
        assert count() == few

    def test_is_paged(self, month):
        with as_ops():
            for turn in range(130):
                record_margin(replace(margin_fact("trial"), tenant=f"t{turn:03d}"))
            second = read_margins(OCTOBER, Selection(sort="tenant"), page=2)
            last = read_margins(OCTOBER, Selection(sort="tenant"), page=3)
            past = read_margins(OCTOBER, Selection(sort="tenant"), page=99)
        paging = second.paging
        assert (paging.start_index(), paging.end_index(), paging.paginator.count) == (61, 120, 133)
        assert (paging.previous_page_number(), paging.next_page_number()) == (1, 3)
        assert (len(last.rows), last.paging.has_next()) == (13, False)
        assert names(last) == names(past)


class TestTheFile:
    def test_sums_to_the_bill_and_leaves_unknown_cells_empty(self, month):
        answer = client_of("olivia").get("/margins.csv?period=2026-10")
        assert 'filename="trueback_margins_2026-10.csv"' in answer["Content-Disposition"]
        rows = list(read_rows(answer.content.decode()))
        assert sum(Decimal(row["cost"]) for row in rows) == period_fact().totals.bill
        trial = next(row for row in rows if row["tenant"] == "trial")
        assert (trial["revenue"], trial["margin"], trial["margin_ratio"]) == ("", "", "")
        losing = next(row for row in rows if row["tenant"] == "foreign")
        assert losing["margin"].startswith("-")

    def test_of_a_month_without_figures_is_not_there(self, month):
        assert client_of("olivia").get("/margins.csv?period=2020-01").status_code == 404


class TestATenantsPage:
    def test_groups_sum_to_its_cost_and_name_what_is_shared(self, month):
        with as_ops():
            page = read_tenant("acme", OCTOBER)
        assert sum((group.amount.amount for group in page.groups), Decimal(0)) == COSTS["acme"]
        assert [(group.label, group.is_shared) for group in page.groups] == [
            ("Compute", False),
            ("Shared NAT", True),
        ]

    def test_shows_the_invoices_that_charge_it(self, month):
        html = client_of("olivia").get("/tenants/acme").content.decode()
        assert "ACME-0001" in html
        assert "FOREIGN-0001" not in html

    def test_that_nobody_has_seen_is_not_found(self, month):
        assert client_of("olivia").get("/tenants/nobody").status_code == 404

    def test_of_a_month_without_it_shows_no_figures(self, month):
        answer = client_of("olivia").get("/tenants/acme?period=2026-09")
        assert answer.status_code == 200
        assert b"unknown" in answer.content


def test_an_invoice_link_is_not_to_a_void_one(month):
    with as_ops():
        record_invoice(invoice_fact("acme", "void", version=2))
    assert next(row for row in page_of().rows if row.tenant.key == "acme").invoice is None
