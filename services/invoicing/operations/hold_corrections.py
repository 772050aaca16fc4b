from datetime import datetime

from services.invoicing.models import CreditNote, Invoice
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.move_note import park_note
from shared.contracts.invoicing import Cause
from shared.vocabulary.invoice_states import State

_WAITS = frozenset({State.IN_REVIEW, State.APPROVED})


def hold_corrections(invoice: Invoice, cause: Cause, now: datetime) -> None:
    """Credit notes on it that nobody has asked Stripe for wait for a person, for this too."""
    notes = CreditNote.objects.select_for_update().filter(invoice=invoice, state__in=_WAITS)
    for note in notes.order_by("note_id"):
        park_note(note, [cause], actor=ACTOR, now=now)
