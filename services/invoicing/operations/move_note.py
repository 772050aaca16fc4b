"""The one way a credit note changes its state: compare-and-set, and a sealed log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.invoicing.models import CreditNote
from services.invoicing.operations.add_note_lines import tax_anew
from services.invoicing.operations.log_step import log_step
from services.invoicing.operations.move_invoice import InvoiceChanged
from shared.contracts.invoicing import CAUSES, Cause
from shared.vocabulary.invoice_states import State


def move_note(
    note: CreditNote, to: State, *, actor: str, cause: Cause, now: datetime, **fields: Any
) -> CreditNote:
    """Move to a state and set `fields` with it; raises InvoiceChanged if it is not as read."""
    before = State(note.state)
    if to == State.ISSUING:
        fields |= tax_anew(note)
    changed = CreditNote.objects.filter(pk=note.pk, version=note.version).update(
        state=to, version=note.version + 1, **fields
    )
    if changed != 1:
        raise InvoiceChanged(
            f"credit note {note.note_id} has changed since it was read.", remedy="Look at it again."
        )
    note.refresh_from_db()
    log_step(note.transitions, note, before, actor=actor, cause=cause, now=now)
    return note


def park_note(
    note: CreditNote, causes: Sequence[Cause], *, actor: str, now: datetime
) -> CreditNote:
    """It waits for a person, for all of these causes; raises as `move_note`."""
    return move_note(
        note,
        State.PARKED,
        actor=actor,
        cause=causes[0],
        now=now,
        parked_from=note.state,
        parked_for=CAUSES.dump_python(list(causes), mode="json"),
    )
