"""Fix an invoice: what a person chose of its routes is done, or waits for a second person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.invoicing.domain.fixes import GIVEN_FOR, routes
from services.invoicing.domain.states import refusal_detail
from services.invoicing.models import CreditNote, Invoice, TrueUpAccount
from services.invoicing.operations.act_on_account import act_on_account
from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.give_credit import give_credit, give_whole, lock_invoice
from services.invoicing.operations.move_invoice import InvoiceChanged
from services.invoicing.queries.invoice_situation import account_of, approvers_of, read_situation
from services.invoicing.queries.reissues import pending_reissue
from shared.auth.actors import Actor, is_same_person
from shared.contracts.invoicing import Cause, Refusal
from shared.jobs.work import request_job
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode
from shared.vocabulary.roles import APPROVERS


@dataclass(frozen=True)
class Fixed:
    """`document` is what came of it: a credit note, an invoice's draft, or the account."""

    document: str
    state: str


def fix_invoice(
    *,
    invoice_id: str,
    route: FixRoute,
    version: int,
    lines: Mapping[int, int],
    actor: Actor,
    reason: str,
    now: datetime,
) -> Fixed:
    """On the version that the person has seen.

    Raises ActionRefused, InvoiceChanged, NoRoom, NothingToReissue, Invoice.DoesNotExist.
    """
    invoice = lock_invoice(invoice_id)
    if invoice.version != version:
        raise InvoiceChanged(
            f"The invoice is at version {invoice.version}, you have seen {version}.",
            remedy="Look at it again.",
        )
    legal = {each for _, each in routes(read_situation(invoice))}
    if route not in legal:
        refused = Refusal(RefusalCode.STATE, invoice.state, sorted(legal))
        raise ActionRefused(refusal_detail(route, refused), refusal=refused)
    if not reason.strip():
        refused = Refusal(RefusalCode.REASON, invoice.state)
        raise ActionRefused(refusal_detail(route, refused), refusal=refused)
    if route in GIVEN_FOR:
        return _given(_give(invoice, route, lines, actor.name, reason, now))
    return _decided(invoice, route, actor, reason, now)


def _give(
    invoice: Invoice,
    route: FixRoute,
    lines: Mapping[int, int],
    actor: str,
    reason: str,
    now: datetime,
) -> CreditNote:
    given_for, cause = GIVEN_FOR[route], Cause(CauseCode.PERSON, text=reason)
    if route == FixRoute.WRITE_OFF:
        remaining = read_situation(invoice).remaining_minor
        return give_whole(
            invoice, remaining, given_for=given_for, actor=actor, cause=cause, now=now
        )
    return give_credit(invoice, given_for=given_for, lines=lines, actor=actor, cause=cause, now=now)


def _given(note: CreditNote) -> Fixed:
    return Fixed(note.note_id, note.state)


def _decided(invoice: Invoice, route: FixRoute, actor: Actor, reason: str, now: datetime) -> Fixed:
    if actor.role not in APPROVERS:
        refused = Refusal(RefusalCode.ROLE, invoice.state, list(APPROVERS))
        raise ActionRefused(refusal_detail(route, refused), refusal=refused)
    if route == FixRoute.VOID:
        return _void(invoice, actor, reason)
    account = account_of(invoice)
    if account is None:
        raise TrueUpAccount.DoesNotExist
    moved = act_on_account(
        account_id=account.account_id, action=route, actor=actor, reason=reason, now=now
    )
    draft = pending_reissue(moved)
    if draft is not None:
        return Fixed(draft.invoice_id, draft.state)
    return Fixed(moved.account_id, moved.state)


def _void(invoice: Invoice, actor: Actor, reason: str) -> Fixed:
    """A job does it at Stripe; what becomes of the month is asked once it is void."""
    if any(is_same_person(name, actor.name) for name in approvers_of(invoice)):
        refused = Refusal(RefusalCode.SECOND_PERSON, invoice.state)
        raise ActionRefused(refusal_detail(FixRoute.VOID, refused), refusal=refused)
    payload = {"invoice_id": invoice.invoice_id, "actor": actor.name, "reason": reason}
    request_job(
        kind="void_invoice", key=invoice.invoice_id, payload=payload, requested_by=actor.name
    )
    return Fixed(invoice.invoice_id, invoice.state)
