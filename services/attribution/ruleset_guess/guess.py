"""What a bill without a ruleset lets one guess: the tenant label, its values, the shared services.

Nothing here decides about money: the guess becomes a ruleset that a person reads and changes.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

from services.attribution.ruleset_guess.label_ranking import LabelUse, Ranked, rank_labels
from shared.columnar import Session, open_session
from shared.sql.expressions import Sql, entry, number, parquet_scan
from shared.sql.scripts import run_script

VALUES_MAX = 5_000
"""Tenants that are listed, by cost; what is beyond is shown as unmapped."""


@dataclass(frozen=True)
class SharedService:
    """A kind of cost that usually serves every tenant, and how a bill shows it."""

    pool: str
    usage_types: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    charge_categories: tuple[str, ...] = ()

    def takes(self, usage_type: str, service: str, code: str, category: str) -> bool:
        return all(
            any(fnmatchcase(text, pattern) for pattern in patterns for text in texts)
            for patterns, texts in (
                (self.usage_types, (usage_type,)),
                (self.services, (service, code)),
                (self.charge_categories, (category,)),
            )
            if patterns
        )


SHARED_SERVICES = (
    SharedService("nat", usage_types=("*NatGateway*",)),
    SharedService("load-balancers", usage_types=("*LoadBalancerUsage*", "*LCUUsage*")),
    SharedService("clusters", usage_types=("*AmazonEKS-Hours*",)),
    SharedService("monitoring", services=("AmazonCloudWatch",)),
    SharedService("support", services=("AWS Support*", "AWSSupport*")),
    SharedService("tax", charge_categories=("Tax",)),
    SharedService("credits", charge_categories=("Credit",)),
)


@dataclass(frozen=True)
class TenantValue:
    value: str
    cost: Decimal


@dataclass(frozen=True)
class FoundPool:
    service: SharedService
    cost: Decimal
    """Of the lines that have no tenant label."""


@dataclass(frozen=True)
class Guess:
    currency: str
    labels: tuple[Ranked, ...]
    """Best first; empty on a bill without tags."""
    values: tuple[TenantValue, ...]
    """Of the best label, by cost."""
    pools: tuple[FoundPool, ...]

    @property
    def best(self) -> Ranked | None:
        return self.labels[0] if self.labels else None


def guess_ruleset(
    *, snapshot_parts: Sequence[Path], currency: str, scratch_dir: Path, memory_limit_mb: int
) -> Guess:
    work_dir = scratch_dir / "guess"
    try:
        with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
            scan = parquet_scan(snapshot_parts)
            labels = rank_labels(_label_uses(session, scan))
            key = labels[0].use.key if labels else ""
            return Guess(
                currency=currency,
                labels=labels,
                values=tuple(_values(session, scan, key)),
                pools=tuple(_pools(session, scan, key)),
            )
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


def _label_uses(session: Session, lines: Sql) -> list[LabelUse]:
    """Of usage that costs something."""
    names = {"lines": lines}
    total, days = run_script(session, __package__, "usage_costs.sql", names).fetchall()[0]
    rows = run_script(session, __package__, "tag_keys.sql", names).fetchall()
    return [
        LabelUse(
            key=key,
            covered=cost,
            total=total,
            value_count=values,
            largest_value=largest,
            resource_count=int(resources),
            day_count=int(seen_days),
            day_total=days,
        )
        for key, cost, values, largest, resources, seen_days in rows
    ]


def _values(session: Session, lines: Sql, key: str) -> Iterator[TenantValue]:
    names = {"lines": lines, "tag": entry("Tags", key), "values_max": number(VALUES_MAX)}
    rows = run_script(session, __package__, "tag_values.sql", names).fetchall()
    yield from (TenantValue(value, cost) for value, cost in rows)


def _pools(session: Session, lines: Sql, key: str) -> Iterator[FoundPool]:
    names = {"lines": lines, "tag": entry("Tags", key)}
    rows = run_script(session, __package__, "untagged_costs.sql", names).fetchall()
    for service in SHARED_SERVICES:
        costs = [row[4] for row in rows if service.takes(*row[:4])]
        if any(costs):
            yield FoundPool(service, sum(costs, start=Decimal(0)))
