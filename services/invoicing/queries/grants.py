"""What a contract's month may draw of grants, and what each of them has left."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from services.invoicing.domain.grants import Balance, expiry_of, is_valid
from services.invoicing.models import Contract, Grant, GrantDraw
from shared.periods import Month


def grants_of_month(contract: Contract, month: Month) -> list[str]:
    """Their ids, in the contract's order: those valid then, and what the month has drawn before."""
    keys = [one["key"] for one in contract.grants]
    known = {
        grant.key: grant
        for grant in Grant.objects.filter(
            customer_id=contract.customer_id, currency=contract.currency, key__in=keys
        )
    }
    drawn = drawn_by(contract.pk, str(month))
    ends = expiries(known.values())
    first_day = max(month.start.date(), contract.starts_on)
    valid = [
        known[key].grant_id
        for key in keys
        if key in known
        and (known[key].grant_id in drawn or is_valid(ends[known[key].grant_id], first_day))
    ]
    return [*(grant_id for grant_id in drawn if grant_id not in valid), *valid]


def drawn_by(contract_id: str, period: str) -> dict[str, int]:
    """By grant, what a month has drawn: above 0 each."""
    draws = GrantDraw.objects.filter(contract=contract_id, period=period, amount_minor__gt=0)
    return dict(draws.order_by("grant_id").values_list("grant_id", "amount_minor"))


def expiries(grants: Iterable[Grant]) -> dict[str, date | None]:
    """By id, with what has moved them."""
    own = {grant.grant_id: grant.expires_on for grant in grants}
    extensions: dict[str, list[date]] = defaultdict(list)
    for draw in GrantDraw.objects.filter(grant__in=[*own]):
        if draw.extends_to is not None:
            extensions[draw.grant_id].append(draw.extends_to)
    return {grant_id: expiry_of(day, extensions[grant_id]) for grant_id, day in own.items()}


def read_balances(grant_ids: Sequence[str], contract_id: str, period: str) -> list[Balance]:
    """In the order of `grant_ids`, as the contract's month has them."""
    if not grant_ids:
        return []
    own: dict[str, int] = defaultdict(int)
    others: dict[str, int] = defaultdict(int)
    for grant_id, contract, month, amount in GrantDraw.objects.filter(
        grant__in=grant_ids
    ).values_list("grant_id", "contract_id", "period", "amount_minor"):
        of = own if (contract, month) == (contract_id, period) else others
        of[grant_id] += amount
    amounts = dict(Grant.objects.filter(pk__in=grant_ids).values_list("grant_id", "amount_minor"))
    return [Balance(one, amounts[one], own[one], others[one]) for one in grant_ids]
