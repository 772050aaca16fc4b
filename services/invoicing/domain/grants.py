"""What a month may draw of the grants that it was first priced with.

docs/reference/true-up.md, "Grants".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto

from services.invoicing.domain.price_steps import Grant
from services.invoicing.domain.settlement import Policy
from shared.periods import Month
from shared.vocabulary.account_states import AccountState


class Reach(StrEnum):
    """How far a month's draw may move: anywhere, back to the grant alone, or not at all."""

    FREE = auto()
    NO_RISE = auto()
    FIXED = auto()


@dataclass(frozen=True)
class Balance:
    """A grant in minor units, what a month has drawn of it, and what other months have."""

    grant: str
    amount_minor: int
    own_minor: int
    others_minor: int

    @property
    def left_minor(self) -> int:
        return self.amount_minor - self.own_minor - self.others_minor


def reach_of(state: AccountState, policy: Policy, day: date) -> Reach:
    """What is not charged is not drawn either: the grant would pay for what nobody owes."""
    if day > policy.credit_until:
        return Reach.FIXED
    is_never_up = not policy.may_charge or state in {AccountState.FINAL, AccountState.LET_GO}
    return Reach.NO_RISE if is_never_up or day > policy.charge_until else Reach.FREE


def available(balances: Iterable[Balance], reach: Reach = Reach.FREE) -> list[Grant]:
    """Its own present draw, and what the grant still has."""
    return [
        Grant(one.grant, one.own_minor + (one.left_minor if reach == Reach.FREE else 0))
        for one in balances
    ]


def expiry_of(expires_on: date | None, extensions: Iterable[date]) -> date | None:
    """None: it never expires. What came back of it after it had may have moved it."""
    return None if expires_on is None else max([expires_on, *extensions])


def is_valid(expiry: date | None, first_day: date) -> bool:
    """In a month whose first day under the contract is `first_day`."""
    return expiry is None or first_day <= expiry


def extended_to(expiry: date | None, day: date) -> date | None:
    """Until when what comes back on `day` can be drawn; None: as long as before."""
    if expiry is None or day <= expiry:
        return None
    return Month(day.year, day.month).following.end.date() - timedelta(days=1)
