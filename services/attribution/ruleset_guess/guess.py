"""What a bill without a ruleset lets one guess: whose its lines are, and the shared services.

Nothing here decides about money: the guess becomes a ruleset that a person reads and changes.
Where no tag says whose a line is, the names of accounts may; where these don't either, nothing is
guessed.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from services.attribution.domain.unread_values import refused
from services.attribution.ruleset_guess.account_names import (
    Account,
    AccountTenants,
    tenants_of_accounts,
)
from services.attribution.ruleset_guess.label_ranking import Ranked
from services.attribution.ruleset_guess.labels import (
    TenantValue,
    find_labels,
    label_of,
    values_of,
)
from shared.columnar import Session, open_session
from shared.contracts.unreadable import Unreadable
from shared.exact import exact_sum
from shared.sql.expressions import Sql, identifier, parquet_scan
from shared.sql.scripts import run_script, script_query

CostMeasure = Literal["EffectiveCost", "BilledCost"]


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

    def narrowed_to(self, taken: Collection[tuple[str, str, str, str]]) -> "SharedService":
        """Without patterns that match nothing, of which each run would make a note."""
        return replace(
            self,
            usage_types=tuple(
                pattern
                for pattern in self.usage_types
                if any(fnmatchcase(usage_type, pattern) for usage_type, *_ in taken)
            ),
            services=tuple(
                pattern
                for pattern in self.services
                if any(fnmatchcase(text, pattern) for _, *texts, _ in taken for text in texts)
            ),
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
class FoundPool:
    service: SharedService
    cost: Decimal
    """Of the lines that have no tenant."""


@dataclass(frozen=True)
class Guess:
    currency: str
    measure: CostMeasure = "EffectiveCost"
    labels: tuple[Ranked, ...] = ()
    """Best first; empty on a bill without tags."""
    label: Ranked | None = None
    """The one that is taken, if any says enough."""
    values: tuple[TenantValue, ...] = ()
    """Of the label that is taken, by cost."""
    accounts: AccountTenants = field(default_factory=AccountTenants)
    pools: tuple[FoundPool, ...] = ()

    @property
    def takes_accounts(self) -> bool:
        """A tag whose name says nothing counts less than accounts whose names do."""
        by_tag = self.label is not None and self.label.is_named_like_a_tenant
        return not by_tag and self.accounts.are_likely

    @property
    def others(self) -> tuple[Ranked, ...]:
        """The labels that are not taken."""
        taken = set(self.label.use.keys) if self.label else set()
        return tuple(each for each in self.labels if not taken & set(each.use.keys))


def guess_ruleset(
    *,
    snapshot_parts: Sequence[Path],
    currency: str,
    scratch_dir: Path,
    memory_limit_mb: int,
    unreadable: Sequence[Unreadable] = (),
) -> Guess:
    """Raises BadInput for a bill that has an effective cost, and not on every line."""
    work_dir = scratch_dir / "guess"
    try:
        with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
            snapshot = parquet_scan(snapshot_parts)
            return _guess(session, snapshot, currency, _measure(session, snapshot, unreadable))
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


def _guess(session: Session, snapshot: Sql, currency: str, measure: CostMeasure) -> Guess:
    costs = {"lines": snapshot, "cost": identifier(measure)}
    lines = script_query(__package__, "lines_with_costs.sql", costs)
    labels, label = find_labels(session, lines)
    accounts = run_script(session, __package__, "accounts.sql", {"lines": lines}).fetchall()
    by_account = tenants_of_accounts([Account(*row) for row in accounts])
    tagged = Guess(currency, measure, labels, label, accounts=by_account)
    if tagged.takes_accounts:
        own = [account.id for each in by_account.tenants for account in each.accounts]
        return replace(tagged, label=None, pools=tuple(_pools(session, lines, (), own)))
    if label is None:
        return replace(tagged, pools=tuple(_pools(session, lines, (), ())))
    keys = label.use.keys
    values = tuple(values_of(session, lines, keys))
    return replace(tagged, values=values, pools=tuple(_pools(session, lines, keys, ())))


def _measure(session: Session, lines: Sql, unreadable: Sequence[Unreadable]) -> CostMeasure:
    """A bill may have one cost alone; one cell that can't be read must not change a month's."""
    unread = [each for each in unreadable if each.column == "EffectiveCost"]
    counts = run_script(session, __package__, "measures.sql", {"lines": lines}).fetchall()
    if counts[0][0] == 0 and not any(each.value for each in unread):
        return "BilledCost"
    if unread:
        # The first that is written and can't be read says more than one that is left out.
        first = next((each for each in unread if each.value), unread[0])
        raise refused(
            first,
            "the guessed `cost: EffectiveCost`",
            remedy="Correct the column where the file is made, or give a ruleset with"
            " `cost: BilledCost` as --config.",
        )
    return "EffectiveCost"


def _pools(
    session: Session, lines: Sql, keys: Sequence[str], accounts: Sequence[str]
) -> Iterator[FoundPool]:
    """Of lines without a label of these keys, outside of these accounts."""
    names = {"lines": lines, "value": label_of(keys)}
    values = {"accounts": [*accounts]}
    rows = run_script(session, __package__, "untagged_costs.sql", names, values).fetchall()
    for service in SHARED_SERVICES:
        taken = [row for row in rows if service.takes(*row[:4])]
        if any(row[4] for row in taken):
            cost = exact_sum(row[4] for row in taken)
            yield FoundPool(service.narrowed_to([row[:4] for row in taken]), cost)
