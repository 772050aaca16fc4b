"""An invoice as a file to read: what it holds is the same for whoever may open it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from services.invoicing.domain.invoice_document import invoice_document
from services.invoicing.engine.typeset import pdf_of, pictures_of
from services.invoicing.models import Invoice
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.invoice_terms import invoice_terms
from shared.file_names import pdf_name


def invoice_pdf(invoice: Invoice) -> bytes:
    return pdf_of(invoice_content(invoice), made_at=_made_at(invoice))


def invoice_picture(invoice: Invoice) -> bytes:
    """The first page as PNG."""
    return pictures_of(invoice_content(invoice), made_at=_made_at(invoice))[0]


def invoice_file_name(invoice: Invoice) -> str:
    name = invoice.number or f"draft-{invoice.customer_id}-{invoice.period}"
    return pdf_name(name)


def invoice_content(invoice: Invoice) -> Mapping[str, Any]:
    """All that its PDF says, as text."""
    return invoice_document(
        invoice_fact(invoice, with_charges=False),
        days_until_due=invoice_terms(invoice).days_until_due,
        environment=settings.ENVIRONMENT.environment,
    )


def _made_at(invoice: Invoice) -> datetime:
    return invoice.issued_at or invoice.drafted_at
