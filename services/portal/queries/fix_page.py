"""What can be done about an invoice, as invoicing has it, with the amounts that a person types."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from services.portal.domain.correction_actions import given_actions
from services.portal.domain.correction_words import held_for, place_words
from services.portal.domain.fix_words import (
    given_words,
    nothing_to_fix,
    route_words,
    wrong_words,
)
from services.portal.domain.invoice_words import refusal_words
from services.portal.pages.corrections import DocumentLine, Place
from services.portal.pages.fix import (
    ChosenFix,
    CreditOfInvoice,
    FixChoice,
    FixedInvoice,
    FixEffect,
    FixLine,
    FixPage,
)
from services.portal.pages.page import CustomerName
from shared.auth.actors import Actor, is_same_person
from shared.money import Money, currency_exponent, smallest_charge_step
from shared.periods import Month
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import State

Data = Mapping[str, Any]

FIELD: Final = "line-"
# More than any line has, and less than what a decimal can't be computed with.
_CHARACTERS_MAX: Final = 18
_NOT_PAID_YET: Final = frozenset({State.APPROVED, State.ISSUING})


@dataclass(frozen=True)
class TypedAmounts:
    """`good` are amounts by line, `bad` what is wrong with the others; `text` is all as typed."""

    good: Mapping[int, Decimal] = field(default_factory=dict)
    bad: Mapping[int, str] = field(default_factory=dict)
    text: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        return bool(self.good) and not self.bad


def typed_amounts(fields: Mapping[str, str], currency: str) -> TypedAmounts:
    """Of a form; what is left empty is nothing, and each other text an amount or a reason why not.

    Whether a line has so much left, `fix_page` says.
    """
    good, bad, text = {}, {}, {}
    for name, value in fields.items():
        number, typed = name.removeprefix(FIELD), value.strip()
        if number == name or not (number.isascii() and number.isdigit()) or not typed:
            continue
        position = int(number[:4])
        text[position] = typed
        amount = _amount(typed, currency)
        if isinstance(amount, str):
            bad[position] = amount
        else:
            good[position] = amount
    return TypedAmounts(good, bad, text)


def _amount(typed: str, currency: str) -> Decimal | str:
    step = Money.from_minor(smallest_charge_step(currency), currency).amount
    example = f"{Decimal('1234.5'):.{currency_exponent(currency)}f}"
    if len(typed) > _CHARACTERS_MAX or not typed.replace(".", "", 1).isdecimal():
        return f"Write an amount such as {example}, without signs and commas."
    try:
        amount = Decimal(typed)
    except InvalidOperation:
        return f"Write an amount such as {example}."
    if not amount:
        return "Nothing would be given: leave it empty."
    if amount % step:
        return f"Stripe takes {currency} in steps of {step}."
    return amount


def without_room(typed: TypedAmounts, given: Data) -> TypedAmounts:
    """The same, where what a line has not left is among what is wrong."""
    room = {line["position"]: Decimal(line["room"]) for line in given["lines"]}
    bad = dict(typed.bad)
    for position, amount in typed.good.items():
        if amount > room.get(position, 0):
            bad[position] = f"It has {room.get(position, 0)} left."
    good = {position: one for position, one in typed.good.items() if position not in bad}
    return TypedAmounts(good, bad, typed.text)


def fix_page(
    given: Data,
    actor: Actor,
    *,
    customer: CustomerName,
    period: Month,
    route: str,
    typed: TypedAmounts,
) -> FixPage:
    """`given` is what invoicing says, for the amounts typed where all of them can be given."""
    currency = given["currency"]
    chosen = next((one for one in given["fixes"] if one["route"] == route), None)
    documents = [_document(note, currency, actor) for note in given["notes"]]
    return FixPage(
        id=given["invoice_id"],
        invoice=_invoice(given, customer, period),
        choices=_choices(given["fixes"], actor, route),
        chosen=_chosen(chosen, given, actor, typed) if chosen is not None else None,
        documents=documents,
        nothing="" if given["fixes"] else nothing_to_fix(given["state"]),
        is_moving=any(one.state in _NOT_PAID_YET for one in documents),
    )


def _invoice(given: Data, customer: CustomerName, period: Month) -> FixedInvoice:
    currency = given["currency"]
    return FixedInvoice(
        id=given["invoice_id"],
        number=given["number"],
        customer=customer,
        period=period,
        state=given["state"],
        currency=currency,
        version=given["version"],
        total=Money(Decimal(given["total"]), currency),
        paid=Money(Decimal(given["amount_paid"]), currency),
        remaining=Money(Decimal(given["remaining"]), currency),
    )


def _choices(fixes: Sequence[Data], actor: Actor, route: str) -> list[FixChoice]:
    """Named by what is wrong; by the route where there are several for the same."""
    counts = Counter(one["wrong"] for one in fixes)
    return [
        FixChoice(
            route=one["route"],
            names=names if counts[one["wrong"]] == 1 else names[::-1],
            effect=words.effect,
            is_chosen=one["route"] == route,
            refused=_refused(one, actor),
        )
        for one in fixes
        for words in [route_words(one["route"])]
        for names in [(wrong_words(one["wrong"]), words.title)]
    ]


def _refused(one: Data, actor: Actor) -> str:
    if actor.role not in one["roles"]:
        return refusal_words({"code": RefusalCode.ROLE, "needed": one["roles"]})
    if any(is_same_person(name, actor.name) for name in one.get("not_by", [])):
        return refusal_words({"code": RefusalCode.SECOND_PERSON})
    return ""


def _chosen(one: Data, given: Data, actor: Actor, typed: TypedAmounts) -> ChosenFix | None:
    if _refused(one, actor):
        return None
    words, currency = route_words(one["route"]), given["currency"]
    effect = one["effect"] if not one["needs_lines"] or typed.is_given else None
    return ChosenFix(
        route=one["route"],
        title=words.title,
        words=words.effect,
        label=words.label,
        needs_second_person=one["needs_second_person"],
        lines=[_line(line, currency, typed) for line in _fixable(given)]
        if one["needs_lines"]
        else [],
        amounts=[(f"{FIELD}{position}", text) for position, text in typed.text.items()],
        effect=_effect(effect, currency) if effect is not None else None,
    )


def _fixable(given: Data) -> Iterable[Data]:
    return (line for line in given["lines"] if Decimal(line["room"]) > 0)


def _line(line: Data, currency: str, typed: TypedAmounts) -> FixLine:
    position, room = line["position"], Decimal(line["room"])
    amount = typed.good.get(position)
    return FixLine(
        position=position,
        description=line["description"],
        amount=Money(Decimal(line["amount"]), currency),
        room=Money(room, currency),
        given=typed.text.get(position, ""),
        problem=typed.bad.get(position, ""),
        after=Money(room - amount, currency) if amount is not None else None,
    )


def _effect(effect: Data, currency: str) -> FixEffect:
    carried, waived = Decimal(effect["carried"]), Decimal(effect["waived"])
    places = _places(effect, currency, is_issued=False)
    credited, whole = Decimal(effect["credited"]), sum(place.amount.amount for place in places)
    return FixEffect(
        credited=Money(-credited, currency),
        with_tax=Money(-Decimal(whole), currency) if whole != credited else None,
        places=places,
        left_to_pay=Money(Decimal(effect["left_to_pay"]), currency),
        carried=Money(carried, currency) if carried else None,
        waived=Money(waived, currency) if waived else None,
    )


def _document(note: Data, currency: str, actor: Actor) -> CreditOfInvoice:
    is_issued = bool(note["number"])
    actions = given_actions(note, actor)
    return CreditOfInvoice(
        id=note["document"],
        title=given_words(note),
        number=note["number"],
        state=note["state"],
        version=note["version"],
        amount=Money(-Decimal(note["net"]), currency),
        given_by=note["given_by"],
        given_at=datetime.fromisoformat(note["given_at"]),
        reason=note["reason"],
        held_for=held_for(note),
        lines=[
            DocumentLine(line["description"], Money(Decimal(line["amount"]), currency))
            for line in note["lines"]
        ],
        places=_places(note, currency, is_issued=is_issued),
        is_issued=is_issued,
        actions=[action for action in actions if action.allowed],
        refused_actions=[action for action in actions if not action.allowed],
    )


def _places(where: Data, currency: str, *, is_issued: bool) -> list[Place]:
    return [Place(*place) for place in place_words(where, currency, is_issued=is_issued)]
