"""A customer's statement of account as a file to read."""

from datetime import UTC, date, datetime, time

from django.conf import settings

from services.invoicing.domain.statement_document import statement_document
from services.invoicing.engine.typeset import pdf_of
from services.invoicing.models import Customer
from services.invoicing.queries.invoice_fact import invoice_fact, issued_invoices
from services.invoicing.queries.statement_of_account import read_statements


def statement_pdf(
    customer: Customer, *, currency: str, start: date | None, until: date
) -> bytes | None:
    """In `currency`, or where that is empty in the first that there is; None without an entry.

    Named as on its newest invoice.
    """
    statements = read_statements(customer, as_moment(start), as_moment(until))
    shown = next((one for one in statements if currency in {"", one["currency"]}), None)
    newest = issued_invoices().filter(customer=customer).order_by("-issued_at").first()
    if shown is None or newest is None:
        return None
    fact = invoice_fact(newest, with_charges=False)
    document = statement_document(
        shown,
        seller=fact.seller,
        buyer=fact.buyer,
        start=start,
        until=until,
        environment=settings.ENVIRONMENT.environment,
    )
    return pdf_of(document, made_at=datetime.combine(until, time(), tzinfo=UTC))


def as_moment(day: date | None) -> datetime | None:
    """The day's start, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC) if day is not None else None
