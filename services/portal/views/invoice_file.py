"""Lists of invoices as CSV: plain decimals and ISO dates."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from services.portal.pages.customer import BreakdownPage, CustomerInvoiceRow
from services.portal.pages.inbox import InboxRow
from services.portal.templatetags.portal_format import rounded
from services.portal.views.csv_file import as_ratio, write_csv
from shared.money import Money

STAFF_HEADER: Final = (
    *("period", "customer", "number", "state", "stripe_status", "currency", "total"),
    *("change", "restated_by", "due_date", "next_step", "parked"),
)
CUSTOMER_HEADER: Final = ("number", "period", "state", "due_date", "currency", "total")
BREAKDOWN_HEADER: Final = ("period", "product", "currency", "amount")


def staff_file(rows: Iterable[InboxRow]) -> str:
    return write_csv(
        STAFF_HEADER,
        (
            (
                *(str(row.period), row.customer.name, row.number),
                *(row.state, row.stripe_status, row.total.currency, _amount(row.total)),
                *(as_ratio(row.change), _amount(row.restated_by), _day(row.due_date)),
                *(row.next_step, " ".join(row.parked)),
            )
            for row in rows
        ),
    )


def customer_file(rows: Iterable[CustomerInvoiceRow]) -> str:
    return write_csv(
        CUSTOMER_HEADER,
        (
            (
                *(row.number, str(row.period), row.state),
                *(_day(row.due_date), row.total.currency, _amount(row.total)),
            )
            for row in rows
        ),
    )


def breakdown_file(page: BreakdownPage) -> str:
    """One row a month and product; a month that had none of it has no row."""
    return write_csv(
        BREAKDOWN_HEADER,
        (
            (str(month), row.label, amount.currency, _amount(amount))
            for row in page.rows
            for month, amount in zip(page.months, row.amounts, strict=True)
            if amount is not None
        ),
    )


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else rounded(money.amount, money.currency)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
