"""A customer's first page and one of its invoices."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from deploy.page_previews.billing import acme_head, acme_lines, charge, credit
from deploy.page_previews.numbers import PERIOD, numbers, usd
from deploy.sample_company.customers import CUSTOMERS
from services.portal.domain.invoice_document import CostGroup, OpenBook
from services.portal.pages.customer import (
    CorrectedMonth,
    Current,
    CustomerInvoicePage,
    CustomerInvoiceRow,
    EstimateLine,
    HomePage,
    ShownInvoice,
    SoFar,
)
from services.portal.pages.page import CustomerName
from shared.money import Money
from shared.periods import Month


def _open_book() -> OpenBook:
    month = next(one for one in numbers().tenants if one.key == "acme")
    parts = (
        ("Compute", False, "0.60"), ("Databases", False, "0.25"), ("Storage", False, "0.09"),
        ("Data transfer", False, "0.06"), ("Shared logs", True, "0.52"),
        ("Shared NAT", True, "0.26"), ("Shared support", True, "0.14"),
        ("Shared load balancer", True, "0.08"),
    )  # fmt: skip
    groups = []
    for label, is_shared, part in parts:
        amount = (month.shared if is_shared else month.direct) * Decimal(part)
        groups.append(CostGroup(label, usd(amount), amount / month.cost, is_shared))
    return OpenBook(usd(month.cost), groups)


def invoice() -> CustomerInvoicePage:
    head = acme_head(
        number="LF-2026-0134", issue_date=date(2026, 11, 4), due_date=date(2026, 12, 4)
    )
    return CustomerInvoicePage(
        invoice=ShownInvoice(
            **head,
            lines=acme_lines(),
            has_rates=True,
            notes="Charges are by calendar month in UTC. Questions: billing@larkfield.example.",
        ),
        pay_url="https://pay.larkfield.example/i/0134",
        paid_on=None,
        open_book=_open_book(),
    )


def credited_invoice() -> CustomerInvoicePage:
    """AWS has corrected October, and a part of what is to pay is not any more."""
    page = closed_invoice()
    given = credit("is deducted from what is still to pay")
    left = usd(page.invoice.total.amount - Decimal("212.64"))
    credited = replace(page.invoice, credits=[given], charges=[charge()], left=left)
    return replace(page, invoice=credited, pay_url="https://pay.larkfield.example/i/0134")


def closed_invoice() -> CustomerInvoicePage:
    """As a customer under a closed contract reads it: prices alone."""
    page = invoice()
    usage, fee = page.invoice.lines
    shown = replace(usage, rate="", explanation="Your measured use in October 2026.", evidence=[])
    closed = replace(page.invoice, lines=[shown, fee], has_rates=False)
    return replace(page, invoice=closed, open_book=None, pay_url="")


def _invoice_row(number: str, period: Month, total: Money, state: str) -> CustomerInvoiceRow:
    due_date = date(2026, period.following.month + 1, 4)
    return CustomerInvoiceRow(number, number, period, state, due_date, total)


def _so_far() -> SoFar:
    parts = (
        ("Cloud usage: Compute", "4618.20"),
        ("Cloud usage: Databases", "1904.77"),
        ("Platform fee", "1800.00"),
        ("Cloud usage: shared logs", "883.02"),
        ("Cloud usage: Storage", "611.40"),
        ("Cloud usage: shared NAT", "402.11"),
        ("Other (7)", "733.58"),
    )
    return SoFar(
        month=PERIOD.following,
        total=usd(sum((Decimal(amount) for _, amount in parts), Decimal(0))),
        as_of=datetime(2026, 11, 19, 6, tzinfo=UTC),
        lines=[EstimateLine(label, usd(amount)) for label, amount in parts],
    )


def home() -> HomePage:
    lines = acme_lines()
    total = Money(sum((line.amount.amount for line in lines), Decimal(0)), "USD")
    september = PERIOD.previous
    return HomePage(
        customer=CustomerName(CUSTOMERS[0]["name"]),
        period=PERIOD,
        so_far=_so_far(),
        currency="USD",
        current=Current(total=total, is_before_tax=True, lines=lines),
        previous_total=usd("15053.42"),
        change=Decimal("0.063"),
        what_changed="Compute is up $612.40 since 14 October, and data transfer down $118.05.",
        open_book=_open_book(),
        due=total,
        due_note="LF-2026-0134, by 4 Dec 2026",
        due_id="LF-2026-0134",
        invoices=[
            _invoice_row("LF-2026-0134", PERIOD, total, "issued"),
            _invoice_row("LF-2026-0116", september, usd("15053.42"), "paid"),
            _invoice_row("LF-2026-0098", september.previous, usd("14861.90"), "paid"),
        ],
    )


def corrected() -> list[CorrectedMonth]:
    given, charged = credit(), charge()
    return [
        CorrectedMonth(
            *(given.month, given.total, given.reasons, "LF-2026-0134", "LF-2026-0134"), "credits"
        ),
        CorrectedMonth(
            *(charged.month, charged.total, charged.reasons, "LF-2026-0134", "LF-2026-0134"),
            "charges",
        ),
    ]


def corrected_home() -> HomePage:
    """Its last month was corrected, and one before is charged again."""
    page = home()
    newest, *others = page.invoices
    listed = [replace(newest, corrected=usd("-212.64")), *others]
    return replace(page, corrections=corrected(), invoices=listed)


def closed_home() -> HomePage:
    """Under a closed contract, before the month that runs is known."""
    unknown = SoFar(PERIOD.following, total=None, as_of=None, lines=[])
    return replace(home(), open_book=None, due=None, so_far=unknown)


def first_home() -> HomePage:
    """Before the first invoice."""
    return replace(
        home(),
        open_book=None,
        due=None,
        current=None,
        change=None,
        what_changed="",
        invoices=[],
        so_far=None,
    )
