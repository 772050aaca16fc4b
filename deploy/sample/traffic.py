"""True traffic of every tenant and hour, and the signals that were recorded of it.

The bill is made of the true traffic; in an outage the recorder was silent, so that the pool's
next driver has to be used. Quantities are integers: millionths of what the bill
charges by, so kilobytes of a gigabyte.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from deploy.sample.tenants import TENANTS, Tenant
from shared.periods import Month

GATEWAYS: Final = ("nat-a", "nat-b")
# Per cent of the typical hour, from midnight UTC on.
_BY_HOUR: Final = (38, 33, 30, 29, 31, 36, 48, 66, 92, 118, 136, 148)
_BY_HOUR_LATER: Final = (152, 155, 160, 162, 158, 149, 137, 121, 104, 86, 65, 50)
_WEEKEND_PER_CENT: Final = 55
# Hours of the month in which a recorder was down; the log service's never was.
_OUTAGES: Final = {
    "nat_bytes": frozenset([*range(316, 322), 81, 407, 530]),
    "alb_lcu": frozenset([*range(200, 203), 611]),
    "log_bytes": frozenset[int](),
}
# Globex re-reads a partner's catalogue through NAT since the 9th: its loss has a first day.
_SURGE: Final = ("globex", 9, 190)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Quantity by (meter, where it was measured), hour of the month and tenant."""

    hours: int
    measured: Mapping[tuple[str, str], list[dict[str, int]]]

    def at(self, meter: str, hour: int) -> dict[str, int]:
        total: dict[str, int] = {}
        for (name, _), by_hour in self.measured.items():
            if name == meter:
                for tenant, quantity in by_hour[hour].items():
                    total[tenant] = total.get(tenant, 0) + quantity
        return total

    @staticmethod
    def is_silent(meter: str, hour: int) -> bool:
        return hour in _OUTAGES[meter]


def is_active(tenant: Tenant, hour: int) -> bool:
    return hour >= (tenant.active_from_day - 1) * 24


def _percent(moment: datetime, tenant: Tenant, *, surges: bool) -> int:
    percent = (_BY_HOUR + _BY_HOUR_LATER)[moment.hour]
    if moment.weekday() >= 5:  # noqa: PLR2004 - Saturday
        percent = percent * _WEEKEND_PER_CENT // 100
    key, day, surge = _SURGE
    if surges and tenant.key == key and moment.day >= day:
        percent = percent * surge // 100
    return percent


def imagine(period: Month, dice: random.Random) -> Traffic:
    hours = period.period.hours
    kinds = [("nat_bytes", gateway, "nat", 500_000) for gateway in GATEWAYS]
    kinds += [("alb_lcu", "alb", "requests", 1_000), ("log_bytes", "logs", "logs", 1_000)]
    measured: dict[tuple[str, str], list[dict[str, int]]] = {}
    for meter, source, attribute, scale in kinds:
        by_hour: list[dict[str, int]] = []
        for hour in range(hours):
            moment = period.start + timedelta(hours=hour)
            by_hour.append(
                {
                    tenant.key: max(
                        1,
                        getattr(tenant, attribute)
                        * scale
                        * _percent(moment, tenant, surges=meter == "nat_bytes")
                        * dice.randrange(700, 1300)
                        // 100_000,
                    )
                    for tenant in TENANTS
                    if is_active(tenant, hour)
                }
            )
        measured[meter, source] = by_hour
    return Traffic(hours=hours, measured=measured)


_UNITS: Final = {"nat_bytes": "By", "alb_lcu": "LCU", "log_bytes": "By"}


def _quantity(meter: str, amount: int) -> Decimal:
    return Decimal(amount * 1000) if _UNITS[meter] == "By" else Decimal(amount).scaleb(-6)


def record(traffic: Traffic, period: Month) -> list[dict[str, object]]:
    """The rows that the recorders delivered; aliases in use, and a few rows delivered twice."""
    names = {tenant.key: (tenant.key, *tenant.aliases[:1]) for tenant in TENANTS}
    rows: list[dict[str, object]] = []
    for (meter, source), by_hour in traffic.measured.items():
        for hour, quantities in enumerate(by_hour):
            if traffic.is_silent(meter, hour):
                continue
            start = (period.start + timedelta(hours=hour)).astimezone(UTC)
            for turn, (tenant, amount) in enumerate(quantities.items()):
                spellings = names[tenant]
                rows.append(
                    {
                        "meter": meter,
                        "start": start,
                        "consumer": spellings[hour % len(spellings)],
                        "quantity": _quantity(meter, amount),
                        "unit": _UNITS[meter],
                        "source": source,
                        "id": f"{source}-{hour:03d}-{turn:02d}",
                    }
                )
    return rows + rows[:: len(rows) // 40]
