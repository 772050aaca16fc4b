from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared.periods import Month

Component = Mapping[str, Any]


@dataclass(frozen=True)
class ContractTerms:
    """`starts_on <= day < ends_on`; `rate` is units of `currency` for one of the bill's."""

    tenants: Sequence[str]
    starts_on: date
    ends_on: date | None
    currency: str
    components: Sequence[Component]
    tenant_names: Mapping[str, str] = field(default_factory=dict)
    rate: Decimal = Decimal(1)

    def days_within(self, month: Month) -> tuple[date, date]:
        """The part of the month that is under contract, half-open; empty where start >= end."""
        start = max(self.starts_on, month.start.date())
        end = min(self.ends_on or month.end.date(), month.end.date())
        return start, end


@dataclass(frozen=True)
class Days:
    """The days of a month that are under contract, at least one, and their share of the month."""

    start: date
    end: date
    share: Fraction
