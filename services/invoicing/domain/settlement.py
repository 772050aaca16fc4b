"""What an account's month is to be corrected by: one debit, or one credit note per document.

An account is one contract and one month. Its target is what the newest closed cost is priced at;
what was billed is on documents that never change. The difference is charged or credited by new
ones, so that at each moment `target = billed + carried + waived`. Nothing else is remembered, so
that nothing can drift. Amounts are in minor units and multiples of Stripe's step. The rules and
their reasons: docs/reference/true-up.md, "The settlement".
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final

from services.invoicing.domain.price_steps import LineKey
from shared.money import split_by_largest_remainder
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import WaivedWhy

# What is not billed by then never will be.
_ENDS: Final = {AccountState.FINAL: WaivedWhy.FINAL, AccountState.LET_GO: WaivedWhy.LET_GO}


@dataclass(frozen=True)
class BilledLine:
    """A cost-derived line of a document of the account.

    `corrected_minor` is what true-up has credited of it, `other_minor` what a person has.
    """

    position: int
    key: LineKey
    amount_minor: int
    corrected_minor: int = 0
    other_minor: int = 0

    @property
    def billed_minor(self) -> int:
        """What a person credits lowers what can be credited yet, and never what was billed."""
        return self.amount_minor - self.corrected_minor

    @property
    def room_minor(self) -> int:
        return self.amount_minor - self.corrected_minor - self.other_minor


@dataclass(frozen=True)
class Document:
    """An invoice with lines of the account, from issuing on; `rest_minor`: net less all its notes.

    It may have lines of other accounts, and fees, which true-up never touches.
    """

    document_id: str
    lines: Sequence[BilledLine]
    rest_minor: int

    @property
    def room_minor(self) -> int:
        return min(sum(line.room_minor for line in self.lines), self.rest_minor)


@dataclass(frozen=True)
class Policy:
    """`charge_until` and `credit_until` are the last days, those of the seller.

    `charge_max_percent` of base is what may be charged above it, None: any amount.
    """

    step_minor: int
    threshold_minor: int
    charge_until: date
    credit_until: date
    may_charge: bool = True
    charge_max_percent: Decimal | None = None


@dataclass(frozen=True)
class Account:
    """`documents` from the oldest to the newest; `target` by line, with what is below zero apart.

    `base_minor` is the cost-derived sum of the first invoice. `pending_minor` is a debit that is
    not issued, and whose day is not after `charge_until`.
    """

    target: Mapping[LineKey, int]
    below_zero_minor: int
    base_minor: int
    documents: Sequence[Document]
    state: AccountState = AccountState.OPEN
    pending_minor: int = 0

    @property
    def target_minor(self) -> int:
        return sum(self.target.values()) + self.below_zero_minor

    @property
    def billed_minor(self) -> int:
        return sum(line.billed_minor for one in self.documents for line in one.lines)

    @property
    def room_minor(self) -> int:
        return sum(one.room_minor for one in self.documents)

    def billed_by_key(self) -> Counter[LineKey]:
        billed: Counter[LineKey] = Counter()
        for document in self.documents:
            for line in document.lines:
                billed[line.key] += line.billed_minor
        return billed


@dataclass(frozen=True)
class Settlement:
    """`credits` are by document and position of its line, `debit` is by key; never both.

    `carried_minor` waits once these are issued; `waived_minor` is never documented, for
    `waived_why`, which bound it.
    """

    carried_minor: int
    waived_minor: int
    waived_why: WaivedWhy | None = None
    credits: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    debit: Mapping[LineKey, int] = field(default_factory=dict)


def settle(account: Account, policy: Policy, day: date) -> Settlement:
    """`day` is that of the newest close, and never the clock's."""
    agreed, why = _agreed(account, policy, day)
    waived, difference = account.target_minor - agreed, agreed - account.billed_minor
    is_final = account.state == AccountState.FINAL
    is_small = abs(difference) < policy.threshold_minor and not is_final
    if difference == 0 or is_small or account.state == AccountState.STOPPED:
        return Settlement(carried_minor=difference, waived_minor=waived, waived_why=why)
    if difference < 0:
        by_document = _credits(account, -difference, policy.step_minor)
        return Settlement(0, waived, why, credits=by_document)
    return Settlement(0, waived, why, debit=_debit(account, difference, policy.step_minor))


def _agreed(account: Account, policy: Policy, day: date) -> tuple[int, WaivedWhy | None]:
    """What is to be billed in the end, and which rule has bound it last."""
    agreed, why = account.target_minor, None
    for bound, bounded in _bounds(account, policy, day):
        if (after := bounded(agreed)) != agreed:
            agreed, why = after, bound
    return agreed, why if agreed != account.target_minor else None


def _bounds(
    account: Account, policy: Policy, day: date
) -> Iterator[tuple[WaivedWhy, Callable[[int], int]]]:
    """The rules in the order in which they bound what is billed."""
    billed, base = account.billed_minor, account.base_minor
    if policy.charge_max_percent is not None:
        most = max(billed, base + _share(base, policy))
        yield WaivedWhy.CHARGE_MAX_PERCENT, partial(min, most)
    if day > policy.charge_until:
        # Own credits are taken back, never above the first invoice.
        yield WaivedWhy.CHARGE_UNTIL, partial(min, max(billed + account.pending_minor, base))
    if account.state in _ENDS:
        yield _ENDS[account.state], partial(min, billed)
    if not policy.may_charge:
        yield WaivedWhy.NEVER_UP, partial(min, billed)
    if day > policy.credit_until:
        yield WaivedWhy.CREDIT_UNTIL, partial(max, billed)
    no_room = WaivedWhy.BELOW_ZERO if account.target_minor < 0 else WaivedWhy.COMMERCIAL_CREDIT
    yield no_room, partial(max, billed - account.room_minor)


def _share(base_minor: int, policy: Policy) -> int:
    """In whole steps, rounded down: no more than the percentage is charged."""
    above, below = (policy.charge_max_percent or Decimal(0)).as_integer_ratio()
    return policy.step_minor * (base_minor * above // (100 * below * policy.step_minor))


def _credits(account: Account, amount: int, step: int) -> dict[str, dict[int, int]]:
    """On lines of keys that have fallen, the newest document first; what remains on any line."""
    fallen = Counter(
        {
            key: billed - account.target.get(key, 0)
            for key, billed in account.billed_by_key().items()
            if billed > account.target.get(key, 0)
        }
    )
    by_document: dict[str, Counter[int]] = {}
    for document in reversed(account.documents):
        given = _on_fallen(document, amount, fallen, step)
        by_document[document.document_id] = given
        amount -= given.total()
    for document in reversed(account.documents):
        given = by_document[document.document_id]
        for position, more in _on_any(document, amount, given):
            given[position] += more
            amount -= more
    return {name: dict(sorted(given.items())) for name, given in by_document.items() if given}


def _on_fallen(
    document: Document, amount: int, fallen: Counter[LineKey], step: int
) -> Counter[int]:
    """`fallen` is lowered by what is given."""
    limits: dict[int, int] = {}
    weights: dict[int, int] = {}
    left = Counter(fallen)
    for line in document.lines:
        limit = min(line.room_minor, left[line.key])
        if limit > 0:
            limits[line.position], weights[line.position] = limit, fallen[line.key]
            left[line.key] -= limit
    wanted = min(amount, document.room_minor, sum(limits.values()))
    given = _spread_within(wanted, weights, limits, step)
    for line in document.lines:
        fallen[line.key] -= given.get(line.position, 0)
    return Counter(given)


def _on_any(document: Document, amount: int, given: Counter[int]) -> Iterator[tuple[int, int]]:
    left = min(amount, document.room_minor - given.total())
    for line in sorted(document.lines, key=lambda line: line.position):
        more = min(left, line.room_minor - given[line.position])
        if more > 0:
            yield line.position, more
            left -= more


def _debit(account: Account, amount: int, step: int) -> dict[LineKey, int]:
    """On the keys whose target is above what is billed on them, by how much it is."""
    billed = account.billed_by_key()
    risen = {
        key: target - billed[key] for key, target in account.target.items() if target > billed[key]
    }
    keys = sorted(risen)
    weights = {number: risen[key] for number, key in enumerate(keys)}
    parts = _spread(amount, weights, step)
    return {keys[number]: part for number, part in parts.items() if part}


def _spread_within(
    amount: int, weights: Mapping[int, int], limits: Mapping[int, int], step: int
) -> dict[int, int]:
    """By largest remainder, each cut at its limit; what was cut off goes to those below theirs."""
    given: Counter[int] = Counter()
    while amount:
        below = {name: weight for name, weight in weights.items() if given[name] < limits[name]}
        for name, part in _spread(amount, below, step).items():
            taken = min(part, limits[name] - given[name])
            given[name] += taken
            amount -= taken
    return {name: part for name, part in given.items() if part}


def _spread(amount: int, weights: Mapping[int, int], step: int) -> dict[int, int]:
    """Whole steps by largest remainder, ties by number."""
    width = len(str(max(weights)))
    names = {f"{number:0{width}}": number for number in weights}
    parts = split_by_largest_remainder(
        amount // step, {name: weights[number] for name, number in names.items()}
    )
    return {names[name]: part * step for name, part in parts.items()}
