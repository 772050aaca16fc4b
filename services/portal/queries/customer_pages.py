"""What a customer sees of itself: row-level security chooses the rows, nothing here does."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.portal.domain.credits import left_to_pay, shown_charges, shown_credits
from services.portal.domain.figures import change
from services.portal.domain.invoice_breakdown import ROWS_MAX, charges, costs
from services.portal.domain.invoice_document import (
    Document,
    Line,
    OpenBook,
    customer_lines,
    day,
    head,
    open_book,
)
from services.portal.models import CustomerAccount, CustomerEstimate, CustomerInvoice
from services.portal.pages.customer import (
    BreakdownPage,
    CorrectedMonth,
    Current,
    CustomerInvoicePage,
    CustomerInvoiceRow,
    EstimateLine,
    ShownInvoice,
    SoFar,
)
from services.portal.pages.page import CustomerName
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import STATES_TO_PAY, State

INVOICES_MAX: Final = 60
BREAKDOWN_MONTHS: Final = 6
ESTIMATE_LINES: Final = 6
CORRECTIONS_MAX: Final = 3
_NOTE: Final = "Charges are by calendar month in UTC."


@dataclass(frozen=True)
class Mover:
    """The line that changed the total most since the month before."""

    description: str
    by: Money


@dataclass(frozen=True)
class Due:
    """What is to pay, in the currency of the newest such invoice; others stand in the list."""

    total: Money
    ids: list[str]
    numbers: list[str]
    due_date: date | None


@dataclass(frozen=True)
class Account:
    """`period` is of the last invoice, or the month of the clock."""

    customer: CustomerName
    period: Month
    so_far: SoFar | None
    currency: str
    current: Current | None
    previous_total: Money | None
    change: Decimal | None
    mover: Mover | None
    open_book: OpenBook | None
    due: Due | None
    invoices: list[CustomerInvoiceRow]
    corrections: list[CorrectedMonth]


def read_home(this_month: Month) -> Account:
    account = CustomerAccount.objects.first()
    invoices = list(CustomerInvoice.objects.order_by("-period", "-invoice_id")[:INVOICES_MAX])
    newest = next((invoice for invoice in invoices if invoice.state != State.VOID), None)
    before = _month_before(newest) if newest else None
    return Account(
        customer=_customer(account),
        period=Month.parse(newest.period) if newest else this_month,
        so_far=_so_far(this_month, newest),
        currency=newest.currency if newest else "",
        current=_current(newest, before),
        previous_total=Money(before.total, before.currency) if before else None,
        change=change(newest.total, before.total) if newest and before else None,
        mover=_mover(newest, before),
        open_book=open_book(newest.details) if newest else None,
        due=_due(invoices),
        invoices=[_listed(invoice) for invoice in invoices],
        corrections=_corrections(invoices)[:CORRECTIONS_MAX],
    )


def _corrections(invoices: Iterable[CustomerInvoice]) -> list[CorrectedMonth]:
    """The newest month first; what is on a void invoice is nobody's any more."""
    corrected = []
    for invoice in invoices:
        if invoice.state == State.VOID:
            continue
        number = invoice.details["number"]
        for credit in shown_credits(invoice.details):
            where = (invoice.invoice_id, number, "credits")
            corrected.append(CorrectedMonth(credit.month, credit.total, credit.reasons, *where))
        for charge in shown_charges(invoice.details):
            where = (invoice.invoice_id, number, "charges")
            corrected.append(CorrectedMonth(charge.month, charge.total, charge.reasons, *where))
    return sorted(corrected, key=lambda one: one.month, reverse=True)


def read_breakdown(*, rows_max: int | None = ROWS_MAX) -> BreakdownPage:
    """Charges of the last months in the newest invoice's currency; no rows before the first.

    What is beyond `rows_max` is one row together.
    """
    customer = _customer(CustomerAccount.objects.first())
    invoices = _billed()
    if not invoices:
        return BreakdownPage(customer=customer)
    currency = invoices[0].currency
    oldest = Month.parse(invoices[0].period)
    for _ in range(BREAKDOWN_MONTHS - 1):
        oldest = oldest.previous
    documents: dict[Month, list[Document]] = defaultdict(list)
    for invoice in invoices:
        month = Month.parse(invoice.period)
        if invoice.currency == currency and month >= oldest:
            documents[month].append(invoice.details)
    breakdown = charges(documents, currency, rows_max=rows_max)
    return BreakdownPage(
        customer=customer,
        currency=currency,
        months=breakdown.months,
        rows=breakdown.rows,
        totals=breakdown.totals,
        costs=costs(documents, currency),
        other_currencies=any(invoice.currency != currency for invoice in invoices),
        corrections=[one for one in _corrections(invoices) if one.month in breakdown.months],
    )


def read_customer_invoices() -> list[CustomerInvoiceRow]:
    """All of them, newest first."""
    return [
        _listed(invoice) for invoice in CustomerInvoice.objects.order_by("-period", "-invoice_id")
    ]


def _so_far(this_month: Month, newest: CustomerInvoice | None) -> SoFar | None:
    """The newest month after the last invoice: estimated where a run has priced it.

    None where the month of the clock is invoiced already or nothing would be charged; an estimate
    of a month that is long over is no news either.
    """
    invoiced = newest.period if newest else ""
    known = list(CustomerEstimate.objects.filter(period__gt=invoiced).order_by("-period")[:2])
    recent = str(Month.parse(known[0].period).previous) if known else ""
    estimate = next((one for one in known if one.lines and one.period >= recent), None)
    if known and estimate is None:
        return None
    if estimate is None:
        unknown = SoFar(this_month, total=None, as_of=None, lines=[])
        return unknown if str(this_month) > invoiced else None
    return SoFar(
        month=Month.parse(estimate.period),
        total=Money(estimate.total, estimate.currency),
        as_of=estimate.attributed_at,
        lines=_largest(estimate),
    )


def _largest(estimate: CustomerEstimate) -> list[EstimateLine]:
    """Those that count most and the others in one, so that they come to the total."""
    ordered = sorted(
        ((line["description"], Decimal(line["amount"])) for line in estimate.lines),
        key=lambda line: -abs(line[1]),
    )
    shown, others = ordered[:ESTIMATE_LINES], ordered[ESTIMATE_LINES:]
    if len(others) > 1:
        others = [(f"Other ({len(others)})", sum((amount for _, amount in others), Decimal(0)))]
    return [
        EstimateLine(description, Money(amount, estimate.currency))
        for description, amount in [*shown, *others]
    ]


def _billed() -> list[CustomerInvoice]:
    return list(
        CustomerInvoice.objects.exclude(state=State.VOID).order_by("-period", "-invoice_id")[
            :INVOICES_MAX
        ]
    )


def _customer(account: CustomerAccount | None) -> CustomerName:
    return CustomerName(account.name if account else "Your account")


def read_customer_invoice(invoice_id: str) -> CustomerInvoicePage | None:
    record = CustomerInvoice.objects.filter(invoice_id=invoice_id).first()
    if record is None:
        return None
    before = _month_before(record)
    lines = customer_lines(record.details, before.details if before else None)
    return CustomerInvoicePage(
        invoice=ShownInvoice(
            **vars(head(record.details)),
            lines=lines,
            has_rates=any(line.rate for line in lines),
            notes=_NOTE,
        ),
        pay_url=record.details["hosted_invoice_url"] if record.state in STATES_TO_PAY else "",
        paid_on=day(record.details["paid_at"]),
        open_book=open_book(record.details),
    )


def _month_before(invoice: CustomerInvoice) -> CustomerInvoice | None:
    earlier = CustomerInvoice.objects.filter(
        period=str(Month.parse(invoice.period).previous), currency=invoice.currency
    )
    return earlier.exclude(state=State.VOID).order_by("-invoice_id").first()


def _current(newest: CustomerInvoice | None, before: CustomerInvoice | None) -> Current | None:
    if newest is None:
        return None
    lines = customer_lines(newest.details, before.details if before else None)
    return Current(
        total=Money(newest.total, newest.currency),
        is_before_tax=newest.details["tax"] is not None,
        lines=lines,
    )


def _mover(newest: CustomerInvoice | None, before: CustomerInvoice | None) -> Mover | None:
    if newest is None or before is None:
        return None
    earlier = {line.description: line for line in customer_lines(before.details, None)}
    moved = [
        Mover(line.description, _moved(line, earlier[line.description]))
        for line in customer_lines(newest.details, None)
        if line.description in earlier
    ]
    largest = max(moved, key=lambda mover: abs(mover.by.amount), default=None)
    return largest if largest and largest.by.amount else None


def _moved(now: Line, before: Line) -> Money:
    return now.amount - before.amount


def _due(invoices: list[CustomerInvoice]) -> Due | None:
    open_ones = [invoice for invoice in invoices if invoice.state in STATES_TO_PAY]
    if not open_ones:
        return None
    currency = open_ones[0].currency
    same = [invoice for invoice in open_ones if invoice.currency == currency]
    dates = [due_on for invoice in same if (due_on := day(invoice.details["due_at"]))]
    return Due(
        total=Money(sum((left_to_pay(one.details) for one in same), Decimal(0)), currency),
        ids=[invoice.invoice_id for invoice in same],
        numbers=[invoice.details["number"] for invoice in same],
        due_date=min(dates, default=None),
    )


def _listed(invoice: CustomerInvoice) -> CustomerInvoiceRow:
    credited = [credit.total.amount for credit in shown_credits(invoice.details)]
    return CustomerInvoiceRow(
        id=invoice.invoice_id,
        number=invoice.details["number"],
        period=Month.parse(invoice.period),
        state=invoice.state,
        due_date=day(invoice.details["due_at"]),
        total=Money(invoice.total, invoice.currency),
        corrected=Money(sum(credited, Decimal(0)), invoice.currency) if credited else None,
    )
