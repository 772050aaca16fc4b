"""What a run gives back: its proof, the statements, quantities, coverage and findings."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from services.attribution.domain.proof import Proof
from shared.findings import Finding


@dataclass(frozen=True)
class MovedLines:
    """Lines of one month's bill that belong to another month, of one source.

    `period` is the other month: of a run's own bill the one they go to, else whose bill they were
    in. The hash is of their content, wherever they stand in a delivery.
    """

    period: str
    source: str
    path: Path
    content_hash: str
    line_count: int
    billed: Decimal
    effective: Decimal


@dataclass(frozen=True)
class Exchange:
    """What a run's bill gave to other months, and what came from their bills."""

    moved_in: tuple[MovedLines, ...] = ()
    moved_out: tuple[MovedLines, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One amount of a tenant, or of a pseudo tenant such as `overhead:platform`."""

    tenant: str
    charge_group: str
    method: str
    cost_measure: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class StatementDay:
    tenant: str
    day: dt.date
    charge_group: str
    amount: Decimal


@dataclass(frozen=True)
class Usage:
    tenant: str
    meter: str
    quantity: Decimal
    unit: str


@dataclass(frozen=True)
class Unallocated:
    reason: str
    service: str
    account: str
    tag_key: str
    tag_value: str
    amount: Decimal


@dataclass(frozen=True)
class PoolCoverage:
    """What of a pool went by its first driver, by a fallback, or to nobody.

    `unmetered` is the part of both drivers' amounts that was used by those who were not active;
    `hours_covered` are the hours of its cost in which its first driver had a say.
    """

    pool: str
    amount: Decimal
    by_first_driver: Decimal
    by_fallback: Decimal
    unallocated: Decimal
    unmetered: Decimal
    hours: int
    hours_covered: int


@dataclass(frozen=True)
class Coverage:
    """The amounts of the bill by how they were attributed; they sum to the bill."""

    by_method: dict[str, Decimal]
    """The columns `method` of the allocations; `none` is unallocated."""
    by_fallback: Decimal
    """The part of all pools that went by a driver other than the first."""
    pools: tuple[PoolCoverage, ...]


@dataclass(frozen=True)
class Run:
    run_id: str
    period: str
    proof: Proof
    statements: tuple[Statement, ...]
    usage: tuple[Usage, ...]
    unallocated: tuple[Unallocated, ...]
    coverage: Coverage
    findings: tuple[Finding, ...]
    exchange: Exchange

    @property
    def unlabelled(self) -> Decimal:
        """What nobody was found for since no source of a label has a value."""
        amounts = (each.amount for each in self.unallocated if each.reason == "no-label")
        return sum(amounts, Decimal(0))
