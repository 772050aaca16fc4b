"""The tax of a document's lines, before they are written."""

from collections.abc import Sequence
from typing import Any

from services.invoicing.domain.tax import TaxTerms, invoice_taxes
from services.invoicing.models import InvoiceLine
from services.invoicing.queries.line_taxes import taxed_line


def tax_columns(terms: TaxTerms | None) -> dict[str, Any]:
    """Of a line that is charged by these; its tax is known once all lines of the document are."""
    if terms is None:
        return {"tax_category": "", "tax_percent": None, "tax_place": "", "tax_minor": None}
    return {
        "tax_category": terms.category,
        "tax_percent": terms.percent,
        "tax_place": terms.place,
    }


def put_taxes(lines: Sequence[InvoiceLine], currency: str) -> int | None:
    """On lines with position and columns; what they come to, None where none is ours."""
    taxes = invoice_taxes([taxed_line(line) for line in lines], currency)
    for line in lines:
        line.tax_minor = taxes.get(line.position)
    return sum(taxes.values()) if taxes else None
