"""Fix this invoice, in its states."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD
from services.portal.pages.fix import FixPage
from services.portal.pages.page import CustomerName
from services.portal.queries.fix_page import fix_page, typed_amounts, without_room
from shared.auth.actors import Actor
from shared.vocabulary.corrections import GivenFor, NoteKind
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import APPROVERS, BILLING, Role

_APPROVER: Final = Actor("bruno", Role.BILLING_APPROVER)
_CLERK: Final = Actor("clara", Role.BILLING_CLERK)
_LINES: Final = (
    ("Cloud usage: Compute", "1440.60", "1380.30"),
    ("Cloud usage: Storage", "372.09", "372.09"),
    ("Platform fee", "499.00", "499.00"),
)
_ROUTES: Final = (
    (Wrong.CHARGED_TOO_MUCH, FixRoute.GOODWILL),
    (Wrong.PROMISED_LESS, FixRoute.DISCOUNT),
    (Wrong.NEVER_PAID, FixRoute.WRITE_OFF),
    (Wrong.NOT_TO_BE_SENT, FixRoute.VOID),
)
_STOPPED: Final = ((Wrong.STOPPED, FixRoute.LET_GO), (Wrong.STOPPED, FixRoute.REISSUE))


def page(
    *,
    actor: Actor = _CLERK,
    route: str = "",
    notes: tuple[dict[str, Any], ...] = (),
    effect: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    of: tuple[tuple[Wrong, FixRoute], ...] = _ROUTES,
    state: State = State.PAID,
) -> FixPage:
    given = {
        "invoice_id": "inv_globex",
        "number": "GLOBEX-0007",
        "version": 9,
        "state": state,
        "currency": "USD",
        "total": "2311.69",
        "remaining": "31.69" if state != State.PAID else "0.00",
        "amount_paid": "2251.39" if state == State.PAID else "0.00",
        "account": "acc_globex",
        "lines": [
            {"position": number, "description": name, "amount": amount, "room": room}
            for number, (name, amount, room) in enumerate(_LINES, 1)
        ],
        "notes": list(notes),
        "fixes": [
            {
                "wrong": wrong,
                "route": one,
                "roles": list(APPROVERS if of is _STOPPED else BILLING),
                "needs_lines": one in {FixRoute.GOODWILL, FixRoute.DISCOUNT},
                "needs_second_person": one != FixRoute.LET_GO,
                "effect": effect,
            }
            for wrong, one in of
        ],
    }
    amounts = without_room(typed_amounts(typed or {}, "USD"), given)
    return fix_page(
        given,
        actor,
        customer=CustomerName("Globex Corporation"),
        period=PERIOD,
        route=route,
        typed=amounts,
    )


def _note(state: State, **changed: Any) -> dict[str, Any]:
    return {
        "document": "cn_goodwill",
        "version": 2,
        "kind": NoteKind.COMMERCIAL,
        "given_for": GivenFor.GOODWILL,
        "net": "200.00",
        "state": state,
        "number": "",
        "parked_for": [],
        "lines": [{"position": 3, "description": "Platform fee", "amount": "200.00"}],
        "given_by": "clara",
        "given_at": "2026-11-14T09:12:00+00:00",
        "reason": "The fee of October is 299.00 since the order of 28 September.",
        "not_by": ["clara"],
        "remaining": "0.00",
        "balance": "200.00",
        "refund": "0.00",
        "out_of_band": "0.00",
        **changed,
    }


_CORRECTION: Final = {
    "document": "cn_true_up",
    "kind": NoteKind.TRUE_UP,
    "given_for": "",
    "net": "60.30",
    "number": "GLOBEX-0007-CN-01",
    "lines": [{"position": 1, "description": "Cloud usage: Compute", "amount": "60.30"}],
    "given_by": "trueback",
    "reason": "",
    "balance": "60.30",
}


def _effect(**changed: str) -> dict[str, str]:
    names = ("remaining", "balance", "refund", "out_of_band", "carried", "waived", "left_to_pay")
    return {**dict.fromkeys(names, "0.00"), **changed}


def typed() -> FixPage:
    return page(
        route=FixRoute.GOODWILL,
        effect=_effect(credited="200.00", balance="200.00"),
        typed={"line-3": "200.00"},
        notes=(_note(State.ISSUED, **_CORRECTION),),
    )


def refused() -> FixPage:
    shown = page(route=FixRoute.GOODWILL, typed={"line-1": "1,000", "line-2": "400.00"})
    return replace(shown, problem="An amount can't be given; it is marked below.")


def to_approve(actor: Actor = _APPROVER) -> FixPage:
    return page(actor=actor, notes=(_note(State.IN_REVIEW), _note(State.ISSUED, **_CORRECTION)))


def write_off() -> FixPage:
    effect = _effect(credited="31.69", remaining="31.69")
    return page(route=FixRoute.WRITE_OFF, effect=effect, state=State.OVERDUE)


def stopped(actor: Actor = _APPROVER) -> FixPage:
    effect = _effect(credited="0.00", carried="1752.39")
    return page(actor=actor, route=FixRoute.REISSUE, effect=effect, of=_STOPPED, state=State.VOID)


PAGES: Final[dict[str, Callable[[], FixPage]]] = {
    "fix-inv_globex.html": page,
    "fix-lines.html": lambda: page(route=FixRoute.GOODWILL),
    "fix-typed.html": typed,
    "fix-refused.html": refused,
    "fix-approve.html": to_approve,
    "fix-own.html": lambda: replace(
        to_approve(_CLERK), done="The credit note is made, and waits for an approver."
    ),
    "fix-write-off.html": write_off,
    "fix-stopped.html": stopped,
    "fix-stopped-clerk.html": lambda: stopped(_CLERK),
    "fix-draft.html": lambda: page(of=(), state=State.DRAFT),
    "fix-silent.html": lambda: FixPage(
        id="inv_globex",
        silent="The invoicing service, which knows what can be done, does not answer.",
    ),
}
