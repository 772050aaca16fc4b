"""A credit note as a file to read: what it holds is the same for whoever may open it."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from services.invoicing.domain.credit_note_document import ChangedLine, credit_note_document
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.engine.typeset import pdf_of
from services.invoicing.models import CreditNote
from services.invoicing.queries.account_terms import row_key
from services.invoicing.queries.invoice_fact import invoice_fact, note_fact
from shared.file_names import pdf_name
from shared.money import Money


def note_pdf(note: CreditNote) -> bytes:
    return pdf_of(note_content(note), made_at=note.issued_at or note.drafted_at)


def note_content(note: CreditNote) -> Mapping[str, Any]:
    """All that its PDF says, as text."""
    return credit_note_document(
        note_fact(note),
        invoice_fact(note.invoice, with_charges=False),
        list(_changes(note)),
        environment=settings.ENVIRONMENT.environment,
    )


def note_file_name(note: CreditNote) -> str:
    name = note.number or f"draft-credit-{note.invoice.number}"
    return pdf_name(name)


def _changes(note: CreditNote) -> Iterator[ChangedLine]:
    """What is credited, by the invoice's lines, then what changed in the month beside it.

    A line that has not changed gives back what others had no room for.
    """
    changed = _changed(note)
    # What an account is priced by is for staff: its notes say what their lines are called.
    names = {_key(row): row.get("description") or row["component"] for row in note.detail}
    for line in note.lines.select_related("invoice_line").order_by("position"):
        on, amount = line.invoice_line, _amount(line.amount_minor, note)
        charged = _amount(on.amount_minor, note)
        names.pop(row_key(on), None)
        before, after = changed.get(row_key(on), (charged, charged - amount))
        yield ChangedLine(on.description, before, after, amount)
    for key, name in names.items():
        yield ChangedLine(name, *changed[key], Decimal(0))


def _changed(note: CreditNote) -> dict[LineKey, tuple[Decimal, Decimal]]:
    return {
        _key(row): (_amount(row["charged"], note), _amount(row["corrected"], note))
        for row in note.detail
    }


def _key(row: dict[str, Any]) -> LineKey:
    return LineKey(
        row["component"],
        row["tenant"],
        row["charge_group"],
        date.fromisoformat(row["start"]),
        date.fromisoformat(row["end"]),
    )


def _amount(minor: int, note: CreditNote) -> Decimal:
    return Money.from_minor(minor, note.currency).amount
