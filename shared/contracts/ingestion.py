"""Facts that the ingestion service publishes."""

from dataclasses import field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

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
    Period,
    Uri,
    Words,
)
from shared.contracts.unreadable import Unreadable
from shared.vocabulary.billing_periods import BillingPeriodStatus


@dataclass(frozen=True)
class Loss:
    """What earlier sets of the source and period had and this one lacks.

    `kind` is column, tag_key, account, service, meter, cluster or resource_id; `count` of the `of`
    that were there are gone, and `names` are some of them. Resource ids are a sample, not named.
    """

    kind: Code
    count: Count
    of: Count
    names: list[Words] = field(default_factory=list)


@dataclass(frozen=True)
class Corrected:
    """Lines by which a bill corrects earlier charges: FOCUS, ChargeClass `Correction`.

    Amounts are in the bill's currency, exact; those whose effective cost is not known count 0.
    """

    line_count: Count
    billed: Amount
    effective: Amount


@dataclass(frozen=True)
class SnapshotPublished:
    """A complete, checked restatement of one billing period of one source; it replaces the last.

    `version` rises with each snapshot of (source, period); totals are in `currency`, exact.
    `losses` are none in facts of before they were looked for, and so is what is `unreadable`:
    values of columns that no owner and no amount hangs on, which are null in the snapshot.
    `corrected` is None where no line corrects another, and in facts of before it was told.
    `charges` are the lowest digests of its charges (payer, account, resource, meter, hour), a few
    hundred: two bills that have some of the same bill the same twice. None in earlier facts.
    `earlier_months` are those before its own in which charge periods of its lines start, the newest
    first, at most five years of them. None in facts of before they were looked for.
    """

    snapshot_id: Id
    source: Id
    period: Period
    version: Count
    part_uris: list[Uri]
    raw_totals_uri: Uri
    row_count: Count
    currency: Currency
    billed_total: Amount
    effective_total: Amount
    content_hash: Digest
    schema_version: Count
    published_at: Instant
    losses: list[Loss] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    corrected: Corrected | None = None
    charges: list[Count] = field(default_factory=list)
    earlier_months: list[Period] = field(default_factory=list)


@dataclass(frozen=True)
class SignalsPublished:
    """The usage signals of one source and period, as a whole; they replace the last set."""

    signal_set_id: Id
    source: Id
    period: Period
    version: Count
    part_uris: list[Uri]
    meters: list[Words]
    row_count: Count
    content_hash: Digest
    published_at: Instant
    losses: list[Loss] = field(default_factory=list)


@dataclass(frozen=True)
class WorkloadsPublished:
    """What ran on the nodes of some clusters in a period, as a whole; it replaces the last set."""

    workload_set_id: Id
    source: Id
    period: Period
    version: Count
    part_uris: list[Uri]
    clusters: list[Words]
    row_count: Count
    content_hash: Digest
    published_at: Instant
    losses: list[Loss] = field(default_factory=list)


@dataclass(frozen=True)
class DeliveryQuarantined:
    """A delivery was refused as a whole: what was current before it stays so."""

    delivery_id: Id
    source: Id
    period: Period
    delivered_at: Instant
    error: Words


@dataclass(frozen=True)
class SetWithdrawn:
    """A person took back what was current of a source and period: it has none until the next.

    `kind` is bill, signals or workloads; `version` is above that of what was withdrawn.
    """

    kind: Code
    source: Id
    period: Period
    version: Count
    withdrawn_at: Instant


@dataclass(frozen=True)
class BillingPeriodReported:
    """Whether the provider may still change a month of a source: FOCUS's Billing Period dataset.

    `status` is a `BillingPeriodStatus`; `version` rises with each report of (source, period).
    `last_updated` is the provider's own time of it, None where it says none.
    """

    source: Id
    period: Period
    version: Count
    status: Code
    last_updated: Instant | None
    reported_at: Instant


_MOMENT = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)

SNAPSHOT_PUBLISHED: Final = Contract(
    name="ingestion.snapshot_published.v1",
    payload=SnapshotPublished,
    producer="ingestion",
    consumers=("attribution", "portal"),
    versions=("version",),
    example=SnapshotPublished(
        snapshot_id="snap_0192f0c1",
        source="aws",
        period="2026-10",
        version=3,
        part_uris=[
            "s3://lake/bills/source=aws/period=2026-10/snapshot=snap_0192f0c1/part-0.parquet"
        ],
        raw_totals_uri="s3://lake/bills/source=aws/period=2026-10/snapshot=snap_0192f0c1/raw.json",
        row_count=41212,
        currency="USD",
        billed_total=Decimal("48211.07"),
        effective_total=Decimal("48211.0712345678"),
        content_hash="9f2c",
        schema_version=1,
        published_at=_MOMENT,
    ),
)

SIGNALS_PUBLISHED: Final = Contract(
    name="ingestion.signals_published.v1",
    payload=SignalsPublished,
    producer="ingestion",
    consumers=("attribution",),
    versions=("version",),
    example=SignalsPublished(
        signal_set_id="sig_0192f0c2",
        source="usage",
        period="2026-10",
        version=1,
        part_uris=["s3://lake/signals/source=usage/period=2026-10/set=sig_0192f0c2/part-0.parquet"],
        meters=["alb_lcu", "log_bytes", "nat_bytes"],
        row_count=26784,
        content_hash="41ab",
        published_at=_MOMENT,
    ),
)

WORKLOADS_PUBLISHED: Final = Contract(
    name="ingestion.workloads_published.v1",
    payload=WorkloadsPublished,
    producer="ingestion",
    consumers=("attribution",),
    versions=("version",),
    example=WorkloadsPublished(
        workload_set_id="wkl_0192f0c3",
        source="clusters",
        period="2026-10",
        version=1,
        part_uris=[
            "s3://lake/workloads/source=clusters/period=2026-10/set=wkl_0192f0c3/part-0.parquet"
        ],
        clusters=["prod"],
        row_count=52080,
        content_hash="7d10",
        published_at=_MOMENT,
    ),
)

DELIVERY_QUARANTINED: Final = Contract(
    name="ingestion.delivery_quarantined.v1",
    payload=DeliveryQuarantined,
    producer="ingestion",
    consumers=("attribution",),
    example=DeliveryQuarantined(
        delivery_id="dlv_0192f0c0",
        source="aws",
        period="2026-10",
        delivered_at=_MOMENT,
        error="aws-00002.snappy.parquet: it is truncated. Deliver it again.",
    ),
)

SET_WITHDRAWN: Final = Contract(
    name="ingestion.set_withdrawn.v1",
    payload=SetWithdrawn,
    producer="ingestion",
    consumers=("attribution",),
    versions=("version",),
    example=SetWithdrawn(
        kind="bill", source="copied", period="2026-10", version=4, withdrawn_at=_MOMENT
    ),
)

BILLING_PERIOD_REPORTED: Final = Contract(
    name="ingestion.billing_period_reported.v1",
    payload=BillingPeriodReported,
    producer="ingestion",
    consumers=("attribution",),
    versions=("version",),
    example=BillingPeriodReported(
        source="aws",
        period="2026-10",
        version=2,
        status=BillingPeriodStatus.CLOSED.value,
        last_updated=_MOMENT,
        reported_at=_MOMENT,
    ),
)
