"""What makes corrections wait for a person (docs/reference/true-up.md, "Who approves")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.contracts.invoicing import Cause
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.revision_causes import RevisionCause

# A correction of more than a quarter of the first invoice is looked at, whatever the limits say.
_SHARE_OF_BASE_MAX: Final = Decimal("0.25")
# What goes out by itself is a tenth of the first invoice at most.
_SHARE_BY_ITSELF_MAX: Final = Decimal("0.10")
# What is the operator's own doing, and not the provider's or the usage's.
_OWN_DOING: Final = frozenset({RevisionCause.RULES, RevisionCause.SOFTWARE})
_HALF: Final = Decimal("0.5")


@dataclass(frozen=True)
class Corrected:
    """An account with what it is corrected by; `amount` > 0 is charged, < 0 is credited.

    Amounts are in one currency for all, and exact. `gone` is what was charged for tenants that have
    no cost any more, of whom there was one.
    """

    amount: Decimal
    base: Decimal
    gone: Decimal = Decimal(0)


@dataclass(frozen=True)
class Bill:
    """The cost of all tenants together by the newest close, by the one before, and the highest."""

    total: Decimal
    before: Decimal
    highest: Decimal


@dataclass(frozen=True)
class Brake:
    """`billing.brake`: shares in percent."""

    share_of_invoiced: Decimal = Decimal(10)
    one_direction: Decimal = Decimal(2)
    times_the_bill: Decimal = Decimal(3)
    bill_falls: Decimal = Decimal(10)


def parks(
    one: Corrected,
    *,
    bill: Bill,
    original: State | None,
    causes: Iterable[str],
    is_disputed: bool = False,
    unassigned: str = "",
) -> list[Cause]:
    """Why the correction of one account waits, for itself; nothing where it need not.

    `unassigned` is the number of a credit note on what it corrects that names no lines.
    """
    reasons = []
    if abs(one.amount) > one.base * _SHARE_OF_BASE_MAX:
        reasons.append(Cause(CauseCode.LARGE_CORRECTION, {"percent": _percent(one)}))
    if original == State.UNCOLLECTIBLE:
        reasons.append(Cause(CauseCode.ORIGINAL_UNCOLLECTIBLE))
    if is_disputed:
        reasons.append(Cause(CauseCode.ORIGINAL_DISPUTED))
    if unassigned:
        reasons.append(Cause(CauseCode.UNASSIGNED_CREDIT, {"number": unassigned}))
    if one.gone and bill.before - bill.total < one.gone * _HALF:
        reasons.append(Cause(CauseCode.TENANT_GONE))
    own_doing = sorted(_OWN_DOING.intersection(causes))
    if own_doing:
        reasons.append(Cause(CauseCode.OWN_DOING, {"causes": ", ".join(own_doing)}))
    return reasons


def goes_by_itself(amount_minor: int, so_far_minor: int, below_minor: int, base_minor: int) -> bool:
    """Small enough for nobody to look; `so_far_minor` went so since a person last approved."""
    together = abs(amount_minor) + so_far_minor
    return together <= below_minor and together <= base_minor * _SHARE_BY_ITSELF_MAX


def brakes(corrected: Sequence[Corrected], invoiced: Decimal, bill: Bill, brake: Brake) -> bool:
    """Whether all corrections of a close wait: a bill that came by half must not credit everybody.

    `invoiced` is the sum of the bases of the month.
    """
    amounts = [one.amount for one in corrected]
    if sum(map(abs, amounts)) * 100 > invoiced * brake.share_of_invoiced:
        return True
    if (bill.highest - bill.total) * 100 > bill.highest * brake.bill_falls:
        return bool(amounts)
    moved = bill.total - bill.before
    for sign in (1, -1):
        direction = sum((abs(amount) for amount in amounts if amount * sign > 0), Decimal(0))
        by_the_bill = max(moved * sign, Decimal(0))
        is_much = direction * 100 > invoiced * brake.one_direction
        if is_much and direction > by_the_bill * brake.times_the_bill:
            return True
    return False


def _percent(one: Corrected) -> str:
    """Of the first invoice, to one decimal, for reading; empty where that was nothing."""
    return f"{abs(one.amount) / one.base * 100:.1f}" if one.base else ""
