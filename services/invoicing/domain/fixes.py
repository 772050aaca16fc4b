"""What can be done about an issued invoice: for its state, what is wrong, and the legal routes.

An issued invoice never changes: it is credited, or, while nobody has paid any of it, voided and
billed anew. docs/reference/true-up.md, "What a person gives".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.invoicing.domain.settlement import Account
from shared.money import split_by_largest_remainder
from shared.vocabulary.account_states import AccountChoice
from shared.vocabulary.corrections import GivenFor
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.invoice_states import State
from shared.vocabulary.true_up import DownPaid

# Stripe takes credit notes on these.
CREDITABLE: Final = frozenset({State.ISSUED, State.OVERDUE, State.PAID})
_TO_PAY: Final = frozenset({State.ISSUED, State.OVERDUE})
_OF_ACCOUNT: Final[Mapping[AccountChoice, FixRoute]] = {
    AccountChoice.REISSUE: FixRoute.REISSUE,
    AccountChoice.LET_GO: FixRoute.LET_GO,
    AccountChoice.RESUME: FixRoute.RESUME,
}
GIVEN_FOR: Final[Mapping[FixRoute, GivenFor]] = {
    FixRoute.GOODWILL: GivenFor.GOODWILL,
    FixRoute.DISCOUNT: GivenFor.DISCOUNT,
    FixRoute.WRITE_OFF: GivenFor.WRITE_OFF,
}


@dataclass(frozen=True)
class Situation:
    """Of an invoice, in minor units: `remaining_minor` is left to pay, `paid_minor` was paid.

    `room` is what each line can still be credited, by position, and `rest_minor` what all of them
    can, both without tax; `tax_minor` is what notes have left of its tax. `choices` are those of
    the account of its month.
    """

    state: State
    remaining_minor: int
    paid_minor: int
    room: Mapping[int, int]
    rest_minor: int
    down_paid: DownPaid
    has_notes: bool = False
    choices: frozenset[AccountChoice] = frozenset()
    tax_minor: int = 0

    @property
    def room_minor(self) -> int:
        return min(sum(self.room.values()), self.rest_minor)


@dataclass(frozen=True)
class Effect:
    """Where a credit goes: off what remains, or back by the contract's policy."""

    remaining_minor: int
    balance_minor: int = 0
    refund_minor: int = 0
    out_of_band_minor: int = 0

    def by_place(self) -> dict[str, int]:
        """As a credit note keeps where Stripe has put it."""
        return {
            "remaining": self.remaining_minor,
            "balance": self.balance_minor,
            "refund": self.refund_minor,
            "out_of_band": self.out_of_band_minor,
        }


def routes(one: Situation) -> Iterator[tuple[Wrong, FixRoute]]:
    """In the order of what is asked most; nothing where nobody has issued it yet."""
    if one.state in CREDITABLE and one.room_minor:
        yield Wrong.CHARGED_TOO_MUCH, FixRoute.GOODWILL
        yield Wrong.PROMISED_LESS, FixRoute.DISCOUNT
    whole = one.room_minor + one.tax_minor
    if one.state in _TO_PAY and one.remaining_minor and whole >= one.remaining_minor:
        yield Wrong.NEVER_PAID, FixRoute.WRITE_OFF
    if is_voidable(one):
        yield Wrong.NOT_TO_BE_SENT, FixRoute.VOID
    for choice in sorted(one.choices):
        yield Wrong.STOPPED, _OF_ACCOUNT[choice]


def is_voidable(one: Situation) -> bool:
    """Nobody has paid any of it or been given any back: a void takes nothing from anybody."""
    is_open = one.state in _TO_PAY and bool(one.remaining_minor)
    return is_open and not one.paid_minor and not one.has_notes


def whole_credit(one: Situation, amount_minor: int, step_minor: int) -> dict[int, int]:
    """Over all lines by what room they have, largest remainder; amounts are whole steps."""
    width = len(str(max(one.room, default=0)))
    names = {f"{position:0{width}}": position for position, room in one.room.items() if room > 0}
    parts = split_by_largest_remainder(
        amount_minor // step_minor, {name: one.room[position] for name, position in names.items()}
    )
    return {names[name]: part * step_minor for name, part in parts.items() if part}


def fits(lines: Mapping[int, int], one: Situation) -> bool:
    return sum(lines.values()) <= one.rest_minor and all(
        0 < amount <= one.room.get(position, 0) for position, amount in lines.items()
    )


def where_it_goes(amount_minor: int, one: Situation) -> Effect:
    """As Stripe settles it, if nothing is paid meanwhile and all of it can be refunded."""
    remaining = min(amount_minor, one.remaining_minor)
    paid = amount_minor - remaining
    if one.down_paid == DownPaid.REFUND:
        return Effect(remaining, refund_minor=paid)
    if one.down_paid == DownPaid.OUT_OF_BAND:
        return Effect(remaining, out_of_band_minor=paid)
    return Effect(remaining, balance_minor=paid)


def credited(account: Account, document_id: str, lines: Mapping[int, int]) -> Account:
    """The account once a person has given this on one of its documents."""
    documents = [
        replace(
            document,
            rest_minor=document.rest_minor - sum(lines.values()),
            lines=[
                replace(line, other_minor=line.other_minor + lines.get(line.position, 0))
                for line in document.lines
            ],
        )
        if document.document_id == document_id
        else document
        for document in account.documents
    ]
    return replace(account, documents=documents)


def positions(lines: Sequence[tuple[int, int]]) -> dict[int, int]:
    """A line that is named twice is given both."""
    given: dict[int, int] = {}
    for position, amount in lines:
        given[position] = given.get(position, 0) + amount
    return given
