"""The billing inbox."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD, numbers, usd
from deploy.sample_company.customers import CUSTOMERS
from services.portal.pages.inbox import CorrectionMonth, InboxPage, InboxRow, Sum, WaitingCredit
from services.portal.pages.page import Choice, CustomerName

_CORRECTS: Final = "the next close of the month corrects it"
# Customer -> state, Stripe's status, number, change on last month, next step, why it is parked.
_INBOX: Final = {
    "acme": ("in_review", "", "", "0.063", "waits for an approver", ()),
    "globex": ("parked", "", "", "0", "look at it, then release",
               ("It loses money: cost is above the charge", "Cost is 41% above last month's")),
    "initech": ("in_review", "", "", "0.018", "waits for an approver", ()),
    "northfold": ("paid", "paid", "LF-2026-0131", "0.044", "nothing is left to do", ()),
    "cardinal": ("issued", "open", "LF-2026-0132", "-0.027", _CORRECTS, ()),
    "eastgate": ("overdue", "open", "LF-2026-0133", "0.112", "remind the customer", ()),
    "halcyon": ("draft", "", "", "-0.004", "send to review", ()),
    "dunmore": ("draft", "", "", "0.031", "send to review", ()),
    "fennec": ("draft", "", "", None, "send to review", ()),
    "juniper": ("approved", "", "", "0.009", "issue", ()),
}  # fmt: skip


def _revenue(tenants: list[str]) -> Decimal:
    return sum(
        (one.revenue or Decimal(0) for one in numbers().tenants if one.key in tenants), Decimal(0)
    )


def inbox() -> InboxPage:
    rows = [_row(customer) for customer in CUSTOMERS]
    rows.sort(key=lambda row: -row.total.amount)
    total = sum((row.total.amount for row in rows), Decimal(0))
    return InboxPage(
        period=PERIOD,
        views=[
            Choice("to_do", "To do", 7),
            Choice("corrections", "Corrections", 2),
            Choice("overdue", "Overdue", 1),
            Choice("all", "All", len(rows)),
            Choice("restated", "Restated", 1),
            Choice("parked", "On hold", 1),
            Choice("draft", "Draft", 3),
            Choice("in_review", "In review", 2),
            Choice("approved", "Approved", 1),
            Choice("issued", "Issued", 1),
            Choice("paid", "Paid", 1),
        ],
        view="all",
        q="",
        sort="-total",
        rows=rows,
        paging=None,
        total_count=len(rows),
        currency_totals=[usd(total)],
        sums=_sums(rows),
    )


def all_months() -> InboxPage:
    """What is to do of all months, as it opens."""
    shown = inbox()
    rows = [
        replace(row, period=PERIOD if number % 3 else PERIOD.previous)
        for number, row in enumerate(shown.rows)
        if row.state in {"in_review", "parked", "draft", "approved"}
    ]
    return replace(shown, period=None, view="to_do", sort="-period", rows=rows)


def of_corrections() -> InboxPage:
    months = [
        CorrectionMonth(
            period=PERIOD,
            close=2,
            closed_at=datetime(2026, 11, 12, 6, tzinfo=UTC),
            cause="bill",
            in_review=9,
            parked=2,
            stopped=0,
            below_zero=0,
            credits=[usd("-4120.87")],
            debits=[usd("218.55")],
        ),
        CorrectionMonth(
            period=PERIOD.previous,
            close=4,
            closed_at=datetime(2026, 11, 9, 6, tzinfo=UTC),
            cause="correction in a later bill, usage data",
            in_review=0,
            parked=0,
            stopped=1,
            below_zero=1,
            credits=[],
            debits=[],
        ),
    ]
    given = WaitingCredit(
        invoice_id="inv-globex",
        invoice="GLOBEX-0007",
        customer=CustomerName("Globex Corporation"),
        period=PERIOD,
        title="Credit for what was too much",
        amount=usd("-200.00"),
        state="in_review",
        given_by="clara",
        given_at=datetime(2026, 11, 14, 9, 12, tzinfo=UTC),
    )
    return replace(all_months(), view="corrections", rows=[], corrections=months, given=[given])


def unknown_corrections() -> InboxPage:
    silent = "The invoicing service, which has the corrections, does not answer."
    return replace(no_corrections(), corrections_problem=silent)


def none_overdue() -> InboxPage:
    return replace(all_months(), rows=[], view="overdue")


def no_corrections() -> InboxPage:
    return replace(of_corrections(), corrections=(), given=())


def _row(customer: dict[str, Any]) -> InboxRow:
    state, stripe, number, change, step, parked = _INBOX[customer["key"]]
    return InboxRow(
        id=f"inv-{customer['key']}",
        number=number,
        customer=CustomerName(customer["name"]),
        period=PERIOD,
        state=state,
        stripe_status=stripe,
        total=usd(_revenue(customer["contracts"][0]["tenants"])),
        change=None if change is None else Decimal(change),
        due_date=date(2026, 12, 3) if number else None,
        parked=parked,
        restated_by=usd("-38.20") if customer["key"] == "cardinal" else None,
        next_step=step,
    )


def _sums(rows: list[InboxRow]) -> list[Sum]:
    sums = []
    for label, note, states in (
        ("To issue", "drafts, reviews and on hold", {"draft", "in_review", "approved", "parked"}),
        ("To be paid", "issued and not due yet", {"issued"}),
        ("Overdue", "past the due date", {"overdue"}),
        ("Paid", "", {"paid"}),
    ):
        amounts = [row.total.amount for row in rows if row.state in states]
        sums.append(Sum(label, note, len(amounts), [usd(sum(amounts, Decimal(0)))]))
    return sums
