"""The corrections of a month, as invoicing has them: what needs somebody first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Paginator

from services.portal.domain.correction_actions import debit_actions, note_actions
from services.portal.domain.correction_words import (
    cause_labels,
    held_for,
    is_supplementary,
    line_words,
    place_words,
    restated_words,
    stopped_words,
    waits_for,
    waived_words,
)
from services.portal.domain.figures import sums_by_currency
from services.portal.domain.fix_words import given_words
from services.portal.domain.invoice_actions import ShownAction
from services.portal.gateways.corrections import MonthsCorrections
from services.portal.pages.corrections import (
    ChangedLine,
    CorrectionDocument,
    CorrectionRow,
    CorrectionsPage,
    Direction,
    DocumentLine,
    GivenBesides,
    Place,
    ShownClose,
    ToApprove,
)
from services.portal.pages.page import Choice, CustomerName
from shared.auth.actors import Actor
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import NOTE_COUNTS, DebitState, NoteKind
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import FINISHED_STATES, State
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.roles import APPROVERS

PAGE: Final = 60
CARRIED: Final = "carried"
WAIVED: Final = "waived"
# What needs somebody first; what is done comes last.
_ORDER: Final = (
    *(State.PARKED, State.IN_REVIEW, AccountState.STOPPED, State.DRAFT, State.APPROVED),
    *(State.ISSUING, DebitState.WAITING, CARRIED, WAIVED),
)
_VIEWS: Final[Mapping[str, str]] = {
    "to_do": "Needs somebody",
    "credits": "Credits",
    "debits": "Debits",
    "carried": "Carried",
    "waived": "Not passed on",
    "stopped": "Stopped",
}
_NEED_SOMEBODY: Final = frozenset({State.PARKED, State.IN_REVIEW, AccountState.STOPPED})
_BILLS: Final = FINISHED_STATES - {State.VOID}
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a page's address asks for."""

    view: str = ""
    sort: str = ""
    q: str = ""
    page: int = 1
    opened: str = ""
    address: str = ""


def corrections_page(
    month: Month, state: PeriodState, given: MonthsCorrections, actor: Actor, asked: Asked
) -> CorrectionsPage:
    close = _close(given.close, month)
    rows = correction_rows(given, actor)
    views = _views(rows)
    view = asked.view if asked.view in {choice.key for choice in views} else "all"
    q = asked.q.strip()
    chosen = sorted(_searched([row for row in rows if _is_in(row, view)], q), key=_order)
    chosen = _sorted(chosen, asked.sort)
    paging = Paginator(chosen, PAGE).get_page(max(asked.page, 1))
    documents = [one for row in rows for one in row.documents]
    carried = [row for row in rows if row.carried is not None and not row.stopped]
    return CorrectionsPage(
        period=month,
        period_state=state,
        address=asked.address,
        close=close,
        credits=_direction(one for one in documents if one.amount.amount < 0),
        debits=_direction(one for one in documents if one.amount.amount > 0),
        carried=len(carried),
        threshold=_one_threshold(carried),
        views=views,
        view=view,
        q=q,
        sort=asked.sort,
        rows=list(paging),
        paging=paging,
        corrected_count=len(rows),
        unchanged=len(given.accounts) - len(rows),
        opened=asked.opened,
        to_approve=_to_approve(given),
        may_approve=actor.role in APPROVERS,
        is_moving=any(one.state == State.ISSUING for one in documents),
    )


def correction_rows(given: MonthsCorrections, actor: Actor) -> list[CorrectionRow]:
    """Of the accounts that differ; those as invoiced have no row."""
    number = given.close["number"] if given.close else 0
    causes = cause_labels(given.close["causes"]) if given.close else ""
    rows = [_row(account, number, causes, actor) for account in given.accounts]
    return [row for row in rows if row.documents or row.state]


def _close(close: Data | None, month: Month) -> ShownClose | None:
    if close is None:
        return None
    now, before = close["bill"], close["bill_before"]
    moved = Decimal(now) - Decimal(before) if now is not None and before is not None else None
    return ShownClose(
        number=close["number"],
        closed_by=close["closed_by"],
        closed_at=datetime.fromisoformat(close["closed_at"]),
        causes=cause_labels(close["causes"]),
        restated=restated_words(close["causes"], f"{month.start:%B}"),
        restated_by=Money(moved, close["currency"]) if moved else None,
        unsettled=close["unsettled"],
    )


def _row(account: Data, number: int, causes: str, actor: Actor) -> CorrectionRow:
    currency = account["currency"]
    given = [one for one in account["documents"] if _is_given(one)]
    made = [one for one in account["documents"] if not _is_given(one)]
    all_documents = [_document(one, currency, actor) for one in made]
    documents = [one for one in all_documents if one.close == number and one.state != State.VOID]
    carried, waived = Decimal(account["carried"]), Decimal(account["waived"])
    unissued = sum(
        (_signed(one) for one in made if _is_unissued(one)),
        Decimal(0),
    )
    counted = sum(
        (_signed(one) for one in made if one["close"] == number and _counts(one)),
        Decimal(0),
    )
    before = Decimal(account["billed"]) - counted
    after = Decimal(account["target"]) - waived
    left = carried - unissued
    is_stopped = account["state"] == AccountState.STOPPED
    return CorrectionRow(
        account=account["account"],
        customer=CustomerName(account["customer_name"]),
        invoice=account["invoice"],
        invoice_id=account["invoice_id"],
        cause=documents[0].cause if documents else causes,
        before=Money(before, currency),
        after=Money(after, currency),
        difference=Money(after - before, currency),
        state=_state(documents, left, waived, is_stopped=is_stopped),
        documents=documents,
        earlier=[one for one in all_documents if one not in documents],
        given=[_given(one, currency) for one in given],
        carried=Money(left, currency) if left else None,
        threshold=Money(Decimal(account["threshold"]), currency),
        carried_why=_carried_why(account, left, number),
        waived=Money(waived, currency) if waived else None,
        waived_why=waived_words(account["waived_why"]) if waived else "",
        stopped=stopped_words(account["stopped_for"]) if is_stopped else "",
    )


def _carried_why(account: Data, left: Decimal, number: int) -> str:
    if not left:
        return ""
    if account["state"] == AccountState.STOPPED:
        return "the account is stopped"
    if account["close"] < number:
        return f"close {number} is still to be settled here"
    is_below = abs(left) < Decimal(account["threshold"])
    return "" if is_below else "the next settlement documents it"


def _state(
    documents: Sequence[CorrectionDocument], left: Decimal, waived: Decimal, *, is_stopped: bool
) -> str:
    """Of what needs somebody first; empty where the account is as invoiced."""
    states = [one.state for one in documents]
    if is_stopped:
        states.append(AccountState.STOPPED)
    if left:
        states.append(CARRIED)
    if waived:
        states.append(WAIVED)
    return min(states, key=_rank, default="")


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def _order(row: CorrectionRow) -> tuple[int, Decimal, str]:
    return _rank(row.state), -abs(row.difference.amount), row.account


def _document(document: Data, currency: str, actor: Actor) -> CorrectionDocument:
    is_note = document["kind"] == "credit_note"
    detail = document["detail"]
    tenants = [line["tenant"] for line in detail]
    actions = _actions(document, actor)
    return CorrectionDocument(
        id=document["document"],
        title=_title(document),
        number=document["number"],
        amount=Money(_signed(document), currency),
        state=document["state"],
        version=document["version"],
        close=document["close"],
        cause=cause_labels(document["causes"]),
        corrects=document["corrects"],
        corrects_id=document["corrects_id"],
        invoice_id=document["document"] if not is_note and document["on_period"] else "",
        waits_for=waits_for(document),
        held_for=held_for(document),
        lines=[
            DocumentLine(line["description"], Money(Decimal(line["amount"]), currency))
            for line in document["lines"]
        ],
        changed=[_changed(line, tenants, currency) for line in detail],
        places=_places(document, currency) if is_note else [],
        actions=[action for action in actions if action.allowed],
        refused_actions=[action for action in actions if not action.allowed],
    )


def _places(note: Data, currency: str) -> list[Place]:
    expected = note["expected"]
    is_issued = expected is None
    words = place_words(note if is_issued else expected, currency, is_issued=is_issued)
    return [Place(*place) for place in words]


def _is_given(document: Data) -> bool:
    """By a person, or at Stripe by hand: it changes nothing of what the month is billed."""
    return bool(document.get("note_kind", "") == NoteKind.COMMERCIAL)


def _given(note: Data, currency: str) -> GivenBesides:
    return GivenBesides(
        title=given_words({**note, "kind": note["note_kind"]}),
        number=note["number"],
        amount=Money(_signed(note), currency),
        state=note["state"],
        invoice_id=note["corrects_id"],
    )


def _actions(document: Data, actor: Actor) -> list[ShownAction]:
    if document["kind"] == "credit_note":
        return note_actions(document["state"], actor)
    return [] if document["on_period"] else debit_actions(document["state"], actor)


def _title(document: Data) -> str:
    if document["kind"] == "credit_note":
        return "Credit note"
    if is_supplementary(document):
        return "Supplementary invoice"
    if document["on_period"]:
        month = Month.parse(document["on_period"])
        return f"Line on the invoice of {month.start:%B %Y}"
    return "Line on the next invoice"


def _changed(line: Data, tenants: Sequence[str], currency: str) -> ChangedLine:
    charged, corrected = Decimal(line["charged"]), Decimal(line["corrected"])
    return ChangedLine(
        line_words(line, tenants),
        Money(charged, currency),
        Money(corrected, currency),
        Money(corrected - charged, currency),
    )


def _signed(document: Data) -> Decimal:
    net = Decimal(document["net"])
    return -net if document["kind"] == "credit_note" else net


def _counts(document: Data) -> bool:
    """Billed already: Stripe has it, or is being asked."""
    states = NOTE_COUNTS if document["kind"] == "credit_note" else _BILLS
    return document["state"] in states


def _is_unissued(document: Data) -> bool:
    """A voided one counts as never issued, and nobody issues it any more."""
    return not _counts(document) and document["state"] != State.VOID


def _views(rows: Sequence[CorrectionRow]) -> list[Choice]:
    counts = {key: sum(_is_in(row, key) for row in rows) for key in _VIEWS}
    return [
        Choice("all", "All", len(rows)),
        *(
            Choice(key, label, counts[key])
            for key, label in _VIEWS.items()
            if counts[key] or key == "to_do"
        ),
    ]


def _is_in(row: CorrectionRow, view: str) -> bool:
    kept = {
        "to_do": row.state in _NEED_SOMEBODY,
        "credits": any(one.amount.amount < 0 for one in row.documents),
        "debits": any(one.amount.amount > 0 for one in row.documents),
        "carried": row.carried is not None,
        "waived": row.waived is not None,
        "stopped": bool(row.stopped),
    }
    return kept.get(view, True)


def _searched(rows: Iterable[CorrectionRow], text: str) -> list[CorrectionRow]:
    wanted = text.casefold()
    return [
        row
        for row in rows
        if wanted in row.customer.name.casefold() or wanted in row.invoice.casefold()
    ]


def _sorted(rows: list[CorrectionRow], sort: str) -> list[CorrectionRow]:
    """Without a column asked for they stay as they are: what needs somebody first."""
    is_down = sort.startswith("-")
    match sort.removeprefix("-"):
        case "customer":
            return sorted(rows, key=lambda row: row.customer.name.casefold(), reverse=is_down)
        case "difference":
            return sorted(rows, key=lambda row: row.difference.amount, reverse=is_down)
    return rows


def _direction(documents: Iterable[CorrectionDocument]) -> Direction:
    amounts = [one.amount for one in documents]
    return Direction(len(amounts), _sums(amounts))


def _sums(amounts: Iterable[Money]) -> list[Money]:
    return sums_by_currency((one.currency, one.amount) for one in amounts)


def _one_threshold(rows: Sequence[CorrectionRow]) -> Money | None:
    """Where all that is carried is below the same."""
    thresholds = {row.threshold for row in rows}
    is_below = not any(row.carried_why for row in rows)
    return thresholds.pop() if len(thresholds) == 1 and is_below else None


def _to_approve(given: MonthsCorrections) -> ToApprove | None:
    """None where nothing waits for an approver's one click."""
    review, braked = [], []
    for account in given.accounts:
        for one in account["documents"]:
            amount = Money(_signed(one), account["currency"])
            is_note = one["kind"] == "credit_note" and not _is_given(one)
            is_ours = is_note or is_supplementary(one)
            if is_ours and one["state"] == State.IN_REVIEW:
                review.append(amount)
            elif is_ours and one["state"] == State.PARKED and _is_braked(one):
                braked.append(amount)
    if not review and not braked:
        return None
    return ToApprove(len(review), len(braked), _sums(review), _sums(braked))


def _is_braked(document: Data) -> bool:
    return {cause["code"] for cause in document["parked_for"]} == {CauseCode.BRAKE}
