"""What a credit note's document says, word by word: the same for staff and for its customer.

It names the invoice that it corrects, says why, what was charged and what is right, and where the
money goes. Prices alone: what the month costs the seller is on no credit note.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.invoicing.domain.invoice_document import (
    Document,
    banner,
    day_of,
    numeric_column,
    party,
    printable,
    written_amount,
    written_month,
)
from services.invoicing.domain.tax_words import tax_sentence, tax_sums
from shared.contracts.correction_words import reason_sentences
from shared.contracts.invoice_corrections import Credit
from shared.contracts.invoicing import InvoiceFact
from shared.vocabulary.modes import Mode

_PLACES: Final = (
    ("remaining", "{amount} is deducted from what is still to pay on invoice {invoice}."),
    ("balance", "{amount} is on your balance and reduces your next invoice."),
    ("refund", "{amount} is refunded to the card or account that you paid with."),
    ("out_of_band", "{amount} is paid back to you by bank transfer."),
)
_UNCHANGED_KEPT: Final = "The invoice itself stays as it was issued."


@dataclass(frozen=True)
class ChangedLine:
    """What all documents have charged for it before this one, and what is right.

    `credited` is what this note gives back of it; nothing where it pays for another line's rise.
    """

    description: str
    charged: Decimal
    corrected: Decimal
    credited: Decimal


def credit_note_document(
    note: Credit, invoice: InvoiceFact, changes: Sequence[ChangedLine], *, environment: Mode
) -> Document:
    """`note` without a number is a draft. Any `environment` but live is marked."""
    name = f"Credit note {note.number}" if note.number else "Draft credit note"
    currency = invoice.currency
    credited = [change for change in changes if change.credited]
    document = {
        "title": f"{name}, {invoice.buyer.get('name', invoice.customer_name)}",
        "description": f"Corrects invoice {invoice.number} of {written_month(note.period)}",
        "keywords": ["credit note", note.period, *filter(None, [note.number]), invoice.number],
        "heading": "Credit note" if note.number else "Draft credit note",
        "number": note.number,
        "standing": "",
        "banner": banner(environment, "credit note"),
        "watermark": _watermark(note, environment),
        "copy": _copy(note),
        "seller": party(invoice.seller),
        "buyer": party(invoice.buyer),
        "facts": list(_facts(note, invoice)),
        "lead": reason_sentences(note.causes, note.period),
        "lines_heading": f"Credited for {written_month(note.period)}",
        "columns": _columns(currency, credited="Credited"),
        "lines": [_line(change, change.credited, currency) for change in credited],
        **_sums(note, currency),
        "payment_heading": "How it is settled",
        "payment": [*_places(note, invoice), _UNCHANGED_KEPT],
        "pay_url": "",
        "pay_label": "",
        "annex": _annex(changes, note, currency),
        "notes": _notes(invoice),
    }
    shown: Document = printable(document)
    return shown


def _watermark(note: Credit, environment: Mode) -> str:
    if not note.number:
        return "DRAFT"
    return "SAMPLE" if environment == Mode.DEMO else ""


def _copy(note: Credit) -> str:
    if not note.number:
        return "A draft, not a credit note: it can change, and nothing is credited yet."
    return f"Copy: the original is Stripe's credit note {note.number}."


def _facts(note: Credit, invoice: InvoiceFact) -> Iterator[dict[str, str]]:
    yield {"label": "Date", "value": day_of(note.issued_at) if note.number else "not yet"}
    yield {"label": "Corrects invoice", "value": invoice.number}
    if invoice.issued_at:
        yield {"label": "Invoice of", "value": day_of(invoice.issued_at)}
    yield {"label": "Month (UTC)", "value": written_month(note.period)}
    yield {"label": "Currency", "value": invoice.currency}
    if invoice.buyer.get("purchase_order"):
        yield {"label": "Purchase order", "value": invoice.buyer["purchase_order"]}


def _columns(currency: str, *, credited: str) -> list[dict[str, Any]]:
    return [
        {"key": "description", "label": "Description", "numeric": False},
        numeric_column("charged", "Charged"),
        numeric_column("corrected", "Corrected"),
        numeric_column("credited", f"{credited}, {currency}"),
    ]


def _line(change: ChangedLine, amount: Decimal, currency: str) -> dict[str, str]:
    return {
        "description": change.description,
        "detail": "",
        "charged": written_amount(change.charged, currency),
        "corrected": written_amount(change.corrected, currency),
        "credited": written_amount(amount, currency),
    }


def _sums(note: Credit, currency: str) -> dict[str, Any]:
    sums = [("Net", note.net)]
    sums += tax_sums(note.taxes, note.tax or None)
    return {
        "sums": [
            {"label": label, "value": written_amount(amount, currency)} for label, amount in sums
        ],
        "total": {
            "label": "Total credit",
            "value": f"{currency} {written_amount(note.net + note.tax, currency)}",
        },
        "tax_sentence": tax_sentence(note.taxes)
        if note.tax or note.taxes
        else "No tax is corrected by this document.",
    }


def _places(note: Credit, invoice: InvoiceFact) -> Iterator[str]:
    if not note.number:
        yield "Where it goes is decided when it is issued, by what is paid of the invoice then."
    for name, sentence in _PLACES:
        amount = getattr(note, name)
        if amount:
            written = f"{invoice.currency} {written_amount(amount, invoice.currency)}"
            yield sentence.format(amount=written, invoice=invoice.number)


def _annex(changes: Sequence[ChangedLine], note: Credit, currency: str) -> dict[str, Any] | None:
    """All that changed in the month, where that is more than the lines above."""
    if all(
        change.credited and change.charged - change.corrected == change.credited
        for change in changes
    ):
        return None
    lines = [_line(change, change.corrected - change.charged, currency) for change in changes]
    return {
        "heading": f"All that changed in {written_month(note.period)}",
        "sentence": "What fell pays for what rose. What is left is credited by this note, and by"
        " others where several invoices charged for the month.",
        "key": "description",
        "columns": _columns(currency, credited="Difference"),
        "lines": lines,
    }


def _notes(invoice: InvoiceFact) -> list[str]:
    email = invoice.seller.get("email")
    return [f"Questions: {email}."] if email else []
