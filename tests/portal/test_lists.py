"""Lists of invoices and charges: the inbox's sums and files, the customer's months."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.portal.operations.record_facts import record_customer, record_estimate, record_invoice
from services.portal.queries.customer_pages import read_breakdown, read_home
from services.portal.queries.inbox import InboxFilter, read_inbox
from services.portal.queries.staff_invoice import read_staff_invoice
from shared.auth.actors import Actor
from shared.contracts.invoicing import CHARGES_ESTIMATED, EstimatedLine
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops, as_subject
from shared.periods import Month
from tests.every_service import switch_off
from tests.portal.scenarios import NOW, client_of, customer_fact, invoice_fact, record_month
from tests.tokens import subject_of

CLARA = Actor("clara", "billing_clerk")
OCTOBER = Month(2026, 10)


def put(customer="acme", state="issued", **changed):
    with as_ops():
        record_invoice(invoice_fact(customer, state, **changed))


def september(**changed):
    fact = invoice_fact("acme", "paid")
    usage, fee = fact.lines
    lines = [
        replace(usage, amount=Decimal("80.00"), cost=Decimal("66.67")),
        fee,
        replace(usage, position=3, description="Migration", amount=Decimal("250.00"),
                charge_group="Migration"),
    ]  # fmt: skip
    fields = {
        "invoice_id": "inv_before",
        "period": "2026-09",
        "number": "ACME-0000",
        "lines": lines,
        "total": Decimal("829.00"),
    }
    put("acme", changed.pop("state", "paid"), **(fields | changed))


def estimate(period, version, total, **changed):
    fields = {
        "period": period,
        "version": version,
        "total": Decimal(total),
        "lines": [EstimatedLine("Cloud usage: Compute", Decimal(total))],
    }
    with as_ops():
        record_estimate(replace(CHARGES_ESTIMATED.example, **(fields | changed)))


def inbox(**asked):
    with as_ops():
        return read_inbox(CLARA, InboxFilter(OCTOBER, **asked), now=NOW)


def rows_of(answer):
    return list(read_rows(answer.content.decode()))


class TestTheInboxSums:
    def test_add_up_the_month_by_what_is_left_to_do(self, cast):
        record_month(acme="draft", foreign="paid")
        sums = {one.label: one for one in inbox().sums}
        assert {label: one.count for label, one in sums.items()} == {
            "To issue": 1,
            "To be paid": 0,
            "Overdue": 0,
            "Paid": 1,
        }
        assert [money.amount for money in sums["To issue"].amounts] == [invoice_fact("acme").total]
        assert sums["Overdue"].amounts == []

    def test_never_add_currencies(self, month):
        put("foreign", version=2, currency="EUR")
        [waiting] = [one for one in inbox().sums if one.label == "To be paid"]
        assert [money.currency for money in waiting.amounts] == ["EUR", "USD"]

    def test_are_of_the_month_whatever_is_filtered(self, month):
        assert inbox(q="nobody").sums == inbox().sums


class TestRestatedInvoices:
    def test_have_a_filter_of_their_own_and_their_amount(self, month):
        put(version=2, restated_by=Decimal("-12.34"))
        put("foreign", version=2, restated_by=Decimal("0.00"))
        page = inbox(view="restated")
        assert [row.id for row in page.rows] == ["inv_acme"]
        assert page.rows[0].restated_by.amount == Decimal("-12.34")
        assert "\u221212.34" in client_of("clara").get("/invoices?view=all").content.decode()

    def test_have_none_where_nothing_was_restated(self, month):
        assert "restated" not in {view.key for view in inbox().views}

    def test_say_on_their_page_what_happens_next(self, month):
        put(version=2, restated_by=Decimal("-12.34"))
        page = client_of("clara").get("/invoices/inv_acme").content.decode()
        assert "It stays as it was issued" in page
        assert page.count("The next close of the month corrects it.") == 2
        assert "Nothing is left to do" not in page
        listed = client_of("clara").get("/invoices?view=all").content.decode()
        assert "The next close of the month corrects it" in listed

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "parked"])
    def test_that_are_not_issued_say_so_before_they_are_approved(self, cast, state):
        put(state=state, restated_by=Decimal("12.30"))
        page = client_of("bruno").get("/invoices/inv_acme").content.decode()
        assert "AWS has restated this month since:" in page
        assert ">+$12.30</data> on these lines" in page
        assert re.search(r"would be <data[^>]*>\$608\.70</data>", page)
        assert "drafted anew on the newest cost" in page
        assert ("Approving fixes the amount as drafted." in page) == (state != "approved")
        assert {view.key: view.count for view in inbox().views}["restated"] == 1

    def test_that_are_void_do_not_count(self, cast):
        put(state="void", number="", restated_by=Decimal("12.30"))
        assert "restated" not in {view.key for view in inbox().views}
        assert "12.30" not in client_of("bruno").get("/invoices/inv_acme").content.decode()


class TestTheInboxFile:
    def test_has_every_row_of_the_filter_with_plain_figures(self, month):
        put(version=2, previous_total=Decimal("100.00"), restated_by=Decimal("-1.50"))
        [row] = rows_of(client_of("clara").get("/invoices.csv?period=2026-10&q=acme"))
        total = invoice_fact("acme").total
        assert row["number"] == "ACME-0001"
        assert row["total"] == str(total)
        assert row["currency"] == "USD"
        assert row["restated_by"] == "-1.50"
        assert row["due_date"] == "2026-12-03"
        assert row["next_step"] == "the next close of the month corrects it"

    def test_is_not_cut_at_the_page(self, cast):
        for number in range(70):
            put("acme", "draft", invoice_id=f"inv_{number}")
        rows = rows_of(client_of("vic").get("/invoices.csv?period=2026-10"))
        assert len(rows) == 70


class TestTheReview:
    def read(self):
        with as_ops():
            return read_staff_invoice("inv_acme", CLARA, now=NOW).invoice

    def test_says_what_moved_since_last_month_and_why(self, cast):
        september()
        put("acme", "draft")
        shown = self.read()
        usage, fee = shown.lines
        assert usage.by.amount == usage.amount.amount - Decimal(80)
        assert usage.why == "Cost up 21.7%; price rule unchanged."
        assert (fee.by.amount, fee.why) == (Decimal(0), "")
        assert [one.description for one in shown.comparison.ended] == ["Migration"]
        page = client_of("clara").get("/invoices/inv_acme").content.decode()
        assert "Cost up 21.7%" in page
        assert "Ended: last month had this line." in page

    def test_knows_the_median_from_three_months_on(self, cast):
        for period in ("2026-07", "2026-08", "2026-09"):
            september(invoice_id=f"inv_{period}", period=period)
        september(invoice_id="inv_old", period="2026-03", total=Decimal(9))
        september(invoice_id="inv_void", period="2026-06", state="void")
        put("acme", "draft")
        usual = self.read().comparison.usual
        assert (usual.total.amount, usual.months) == (Decimal("829.00"), 3)

    def test_compares_with_no_other_customer_and_no_other_currency(self, cast):
        september(currency="EUR")
        put("foreign", "paid", invoice_id="inv_f", period="2026-09")
        put("acme", "draft")
        assert self.read().comparison.previous is None

    def test_shows_the_document_and_leads_to_it(self, cast):
        put("acme", "draft", version=3)
        page = client_of("clara").get("/invoices/inv_acme").content.decode()
        assert 'src="/invoices/inv_acme/picture?v=3"' in page
        assert 'href="/invoices/inv_acme/pdf"' in page

    def test_knows_when_it_was_paid(self, cast):
        put("acme", "paid", paid_at=datetime(2026, 11, 20, 9, tzinfo=UTC))
        page = client_of("vic").get("/invoices/inv_acme").content.decode()
        assert "Paid in full." in page
        assert "20 Nov 2026" in page


@pytest.fixture
def account(cast):
    with as_ops():
        record_customer(customer_fact("acme"))


class TestTheBreakdown:
    def read(self):
        with as_subject(subject_of("acme")):
            return read_breakdown()

    def test_has_a_row_a_product_and_a_column_a_month(self, account):
        september()
        put()
        page = self.read()
        assert [str(month) for month in page.months] == ["2026-09", "2026-10"]
        rows = {row.label: row for row in page.rows}
        assert [money and money.amount for money in rows["Migration"].amounts] == [
            Decimal("250.00"),
            None,
        ]
        assert rows["Platform fee"].change == Decimal(0)
        assert [money.amount for money in page.totals] == [
            Decimal("829.00"),
            invoice_fact("acme").total,
        ]
        assert sum(row.ratio for row in page.rows if row.ratio is not None) == 1

    def test_divides_by_the_months_total_as_the_invoice_does(self, account):
        [usage, fee] = invoice_fact("acme").lines
        credit = replace(usage, position=3, description="Credit", amount=Decimal("-150.00"))
        lines = [replace(usage, amount=Decimal("651.00")), fee, credit]
        put(lines=lines, total=Decimal("1000.00"))
        ratios = {row.label: row.ratio for row in self.read().rows}
        assert ratios == {
            "Cloud usage: Compute": Decimal("0.651"),
            "Platform fee": Decimal("0.499"),
            "Credit": Decimal("-0.15"),
        }

    def test_calls_new_only_what_the_month_before_had_not(self, account):
        [usage, fee] = invoice_fact("acme").lines
        credit = replace(usage, position=3, description="Credit", amount=Decimal("-150.00"))
        september(lines=[fee, replace(credit, amount=Decimal("-120.00"))], total=Decimal("379.00"))
        put(lines=[fee, credit], total=Decimal("349.00"))
        by = {row.label: row.by and row.by.amount for row in self.read().rows}
        assert by == {"Platform fee": Decimal(0), "Credit": Decimal("-30.00")}
        for path in ("/account", "/account/breakdown"):
            page = client_of("ann").get(path).content.decode()
            assert "\u221230.00</data>" in page
            assert ">new<" not in page

    def test_leaves_out_what_was_cancelled_and_what_is_in_another_currency(self, account):
        september(state="void")
        put()
        put(invoice_id="inv_eur", currency="EUR", period="2026-08", number="ACME-E")
        page = self.read()
        assert [str(month) for month in page.months] == ["2026-10"]
        assert page.other_currencies

    def test_shows_cost_where_the_contract_is_open_book_alone(self, account):
        put()
        assert self.read().costs is None
        put(version=2, disclosure="open_book")
        costs = self.read().costs
        assert [money.amount for money in costs.totals] == [invoice_fact("acme").lines[0].cost]
        assert "81.17" in client_of("ann").get("/account/breakdown").content.decode()

    def test_gathers_what_is_past_the_fortieth_row(self, account):
        [usage, _] = invoice_fact("acme").lines
        lines = [
            replace(usage, position=n, description=f"Product {n}", amount=Decimal(n))
            for n in range(1, 51)
        ]
        put(lines=lines, total=Decimal(1275))
        page = self.read()
        assert len(page.rows) == 40
        assert page.rows[-1].label == "Other (11)"
        assert page.rows[-1].amounts[0].amount == Decimal(66)
        rows = rows_of(client_of("ann").get("/account/breakdown.csv"))
        assert len({row["product"] for row in rows}) == len(page.rows) + 10

    def test_before_the_first_invoice_says_so(self, account):
        page = client_of("ann").get("/account/breakdown").content.decode()
        assert "Nothing is charged yet." in page
        assert rows_of(client_of("ann").get("/account/breakdown.csv")) == []

    def test_is_a_file_too(self, account):
        september()
        put()
        rows = rows_of(client_of("ann").get("/account/breakdown.csv"))
        assert {(row["period"], row["product"], row["amount"]) for row in rows} >= {
            ("2026-09", "Migration", "250.00"),
            ("2026-10", "Platform fee", "499.00"),
        }


class TestTheAccount:
    def test_says_that_the_current_month_is_not_known_yet(self, account):
        put()
        with as_subject(subject_of("acme")):
            page = read_home(Month(2026, 11))
        assert (page.so_far.month, page.so_far.total) == (Month(2026, 11), None)
        assert page.period == OCTOBER
        assert "Not known yet" in client_of("ann").get("/account").content.decode()

    def test_shows_what_the_newest_run_would_charge_for_the_open_month(self, account):
        put()
        estimate("2026-11", 2, "812.40")
        estimate("2026-11", 1, "999.99")
        estimate("2026-10", 9, "111.11")
        page = client_of("ann").get("/account").content.decode()
        assert "November 2026, so far" in page
        assert "Estimated" in page
        assert "812.40" in page
        assert not [amount for amount in ("999.99", "111.11") if amount in page]

    def test_gathers_the_small_lines_of_the_open_month_so_that_they_sum_to_its_total(self, account):
        lines = [EstimatedLine(f"Product {n}", Decimal(n)) for n in range(1, 10)]
        estimate("2026-11", 1, "45", lines=lines)
        with as_subject(subject_of("acme")):
            so_far = read_home(Month(2026, 11)).so_far
        # 1 + 2 + 3.
        assert (so_far.lines[-1].description, so_far.lines[-1].amount.amount) == (
            "Other (3)",
            Decimal(6),
        )
        assert sum(line.amount.amount for line in so_far.lines) == so_far.total.amount

    @pytest.mark.parametrize("newest", ["2026-11", "2026-12"])
    def test_shows_no_estimate_of_nothing(self, account, newest):
        put()
        estimate("2026-11", 1, "812.40")
        estimate("2026-11", 2, "0", lines=[])
        estimate(newest, 3, "0", lines=[])
        with as_subject(subject_of("acme")):
            assert read_home(Month(2026, 11)).so_far is None

    def test_shows_the_month_before_one_that_has_only_begun(self, account):
        put()
        estimate("2026-11", 1, "812.40")
        estimate("2026-12", 1, "0", lines=[])
        with as_subject(subject_of("acme")):
            assert read_home(Month(2026, 12)).so_far.month == Month(2026, 11)

    def test_shows_no_estimate_of_a_month_that_is_long_over(self, account):
        put()
        estimate("2026-11", 1, "812.40")
        estimate("2027-01", 1, "0", lines=[])
        with as_subject(subject_of("acme")):
            assert read_home(Month(2027, 1)).so_far is None

    def test_shows_no_other_customers_estimate(self, account):
        estimate("2026-11", 1, "812.40", customer="foreign")
        assert "812.40" not in client_of("ann").get("/account").content.decode()
        switch_off("portal_customerestimate")
        assert "812.40" in client_of("ann").get("/account").content.decode()

    def test_says_nothing_of_it_where_that_month_is_invoiced(self, account):
        put()
        with as_subject(subject_of("acme")):
            assert read_home(OCTOBER).so_far is None

    def test_lists_its_invoices_as_a_file(self, account):
        put()
        september()
        rows = rows_of(client_of("ann").get("/account/invoices.csv"))
        assert [(row["number"], row["state"]) for row in rows] == [
            ("ACME-0001", "issued"),
            ("ACME-0000", "paid"),
        ]

    def test_keeps_due_days_and_pdfs_on_a_phone(self, account):
        put()
        page = client_of("ann").get("/account").content.decode()
        [on_phones] = re.findall(r'<span class="narrow-only.*?</th>', page)
        assert "Due 3 Dec 2026" in on_phones
        assert 'href="/account/invoices/inv_acme/pdf"' in on_phones
        listed = client_of("clara").get("/invoices?period=2026-10").content.decode()
        [on_phones] = re.findall(r'<span class="narrow-only.*?</th>', listed, re.DOTALL)
        assert "The customer pays" in on_phones

    def test_leads_to_the_pdf_of_each(self, account):
        put()
        page = client_of("ann").get("/account").content.decode()
        assert 'href="/account/invoices/inv_acme/pdf"' in page
        page = client_of("ann").get("/account/invoices/inv_acme").content.decode()
        assert 'href="/account/invoices/inv_acme/pdf?download"' in page
