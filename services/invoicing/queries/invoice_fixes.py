"""The routes of an invoice with what each comes to in money, before anybody takes one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.invoicing.domain.fixes import (
    GIVEN_FOR,
    Situation,
    credited,
    fits,
    routes,
    where_it_goes,
)
from services.invoicing.domain.settlement import Account, settle
from services.invoicing.domain.true_up_terms import policy_of
from services.invoicing.models import ClosedPeriod, CreditNote, Invoice, TrueUpAccount
from services.invoicing.queries.account_documents import read_account
from services.invoicing.queries.account_terms import read_target, read_terms
from services.invoicing.queries.invoice_situation import account_of, approvers_of, read_situation
from services.invoicing.queries.line_taxes import credit_taxes, lines_within
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import APPROVERS, BILLING

_STATE_AFTER: Final[Mapping[FixRoute, AccountState]] = {
    FixRoute.REISSUE: AccountState.OPEN,
    FixRoute.RESUME: AccountState.OPEN,
    FixRoute.LET_GO: AccountState.LET_GO,
}


def read_fixes(invoice: Invoice, lines: Mapping[int, int]) -> dict[str, Any]:
    """`lines` is what the reader thinks of giving, in minor units by position; or nothing yet."""
    one = read_situation(invoice)
    account = account_of(invoice)
    return {
        "invoice_id": invoice.invoice_id,
        "number": invoice.number,
        "version": invoice.version,
        "state": invoice.state,
        "currency": invoice.currency,
        "total": _text(invoice.total_minor + (invoice.tax_minor or 0), invoice),
        "remaining": _text(one.remaining_minor, invoice),
        "amount_paid": _text(one.paid_minor, invoice),
        "account": account.account_id if account is not None else "",
        "lines": [
            {
                "position": line.position,
                "description": line.description,
                "amount": _text(line.amount_minor, invoice),
                "room": _text(one.room[line.position], invoice),
            }
            for line in invoice.lines.order_by("position")
        ],
        "notes": [
            _note(note, invoice, one)
            for note in invoice.credit_notes.exclude(state=State.VOID).order_by("note_id")
        ],
        "fixes": [
            {
                "wrong": wrong,
                "route": route,
                "roles": list(BILLING if route in GIVEN_FOR else APPROVERS),
                "needs_lines": route in {FixRoute.GOODWILL, FixRoute.DISCOUNT},
                "needs_second_person": route in GIVEN_FOR or route == FixRoute.REISSUE,
                "not_by": approvers_of(invoice) if route == FixRoute.VOID else [],
                "effect": _effect(route, invoice, one, account, lines),
            }
            for wrong, route in routes(one)
        ],
    }


def _note(note: CreditNote, invoice: Invoice, one: Situation) -> dict[str, Any]:
    """`not_by` is who brought it into its state: the step that follows is for somebody else."""
    steps = list(note.transitions.order_by("sequence"))
    first = steps[0] if steps else None
    places = note.settlement or where_it_goes(note.net_minor, one).by_place()
    return {
        "document": note.note_id,
        "version": note.version,
        "kind": note.kind,
        "given_for": note.given_for,
        "net": _text(note.net_minor, invoice),
        "state": note.state,
        "number": note.number,
        "parked_for": note.parked_for,
        "lines": [
            {
                "position": line.invoice_line.position,
                "description": line.invoice_line.description,
                "amount": _text(line.amount_minor, invoice),
            }
            for line in note.lines.select_related("invoice_line").order_by("position")
        ],
        "given_by": first.actor if first is not None else "",
        "given_at": note.drafted_at.isoformat(),
        "reason": first.reason if first is not None else "",
        "not_by": [step.actor for step in steps if step.to_state == note.state][-1:],
        **{name: _text(places[name], invoice) for name in where_it_goes(0, one).by_place()},
    }


def _effect(
    route: FixRoute,
    invoice: Invoice,
    one: Situation,
    account: TrueUpAccount | None,
    lines: Mapping[int, int],
) -> dict[str, str] | None:
    """None where it depends on amounts that nobody has named, or that find no room."""
    if route == FixRoute.VOID:
        carried = {"carried": _unbilled(account, invoice), "waived": 0}
        voided = _written(invoice, one, 0, where_it_goes(0, one), carried)
        return {**voided, "left_to_pay": _text(0, invoice)}
    if route not in GIVEN_FOR:
        nothing = where_it_goes(0, one)
        after = _after(account, state=_STATE_AFTER[route])
        return _written(invoice, one, 0, nothing, after)
    if route == FixRoute.WRITE_OFF:
        lines = lines_within(invoice, one, one.remaining_minor)
    if not lines or not fits(lines, one):
        return None
    amount = sum(lines.values()) + sum(credit_taxes(invoice, lines).values())
    after = _after(account, document_id=invoice.invoice_id, lines=lines)
    return _written(invoice, one, amount, where_it_goes(amount, one), after)


def _unbilled(account: TrueUpAccount | None, invoice: Invoice) -> int:
    """What the month's account carries once none of the invoice is billed."""
    if account is None:
        return 0
    given: Account = read_account(account, read_target(account))
    own = sum(
        line.amount_minor
        for document in given.documents
        for line in document.lines
        if document.document_id == invoice.invoice_id
    )
    return given.target_minor - given.billed_minor + own


def _after(
    account: TrueUpAccount | None,
    *,
    state: AccountState | None = None,
    document_id: str = "",
    lines: Mapping[int, int] | None = None,
) -> dict[str, int]:
    """What the account of the month carries, and never bills, once it is settled after it."""
    closed = ClosedPeriod.objects.filter(period=account.period).first() if account else None
    if account is None or closed is None:
        return {"carried": 0, "waived": 0}
    given: Account = read_account(account, read_target(account))
    given = credited(replace(given, state=state or given.state), document_id, lines or {})
    terms = read_terms(account.terms).true_up
    policy = policy_of(terms, Month.parse(account.period), account.currency)
    settled = settle(given, policy, closed.closed_at.date())
    return {"carried": settled.carried_minor, "waived": settled.waived_minor}


def _written(
    invoice: Invoice, one: Situation, amount: int, goes: Any, after: Mapping[str, int]
) -> dict[str, str]:
    minor = {
        "credited": amount,
        "left_to_pay": one.remaining_minor - goes.remaining_minor,
        **goes.by_place(),
        **after,
    }
    return {name: _text(amount, invoice) for name, amount in minor.items()}


def _text(minor: int, invoice: Invoice) -> str:
    return str(Money.from_minor(minor, invoice.currency).amount)
