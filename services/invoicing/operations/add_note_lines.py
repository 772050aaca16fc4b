from collections.abc import Mapping

from services.invoicing.models import CreditNote, CreditNoteLine, InvoiceLine


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
    note.refresh_from_db()
