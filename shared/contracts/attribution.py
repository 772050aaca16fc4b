"""Facts that the attribution service publishes."""

from dataclasses import field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from shared.contracts.contract import Contract
from shared.contracts.fields import (
    Amount,
    Code,
    Count,
    Currency,
    Digest,
    Id,
    Instant,
    Key,
    Name,
    Period,
    Share,
    Uri,
    Words,
)

# A margin's version is its run's, times this, and the number of entries of revenue.
MARGIN_VERSION_UNIT: Final = 1_000_000


@dataclass(frozen=True)
class Totals:
    """Exact, in the period's currency; `difference` must be 0.

    It is what the bill has, and `moved_in` of later bills, less all the others: `moved_out` are
    lines of this bill that belong to earlier months. Both are 0 in facts of before they were moved.
    """

    bill: Amount
    attributed: Amount
    overhead: Amount
    unallocated: Amount
    excluded: Amount
    difference: Amount
    moved_in: Amount = Decimal(0)
    moved_out: Amount = Decimal(0)


@dataclass(frozen=True)
class PoolMeasured:
    """A pool's cost, which is its tenants' parts, `unmetered` and `unallocated` together.

    `drivers` in the order they are asked; `meter` is the first one's signal, empty for another
    kind. `hours_with_signal` of the `hours` of its cost are those the first driver could split;
    `fallback_cost` is what a later one did. `spans` say per driver what it is asked for at once:
    hour, day or period; empty in facts of before they were told.
    """

    name: Name
    cost: Amount
    drivers: list[Words]
    meter: Words
    hours: Count
    hours_with_signal: Count
    fallback_cost: Amount
    unmetered: Amount
    unallocated: Amount
    spans: list[Code] = field(default_factory=list)


@dataclass(frozen=True)
class PeriodAttributed:
    """A proven run became the current one of its period; `version` rises with each."""

    period: Period
    version: Count
    run_id: Id
    snapshot_ids: list[Id]
    ruleset_digest: Digest
    currency: Currency
    cost_measure: Code
    totals: Totals
    allocations_uri: Uri
    statements_uri: Uri
    usage_uri: Uri
    tenant_count: Count
    content_hash: Digest
    attributed_at: Instant
    fallback_share: Share = Decimal(0)
    pools: list[PoolMeasured] = field(default_factory=list)


@dataclass(frozen=True)
class Override:
    """A check that failed, and the reason that somebody (`by`) gave to close all the same."""

    check: Name
    reason: Words
    by: Key


@dataclass(frozen=True)
class CloseCause:
    """Why a close is on another run than the one before (`RevisionCause`).

    `source` is "" for rules and software. `billed` and `effective` are what its bill corrects more
    than before, in the period's currency; 0 for other causes. `bill_period` is the later month in
    whose bill they came; None of the period's own bill, and in facts of before there were others.
    """

    code: Code
    source: Words
    billed: Amount
    effective: Amount
    bill_period: Period | None = None


CLOSE_CAUSES: Final[TypeAdapter[list[CloseCause]]] = TypeAdapter(list[CloseCause])


@dataclass(frozen=True)
class PeriodClosed:
    """The period was closed on this run: its statements may be invoiced.

    `number` counts the closes of the period from 1; `causes` are of a later one.
    """

    period: Period
    version: Count
    run_id: Id
    run_version: Count
    currency: Currency
    statements_uri: Uri
    usage_uri: Uri
    content_hash: Digest
    unallocated_share: Share
    closed_by: Key
    closed_at: Instant
    overrides: list[Override] = field(default_factory=list)
    number: Count = 1
    causes: list[CloseCause] = field(default_factory=list)


@dataclass(frozen=True)
class CostLine:
    charge_group: Name
    method: Code
    amount: Amount


@dataclass(frozen=True)
class MarginMeasured:
    """One tenant's cost and revenue of a period, for the operator's eyes only.

    `revenue` is None while nobody knows it (never zero in its place); `revenue_basis` says what it
    rests on: issued invoices, drafts, or `unknown`. `daily` has per charge group one amount for
    each day of the month, which sum to the group's lines; empty where the run did not tell.
    """

    tenant: Key
    tenant_name: Name
    period: Period
    version: Count
    run_id: Id
    currency: Currency
    cost: Amount
    direct_cost: Amount
    shared_cost: Amount
    revenue: Amount | None
    revenue_basis: Code
    lines: list[CostLine]
    daily: dict[Name, list[Amount]] = field(default_factory=dict)


@dataclass(frozen=True)
class StatementRevised:
    """A tenant's cost of a closed period by a newer run, beside what the period was closed on.

    `lines` are those of the newer run, whole; `version` is the run's, the highest counts.
    `is_changed`: a charge group's cost or a metered quantity differs, also where the cost is the
    same in all; None in facts of before, which go by the cost.
    """

    tenant: Key
    period: Period
    version: Count
    closed_run_id: Id
    run_id: Id
    currency: Currency
    cost_before: Amount
    cost_after: Amount
    lines: list[CostLine]
    revised_at: Instant
    is_changed: bool | None = None


_MOMENT = datetime(2026, 11, 3, 6, 5, tzinfo=UTC)
_STATEMENTS = "s3://lake/allocations/period=2026-10/run=run_0192f0c3/statements.csv"
_USAGE = "s3://lake/allocations/period=2026-10/run=run_0192f0c3/usage.csv"

PERIOD_ATTRIBUTED: Final = Contract(
    name="attribution.period_attributed.v1",
    payload=PeriodAttributed,
    producer="attribution",
    consumers=("invoicing", "portal"),
    versions=("version",),
    example=PeriodAttributed(
        period="2026-10",
        version=1,
        run_id="run_0192f0c3",
        snapshot_ids=["snap_0192f0c1"],
        ruleset_digest="77d0",
        currency="USD",
        cost_measure="EffectiveCost",
        totals=Totals(
            bill=Decimal("48211.0712345678"),
            attributed=Decimal("44000.0712345678"),
            overhead=Decimal(3200),
            unallocated=Decimal(811),
            excluded=Decimal(200),
            difference=Decimal(0),
        ),
        allocations_uri="s3://lake/allocations/period=2026-10/run=run_0192f0c3/part-0.parquet",
        statements_uri=_STATEMENTS,
        usage_uri=_USAGE,
        tenant_count=12,
        content_hash="c0de",
        attributed_at=_MOMENT,
        pools=[
            PoolMeasured(
                name="nat",
                cost=Decimal("6211.5"),
                drivers=["signal:nat_bytes", "fallback:even"],
                meter="nat_bytes",
                hours=744,
                hours_with_signal=738,
                fallback_cost=Decimal("50.25"),
                unmetered=Decimal(0),
                unallocated=Decimal(0),
            )
        ],
    ),
)

PERIOD_CLOSED: Final = Contract(
    name="attribution.period_closed.v2",
    payload=PeriodClosed,
    producer="attribution",
    consumers=("invoicing", "portal"),
    versions=("version", "run_version"),
    example=PeriodClosed(
        period="2026-10",
        version=1,
        run_id="run_0192f0c3",
        run_version=1,
        currency="USD",
        statements_uri=_STATEMENTS,
        usage_uri=_USAGE,
        content_hash="c0de",
        unallocated_share=Decimal("0.0168"),
        closed_by="olivia",
        closed_at=_MOMENT,
        overrides=[Override("signals_complete", "the balancer was switched off", "olivia")],
        number=2,
        causes=[CloseCause("correction", "aws", Decimal("-23.28"), Decimal("-23.28"))],
    ),
)

MARGIN_MEASURED: Final = Contract(
    name="attribution.margin_measured.v1",
    payload=MarginMeasured,
    producer="attribution",
    consumers=("portal",),
    versions=("version",),
    version_unit=MARGIN_VERSION_UNIT,
    example=MarginMeasured(
        tenant="acme",
        tenant_name="Acme Corp",
        period="2026-10",
        version=2,
        run_id="run_0192f0c3",
        currency="USD",
        cost=Decimal("1200.5"),
        direct_cost=Decimal("1000.5"),
        shared_cost=Decimal(200),
        revenue=Decimal("1939.60"),
        revenue_basis="issued",
        lines=[CostLine(charge_group="Compute", method="label", amount=Decimal("1000.5"))],
        daily={"Compute": [Decimal("32.25"), Decimal("968.25"), *[Decimal(0)] * 29]},
    ),
)

STATEMENT_REVISED: Final = Contract(
    name="attribution.statement_revised.v1",
    payload=StatementRevised,
    producer="attribution",
    consumers=("invoicing", "portal"),
    versions=("version",),
    example=StatementRevised(
        tenant="acme",
        period="2026-10",
        version=2,
        closed_run_id="run_0192f0c3",
        run_id="run_0192f0c9",
        currency="USD",
        cost_before=Decimal("1200.5"),
        cost_after=Decimal("1260.5"),
        lines=[CostLine(charge_group="Compute", method="label", amount=Decimal("1260.5"))],
        revised_at=_MOMENT,
    ),
)
