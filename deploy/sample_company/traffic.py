"""True traffic of every tenant and hour, and when the recorders were silent.

The bill is made of the true traffic; in an outage the recorder was silent, so that the pool's
next driver has to be used. Quantities are integers: millionths of what the bill
charges by, so kilobytes of a gigabyte.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import TENANTS, Tenant

GATEWAYS: Final = ("nat-a", "nat-b")
# The clusters run the monitoring, the monitoring watches the clusters: what each uses of the other.
_OF_POOLS: Final = {"pod_count": ("pool:monitoring", 9), "series": ("pool:cluster", 60)}
# Per cent of the typical hour, from midnight UTC on.
_BY_HOUR: Final = (38, 33, 30, 29, 31, 36, 48, 66, 92, 118, 136, 148)
_BY_HOUR_LATER: Final = (152, 155, 160, 162, 158, 149, 137, 121, 104, 86, 65, 50)
_ALL_DAY: Final = _BY_HOUR + _BY_HOUR_LATER
_WEEKEND_PER_CENT: Final = 55
# Hours of the month in which a recorder was down, by the month's offset.
_OUTAGES: Final[Mapping[int, Mapping[str, frozenset[int]]]] = {
    -1: {"nat_bytes": frozenset(range(312, 336)), "alb_lcu": frozenset(range(90, 95))},
    0: {
        "nat_bytes": frozenset([*range(316, 322), 81, 407, 530]),
        "alb_lcu": frozenset([*range(200, 203), 611]),
        "pod_count": frozenset([*range(455, 459), 700]),
        "series": frozenset([*range(120, 123), 456]),
    },
}
# Globex re-reads a partner's catalogue through NAT since the 9th: its loss has a first day.
_SURGE: Final = ("globex", 9, 250)
# What the gateways had counted wrongly, in per cent, until AWS restated the anchor.
_CORRECTIONS: Final = {"borealis": 150, "eastgate": 62}
_CORRECTED_HOURS: Final = range(240, 336)


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Quantity by (meter, where it was measured), hour of the month and consumer."""

    month: SampleMonth
    measured: Mapping[tuple[str, str], list[dict[str, int]]]

    def at(self, meter: str, hours: Iterable[int]) -> dict[str, int]:
        """The sums of some hours."""
        total: dict[str, int] = {}
        chosen = list(hours)
        for (name, _), by_hour in self.measured.items():
            if name == meter:
                for hour in chosen:
                    for consumer, quantity in by_hour[hour].items():
                        total[consumer] = total.get(consumer, 0) + quantity
        return total

    def recorded(self, meter: str, hours: Iterable[int]) -> list[int]:
        """Those of the hours in which the recorder was not silent."""
        return [hour for hour in hours if not self.is_silent(meter, hour)]

    def is_silent(self, meter: str, hour: int) -> bool:
        return hour in _OUTAGES.get(self.month.offset, {}).get(meter, ())


def is_active(tenant: Tenant, month: SampleMonth, hour: int) -> bool:
    return hour >= tenant.first_hour(month)


def level(moment: datetime) -> int:
    percent = _ALL_DAY[moment.hour]
    return percent if moment.weekday() < 5 else percent * _WEEKEND_PER_CENT // 100  # noqa: PLR2004 - Saturday


def _surge(tenant: Tenant, month: SampleMonth, hour: int) -> int:
    """Per cent of its typical NAT traffic."""
    key, day, percent = _SURGE
    if tenant.key != key or month.offset < 0:
        return 100
    return percent if month.offset > 0 or hour >= (day - 1) * 24 else 100


def _correction(tenant: Tenant, month: SampleMonth, hour: int) -> int:
    is_corrected = month.is_restated and hour in _CORRECTED_HOURS
    return _CORRECTIONS.get(tenant.key, 100) if is_corrected else 100


def imagine(month: SampleMonth, dice: random.Random) -> Traffic:
    kinds = [("nat_bytes", gateway, "nat", Fraction(500_000)) for gateway in GATEWAYS]
    kinds += [("alb_lcu", "alb", "requests", Fraction(1_000))]
    kinds += [("log_bytes", "logs", "logs", Fraction(1_000))]
    kinds += [("pod_count", "kubernetes", "pods", Fraction(1, 100))]
    kinds += [("series", "prometheus", "requests", Fraction(1, 50))]
    levels = [level(month.at(hour)) for hour in range(month.hours)]
    measured = {}
    for meter, source, attribute, scale in kinds:
        typical = {
            tenant: int(tenant.sized(getattr(tenant, attribute), month) * scale)
            for tenant in TENANTS
        }
        of_pools = dict([_OF_POOLS[meter]] if meter in _OF_POOLS else [])
        measured[meter, source] = [
            dict(_hour(meter, typical, month, hour, percent, dice)) | of_pools
            for hour, percent in enumerate(levels)
        ]
    return Traffic(month=month, measured=measured)


def _hour(
    meter: str,
    typical: Mapping[Tenant, int],
    month: SampleMonth,
    hour: int,
    percent: int,
    dice: random.Random,
) -> Iterator[tuple[str, int]]:
    for tenant, quantity in typical.items():
        if not quantity or not is_active(tenant, month, hour):
            continue
        amount = quantity * percent * dice.randrange(700, 1300) // 100_000
        if meter == "nat_bytes":
            amount = amount * _surge(tenant, month, hour) // 100
            amount = amount * _correction(tenant, month, hour) // 100
        yield tenant.key, max(1, amount)
