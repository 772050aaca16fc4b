"""What a person may do to credit notes: approve, park or release one, or approve a whole close."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.invoicing.domain.states import (
    COMMERCIAL_ACTIONS,
    NOTE_ACTIONS,
    Action,
    refusal,
    refusal_detail,
)
from services.invoicing.models import ClosedPeriod, CreditNote, Debit, Invoice, TrueUpAccount
from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.issue_corrections import issue_by_itself
from services.invoicing.operations.move_invoice import InvoiceChanged, held_for, move_invoice
from services.invoicing.operations.move_note import move_note
from shared.auth.actors import Actor
from shared.contracts.invoicing import CAUSES, Cause, Refusal
from shared.vocabulary.corrections import DEBIT_OPEN, DebitState, NoteKind
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State


@dataclass(frozen=True)
class Approved:
    """How many were approved, and how many are left for somebody to look at."""

    count: int
    left: int


def act_on_note(
    *, note_id: str, action: str, actor: Actor, version: int, reason: str, now: datetime
) -> CreditNote:
    """Do an action on the version that the person has seen.

    Raises ActionRefused, InvoiceChanged where another version or another close is current,
    CreditNote.DoesNotExist.
    """
    period = CreditNote.objects.values_list("period", flat=True).get(pk=note_id)
    closed = ClosedPeriod.objects.select_for_update().filter(period=period).first()
    note = CreditNote.objects.select_for_update().get(pk=note_id)
    if note.version != version:
        raise InvoiceChanged(
            f"The credit note is at version {note.version}, you have seen {version}.",
            remedy="Look at it again.",
        )
    is_ours = note.kind == NoteKind.TRUE_UP
    wanted = (NOTE_ACTIONS if is_ours else COMMERCIAL_ACTIONS).get(action)
    if wanted is None:
        refused = Refusal(RefusalCode.UNKNOWN_ACTION, "")
        raise ActionRefused(refusal_detail(action, refused), refusal=refused)
    if is_ours and closed is not None and closed.number != note.close_number:
        raise InvoiceChanged(
            f"{period} was closed again since, by close {closed.number}.",
            remedy="What is right by that is made in a moment.",
        )
    _require_allowed(wanted, note, actor, reason)
    moved: CreditNote = _act(wanted, note, actor, Cause(CauseCode.PERSON, text=reason), now)
    return moved


def release_debit(
    *, debit_id: str, actor: Actor, version: int, reason: str, now: datetime
) -> Debit:
    """Let one that is held go on the next invoice, with which it is looked at again.

    Raises as `act_on_note`, and Debit.DoesNotExist.
    """
    period = Debit.objects.values_list("account__period", flat=True).get(pk=debit_id)
    closed = ClosedPeriod.objects.select_for_update().filter(period=period).first()
    debit = Debit.objects.select_for_update().select_related("account").get(pk=debit_id)
    number = closed.number if closed is not None else 0
    if debit.version != version or debit.close_number != number:
        raise InvoiceChanged(
            f"The debit is at version {debit.version}, of close {debit.close_number}, you have seen"
            f" version {version}; the newest close of {period} is {number}.",
            remedy="Look at it again.",
        )
    _release(debit, actor, reason, now)
    return debit


def approve_corrections(
    *, period: str, close: int, actor: Actor, reason: str, now: datetime
) -> Approved:
    """All that waits of a close, at once; with a reason also what its brake alone holds.

    Raises InvoiceChanged where another close is current, ActionRefused where the role may not.
    """
    closed = ClosedPeriod.objects.select_for_update().get(period=period)
    if closed.number != close:
        raise InvoiceChanged(
            f"The newest close of {period} is {closed.number}, you have seen {close}.",
            remedy="Look at its corrections again.",
        )
    cause = Cause(CauseCode.PERSON, text=reason)
    count = 0
    for debit in _held_debits(period) if reason.strip() else []:
        if _is_held_by_brake(debit.parked_for):
            _release(debit, actor, reason, now)
            count += 1
    for document in _waiting(period):
        if reason.strip() and _is_braked(document):
            _require_allowed(NOTE_ACTIONS["release"], document, actor, reason)
            document = _act(NOTE_ACTIONS["release"], document, actor, cause, now)  # noqa: PLW2901
        elif document.state != State.IN_REVIEW:
            continue
        else:
            _require_allowed(NOTE_ACTIONS["approve"], document, actor, reason)
        _act(NOTE_ACTIONS["approve"], document, actor, cause, now)
        count += 1
    return Approved(count=count, left=len(_waiting(period)) + len(_held_debits(period)))


def _waiting(period: str) -> list[CreditNote | Invoice]:
    """What a person is to look at."""
    return [*_notes(period), *_supplementary(period)]


def _notes(period: str) -> list[CreditNote]:
    waiting = CreditNote.objects.select_for_update().filter(
        period=period, kind=NoteKind.TRUE_UP, state__in=[State.IN_REVIEW, State.PARKED]
    )
    return list(waiting.order_by("note_id"))


def _supplementary(period: str) -> list[Invoice]:
    debits = Debit.objects.filter(account__period=period, state__in=DEBIT_OPEN)
    waiting = Invoice.objects.select_for_update().filter(
        pk__in=debits.values("invoice"),
        kind=InvoiceKind.SUPPLEMENTARY,
        state__in=[State.IN_REVIEW, State.PARKED],
    )
    return list(waiting.order_by("invoice_id"))


def _is_braked(document: CreditNote | Invoice) -> bool:
    """By nothing else: what is held for itself is looked at by itself."""
    return document.state == State.PARKED and _is_held_by_brake(document.parked_for or [])


def _is_held_by_brake(causes: list[Any]) -> bool:
    return {cause["code"] for cause in causes} == {CauseCode.BRAKE}


def _held_debits(period: str) -> list[Debit]:
    """That wait for the next invoice, and are kept off it."""
    held = Debit.objects.select_for_update().filter(
        account__period=period, state=DebitState.WAITING
    )
    return list(held.exclude(parked_for=[]).order_by("debit_id"))


def _release(debit: Debit, actor: Actor, reason: str, now: datetime) -> None:
    state = State.PARKED if debit.parked_for else State.IN_REVIEW
    refused = refusal(NOTE_ACTIONS["release"], state=state, actor=actor, doers=[], reason=reason)
    if refused is not None:
        raise ActionRefused(refusal_detail("release", refused), refusal=refused)
    debit.released = [
        *debit.released,
        {"by": actor.name, "at": now.isoformat(), "reason": reason, "of": debit.parked_for},
    ]
    debit.parked_for, debit.version = [], debit.version + 1
    debit.save(update_fields=["parked_for", "released", "version"])


def _require_allowed(
    action: Action, document: CreditNote | Invoice, actor: Actor, reason: str
) -> None:
    log = document.transitions.order_by("sequence")
    state = action.needs_other_than
    doers = [step.actor for step in log if state is not None and step.to_state == state][-1:]
    refused = refusal(action, state=State(document.state), actor=actor, doers=doers, reason=reason)
    if refused is not None:
        raise ActionRefused(refusal_detail(action.name, refused), refusal=refused)


def _act(action: Action, document: Any, actor: Actor, cause: Cause, now: datetime) -> Any:
    target = action.target
    if target is None:
        raise ValueError(f"{action.name} leads nowhere")
    is_note = isinstance(document, CreditNote)
    move: Any = move_note if is_note else move_invoice
    fields: dict[str, Any] = {}
    if target == State.PARKED:
        fields = {"parked_from": document.state, **_held(document, [cause])}
    elif document.state == State.PARKED:
        fields = {"parked_from": "", **_held(document, [])}
    moved = move(document, target, actor=actor.name, cause=cause, now=now, **fields)
    if target == State.APPROVED:
        account = moved.account_id if is_note else moved.debits.values_list("account").first()[0]
        # A person has looked at the month: what goes out by itself is counted from here on.
        TrueUpAccount.objects.filter(pk=account).update(auto_approved_minor=0)
        issue_by_itself(moved, now)
    return moved


def _held(document: CreditNote | Invoice, causes: list[Cause]) -> dict[str, Any]:
    if isinstance(document, CreditNote):
        return {"parked_for": CAUSES.dump_python(causes, mode="json")}
    return held_for(causes)
