"""What the operator's pages draw: days, months, movers, the waterfall."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from deploy.page_previews.numbers import PERIOD, TenantMonth, numbers, usd
from services.portal.domain.cost_changes import first_day_of
from services.portal.domain.stacks import stacked
from services.portal.pages.overview import Mover, Step, TenantMover, Waterfall
from services.portal.pages.tenant import CostChange, Stack, StackRow
from shared.money import QUANTUM
from shared.periods import Month

_DAYS: Final = 31
_JUMP: Final = 9
# Charge group -> part of the tenant's cost, and its factor from the day of the jump on.
_GROUPS: Final = {
    "Shared NAT": ("0.36", 4),
    "Compute": ("0.25", 1),
    "Databases": ("0.11", 1),
    "Shared logs": ("0.09", 1),
    "Storage": ("0.06", 1),
    "Data transfer": ("0.05", 2),
    "Shared support": ("0.04", 1),
    "Shared load balancer": ("0.02", 1),
    "Snapshots": ("0.01", 1),
    "Secrets": ("0.01", 1),
}


def _whole_quanta(amount: Decimal) -> Decimal:
    return amount.quantize(QUANTUM, rounding=ROUND_HALF_UP)


def _daily(tenant: TenantMonth) -> dict[str, list[Decimal]]:
    daily = {}
    for turn, (group, (part, factor)) in enumerate(_GROUPS.items()):
        weights = [
            (100 + (day * 7 + turn * 13) % 11) * (factor if day >= _JUMP else 1)
            for day in range(1, _DAYS + 1)
        ]
        amount = tenant.cost * Decimal(part)
        days = [_whole_quanta(amount * weight / sum(weights)) for weight in weights]
        days[-1] += _whole_quanta(amount) - sum(days)
        daily[group] = days
    return daily


def _stack(amounts: Mapping[str, Sequence[Decimal]], at: Sequence[date | Month]) -> Stack:
    series = stacked(amounts, order=list(_GROUPS))
    rows = [
        StackRow(
            at=moment,
            parts=[usd(one.amounts[turn]) for one in series],
            total=usd(sum((one.amounts[turn] for one in series), Decimal(0))),
        )
        for turn, moment in enumerate(at)
    ]
    total = sum((one.total for one in series), Decimal(0))
    return Stack(
        heads=[f"Other ({len(one.others)})" if one.others else one.name for one in series],
        rows=rows,
        totals=[usd(one.total) for one in series],
        total=usd(total),
        largest_ratio=series[0].total / total,
        peak=max(rows, key=lambda row: row.total.amount),
    )


def by_day(tenant: TenantMonth) -> Stack:
    days = [date(PERIOD.year, PERIOD.month, day) for day in range(1, _DAYS + 1)]
    return _stack(_daily(tenant), days)


def by_month(tenant: TenantMonth) -> Stack:
    months = [PERIOD.previous.previous.previous, PERIOD.previous.previous, PERIOD.previous, PERIOD]
    shares = (Decimal("0.72"), Decimal("0.69"), Decimal("0.71"), Decimal(1))
    amounts = {
        group: [
            _whole_quanta(tenant.cost * Decimal(part) * (share if factor > 1 or share == 1 else 1))
            for share in shares
        ]
        for group, (part, factor) in _GROUPS.items()
    }
    return _stack(amounts, months)


def change(tenant: TenantMonth) -> CostChange:
    nat = tenant.cost * Decimal("0.25")
    transfer, rest = tenant.cost * Decimal("0.03"), Decimal("-3.20")
    days = _daily(tenant)["Shared NAT"]
    first = first_day_of(days, days[0])
    since = date(PERIOD.year, PERIOD.month, first) if first else None
    return CostChange(
        by=usd(nat + transfer + rest),
        movers=[_mover("Shared NAT", nat, since), _mover("Data transfer", transfer, since)],
        rest_count=6,
        rest=usd(rest),
    )


def _mover(label: str, by: Decimal, since: date | None, now: Decimal | None = None) -> Mover:
    return Mover(
        label=label,
        is_shared=label.startswith("Shared"),
        now=usd(now if now is not None else by * Decimal("1.4")),
        by=usd(by),
        since=since,
    )


def movers() -> list[TenantMover]:
    moved = (
        ("globex", "Globex Logistics", "Shared NAT", "1913.20", "2830.41", 9),
        ("acme", "Acme Robotics", "Compute", "612.40", "6120.77", 14),
        ("cardinal", "Cardinal Health Data", "Databases", "-318.05", "1204.90", None),
        ("globex", "Globex Logistics", "Data transfer", "204.66", "411.02", 9),
        ("initech", "Initech", "Shared logs", "-88.31", "402.18", 21),
    )
    return [
        TenantMover(
            key,
            name,
            _mover(
                label,
                Decimal(by),
                date(PERIOD.year, PERIOD.month, day) if day else None,
                Decimal(now),
            ),
        )
        for key, name, label, by, now, day in moved
    ]


def waterfall(revenue: Decimal | None = None) -> Waterfall:
    month = numbers()
    earned = revenue
    if earned is None:
        earned = sum((one.revenue or Decimal(0) for one in month.tenants), Decimal(0))
    costs = [
        ("Direct cost", sum((one.direct for one in month.tenants), Decimal(0))),
        ("Shared cost", sum((one.shared for one in month.tenants), Decimal(0))),
        ("Overhead", _others("overhead")),
        ("Unallocated", _others("un", "idle")),
    ]
    left = earned - sum((cost for _, cost in costs), Decimal(0))
    return Waterfall(
        steps=[
            Step("Revenue", "total", usd(earned)),
            *(Step(label, "less", usd(-cost)) for label, cost in costs),
            Step("Operating margin", "total", usd(left)),
        ],
        margin=usd(left),
        margin_ratio=left / earned,
        revenue_unknown_count=1,
        excluded=usd(_others("excluded")),
    )


def _others(*prefixes: str) -> Decimal:
    others = numbers().others.items()
    return sum((amount for key, amount in others if key.startswith(prefixes)), Decimal(0))
