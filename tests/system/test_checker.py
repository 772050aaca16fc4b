"""The independent checker finds each kind of wrong book; it has no fault with right ones."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.checker.bills import amortised_total
from tests.checker.books import (
    Account,
    AtStripe,
    Books,
    Delivery,
    Invoice,
    Line,
    Month,
    Note,
    NoteAtStripe,
    Run,
)
from tests.checker.findings import off_by
from tests.checker.judge import judge
from tests.checker.prices import Contract, contracts_of, prices

PLAN = (
    {"kind": "cost_plus", "name": "Cloud usage", "percent": "32"},
    {"kind": "flat_fee", "name": "Platform fee", "amount": "1800.00"},
)
ACME = Contract("acme", ("acme",), date(2026, 1, 1), PLAN)


def run(compute, *, idle="10.0000000001"):
    published = {
        "acme": {"Compute": Decimal(compute)},
        "idle:lark": {"Compute": Decimal(idle)},
    }
    return Run(
        published=published,
        kept={"acme": published["acme"]},
        totals={
            "bill_total": Decimal(compute) + Decimal(idle),
            "attributed_total": Decimal(compute),
            "unallocated_total": Decimal(idle),
        },
    )


def delivery(compute, *, idle="10.0000000001"):
    truth = {"acme": Decimal(compute), "idle:lark": Decimal(idle)}
    return Delivery(total=sum(truth.values()), truth=truth, cells={"acme": 3})


# 100.00005 x 1.32 is 132.000066, which was invoiced as 132.00; of 101.00005 it is 133.320066.
INVOICE = Invoice(
    invoice_id="inv_1",
    customer="acme",
    period="2026-10",
    is_standard=True,
    is_issued=True,
    is_paid=True,
    account="acc_1",
    total=Decimal("1932.00"),
    restated_by=Decimal("1.32"),
    lines={
        "1": Line("acme", "Compute", Decimal("132.00"), is_of_cost=True, period="2026-10"),
        "2": Line("acme", "", Decimal("1800.00"), is_of_cost=False, period="2026-10"),
    },
)
ACCOUNT = Account("acme", "2026-10", waived=Decimal(0), waits=Decimal("1.32"))
AT_STRIPE = AtStripe(
    stripe_id="in_1",
    invoice_id="inv_1",
    status="paid",
    total=Decimal("1932.00"),
    lines={"1": Decimal("132.00"), "2": Decimal("1800.00")},
)
LEDGER = {
    "revenue": Decimal("-1933.320066"),
    "rounding": Decimal("0.000066"),
    "true_up": Decimal("1.32"),
    "receivable": Decimal(0),
    "cash": Decimal("1932.00"),
}
MONTH = Month(
    period="2026-10",
    delivered=delivery("100.00005"),
    closed=run("100.00005"),
    newest_delivered=delivery("101.00005"),
    newest=run("101.00005"),
    shown_costs={"acme": Decimal("101.00005")},
    shown_revenue={"acme": Decimal("1932.00")},
    recorded_revenue={"acme": Decimal("1932.00")},
)
OPEN = replace(MONTH, period="2026-11", closed=None, shown_revenue={}, recorded_revenue={})
RIGHT = Books(
    months=[MONTH, OPEN],
    contracts=[ACME],
    invoices=[INVOICE],
    notes=[],
    accounts={"acc_1": ACCOUNT},
    at_stripe=[AT_STRIPE],
    notes_at_stripe=[],
    ledger={"acme": LEDGER},
)
TWICE = replace(INVOICE, lines=INVOICE.lines | {"3": replace(INVOICE.lines["1"])})
# The month fell by a dollar, and what was paid for it is on the customer's balance.
NOTE = Note("cn_1", "inv_1", "acc_1", is_issued=True, lines={"1": Decimal("1.32")})
NOTE_AT_STRIPE = NoteAtStripe(
    "cn_1", "inv_1", remaining=Decimal(0), balance=Decimal("1.32"), lines={"1": Decimal("1.32")}
)
CREDITED = replace(
    RIGHT,
    months=[
        replace(
            MONTH,
            newest_delivered=delivery("99.00005"),
            newest=run("99.00005"),
            shown_costs={"acme": Decimal("99.00005")},
            shown_revenue={"acme": Decimal("1930.68")},
            recorded_revenue={"acme": Decimal("1930.68")},
        ),
        OPEN,
    ],
    invoices=[replace(INVOICE, restated_by=Decimal(0))],
    notes=[NOTE],
    accounts={"acc_1": replace(ACCOUNT, waits=Decimal(0))},
    notes_at_stripe=[NOTE_AT_STRIPE],
    ledger={
        "acme": LEDGER
        | {
            "revenue": Decimal("-1930.680066"),
            "true_up": Decimal(0),
            "customer_credit": Decimal("-1.32"),
        }
    },
)
OTHER_STATEMENT = replace(MONTH.newest, kept={"acme": {"Compute": Decimal("100.99")}})


def month(**changes):
    return replace(RIGHT, months=[replace(MONTH, **changes), OPEN])


def invoice(**changes):
    return replace(RIGHT, invoices=[replace(INVOICE, **changes)])


def at_stripe(*more, **changes):
    return replace(RIGHT, at_stripe=[replace(AT_STRIPE, **changes), *more])


def ledger(**changes):
    return replace(RIGHT, ledger={"acme": LEDGER | changes})


def account(**changes):
    return replace(RIGHT, accounts={"acc_1": replace(ACCOUNT, **changes)})


def credited_at_stripe(*more, **changes):
    return replace(CREDITED, notes_at_stripe=[replace(NOTE_AT_STRIPE, **changes), *more])


def credited(**changes):
    return replace(CREDITED, ledger={"acme": CREDITED.ledger["acme"] | changes})


WRONG = {
    "a bill that lost a dollar": month(closed=run("99.00005")),
    "a cost that moved to idle": month(newest=run("100", idle="11.0000000001")),
    "a statement that is not the one in the lake": month(newest=OTHER_STATEMENT),
    "a cost on the page that is an older run's": month(shown_costs={"acme": Decimal(99)}),
    "revenue that was recorded twice": month(recorded_revenue={"acme": Decimal(3864)}),
    "revenue that the page lacks": month(shown_revenue={}),
    "a line that is there twice": replace(RIGHT, invoices=[TWICE]),
    "a total that is not its lines'": invoice(total=Decimal("1932.01")),
    "a restatement that is off by a cent": invoice(restated_by=Decimal("1.33")),
    "an invoice that was never drafted": replace(RIGHT, invoices=[], at_stripe=[], ledger={}),
    "a restated month that nothing corrects": account(waits=Decimal(0)),
    "a correction that is off by a cent": account(waits=Decimal("1.31")),
    "a correction that is waived by mistake": account(waived=Decimal("1.32")),
    "a ledger that lost what is carried": ledger(true_up=Decimal(0)),
    "a note that never came to Stripe": replace(CREDITED, notes_at_stripe=[]),
    "a note that is twice at Stripe": credited_at_stripe(NOTE_AT_STRIPE),
    "a note at Stripe that is not ours": credited_at_stripe(note_id="cn_2"),
    "a note that is on another invoice at Stripe": credited_at_stripe(invoice_id="inv_2"),
    "a note at Stripe that is off by a cent": credited_at_stripe(lines={"1": Decimal("1.33")}),
    "a note on the line of a fee": credited_at_stripe(lines={"2": Decimal("1.32")}),
    "a note of which nobody has the money": credited_at_stripe(balance=Decimal("1.30")),
    "a note that the ledger lacks": credited(customer_credit=Decimal(0)),
    "a note whose revenue is still recorded": replace(CREDITED, months=RIGHT.months),
    "an invoice that is twice at Stripe": at_stripe(replace(AT_STRIPE, stripe_id="in_2")),
    "one at Stripe that nobody issued": at_stripe(replace(AT_STRIPE, invoice_id="")),
    "one that never came to Stripe": replace(RIGHT, at_stripe=[]),
    "a line at Stripe that is off by a cent": at_stripe(
        lines=AT_STRIPE.lines | {"1": Decimal("132.01")}
    ),
    "an invoice that Stripe knows to be open": at_stripe(status="open"),
    "an invoice that Stripe never finalised": at_stripe(status="draft"),
    "a ledger without its rounding": ledger(rounding=Decimal(0)),
    "money that came twice": ledger(cash=Decimal(3864)),
    "an invoice of a month that isn't closed": month(closed=None),
    "the cost of a month that isn't closed": replace(
        RIGHT, months=[MONTH, replace(OPEN, newest=run("99"))]
    ),
    "an entry of an invoice that isn't there": replace(
        RIGHT, ledger=RIGHT.ledger | {"globex": {"cash": Decimal(1)}}
    ),
}


@pytest.mark.parametrize("books", [RIGHT, CREDITED], ids=["a debit waits", "a note is issued"])
def test_has_no_fault_with_right_books(books):
    assert judge(books) == []


@pytest.mark.parametrize("name", WRONG)
def test_finds(name):
    assert off_by(judge(WRONG[name])) > 0


def test_says_by_how_much():
    finding, *_ = judge(WRONG["a line at Stripe that is off by a cent"])
    assert str(finding) == "line at Stripe, inv_1, 1: 132.01 instead of 132.00"
    assert off_by([finding]) == Decimal("0.01")


def test_reads_an_amortised_cost_as_aws_explains_it(tmp_path):
    """Covered usage and what is unused of its plan; the same of a reservation; the rest as billed.

    0.1 + 0.2 is 0.3.
    """
    columns = (
        "line_item_line_item_type text",
        "line_item_unblended_cost double",
        "savings_plan_savings_plan_effective_cost double",
        "savings_plan_total_commitment_to_date double",
        "savings_plan_used_commitment double",
        "reservation_effective_cost double",
        "reservation_unused_amortized_upfront_fee_for_billing_period double",
        "reservation_unused_recurring_fee double",
    )
    rows = [
        ("Usage", 0.1, 0, 0, 0, 0, 0, 0),
        ("Tax", 0.2, 0, 0, 0, 0, 0, 0),
        ("SavingsPlanCoveredUsage", 1.0, 0.6, 0, 0, 0, 0, 0),
        ("SavingsPlanNegation", -1.0, 0, 0, 0, 0, 0, 0),
        ("SavingsPlanRecurringFee", 1.0, 0, 1.0, 0.6, 0, 0, 0),
        ("DiscountedUsage", 0.0, 0, 0, 0, 2.5, 0, 0),
        ("RIFee", 9.0, 0, 0, 0, 0, 0.25, 0.75),
    ]
    with duckdb.connect() as connection:
        connection.execute(f"create table bill ({', '.join(columns)})")
        connection.executemany("insert into bill values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.table("bill").write_parquet(str(tmp_path / "bill.parquet"))
    assert amortised_total([tmp_path / "bill.parquet"]) == Decimal("4.8")


def test_prices_by_the_plan_and_rounds_each_line_once():
    written = """
        plans: [{key: growth, components: [
            {kind: cost_plus, percent: "45"}, {kind: flat_fee, amount: "62"}]}]
        customers: [{key: north, contracts: [
            {plan: growth, tenants: [b, k], from: 2026-10-17}]}]
    """
    [contract] = contracts_of(written)
    costs = {"b": {"Compute": Decimal("0.1")}, "k": {"Compute": Decimal("0.0345")}}
    assert [(each.tenant, each.amount) for each in prices(contract, "2026-10", costs)] == [
        ("b", Decimal("0.15")),
        ("k", Decimal("0.05")),
        ("b", Decimal("30.00")),
    ]
    assert prices(contract, "2026-09", costs) == []


def test_prices_no_line_below_zero():
    """The credit of b takes all of b's line and the rest off k's, which is then exact as it is."""
    written = """
        plans: [{key: growth, components: [{kind: cost_plus, percent: "0"}]}]
        customers: [{key: north, contracts: [
            {plan: growth, tenants: [b, k], from: 2026-01-01}]}]
    """
    [contract] = contracts_of(written)
    costs = {
        "b": {"Compute": Decimal("1.00"), "pool:credits": Decimal("-3.00")},
        "k": {"Compute": Decimal("4.006"), "Storage": Decimal("2.001"), "Tiny": Decimal("0.004")},
    }
    priced = prices(contract, "2026-10", costs)
    assert [(each.charge_group, each.amount, each.exact) for each in priced] == [
        ("Compute", Decimal("2.68"), Decimal("2.68")),
        ("Storage", Decimal("1.33"), Decimal("1.33")),
    ]
