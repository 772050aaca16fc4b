from collections.abc import Mapping
from typing import Any

from services.invoicing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from services.invoicing.queries.line_taxes import credit_taxes


def add_note_lines(note: CreditNote, lines: Mapping[InvoiceLine, int]) -> None:
    """What it gives back of each line, in minor units, in their order; the note is as read anew."""
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            customer_id=note.customer_id,
            note=note,
            position=number,
            invoice_line=line,
            amount_minor=amount,
        )
        for number, (line, amount) in enumerate(lines.items(), start=1)
    )
    taxed = {} if note.is_foreign else tax_anew(note)
    if taxed:
        CreditNote.objects.filter(pk=note.pk).update(**taxed)
    note.refresh_from_db()


def tax_anew(note: CreditNote) -> dict[str, Any]:
    """The fields of its tax by what counts now, with the invoice locked; none where it has none.

    Of two notes on one invoice the second has what the first has left.
    """
    if note.invoice.tax_minor is None:
        return {}
    invoice = Invoice.objects.select_for_update().get(pk=note.invoice_id)
    of_note = note.lines.order_by("position")
    lines = dict(of_note.values_list("invoice_line__position", "amount_minor"))
    taxes = credit_taxes(invoice, lines, without=note.pk)
    if not taxes:
        return {}
    in_order = [taxes.get(position, 0) for position in lines]
    return {"line_taxes": in_order, "tax_minor": sum(in_order)}
