from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal

from services.attribution.domain.close_checks import (
    CheckResult,
    Evidence,
    Incomplete,
    Quarantined,
    close_checks,
    doubled_charges,
)
from services.attribution.models import (
    InputSet,
    Period,
    ProviderPeriod,
    QuarantinedDelivery,
    Ruleset,
    Run,
    WithdrawnSet,
)
from services.attribution.queries.rulesets import meters_of
from services.attribution.queries.run_inputs import inputs_of_period
from shared.contracts.ingestion import Loss
from shared.contracts.superseded.period_closed import read_overrides
from shared.periods import Month
from shared.runtime.business_time import business_time
from shared.vocabulary.billing_periods import BillingPeriodStatus


def period_checks(run: Run, *, now: datetime) -> list[CheckResult]:
    ruleset = Ruleset.objects.defer("content").get(digest=run.ruleset_digest)
    newest = inputs_of_period(run.period)
    signals = InputSet.objects.filter(kind=InputSet.Kind.SIGNALS, period=run.period)
    return close_checks(
        Evidence(
            snapshot_count=len(run.snapshot_ids),
            difference=Decimal(run.proof["difference"]),
            unallocated_share=run.unallocated_share,
            meters_needed=meters_of(ruleset),
            meters_present=frozenset(meter for signal in signals for meter in signal.meters),
            run_is_newest=newest is not None and newest.digest == run.input_digest,
            month_is_over=business_time(now) >= Month.parse(run.period).end,
            quarantined=tuple(_quarantined(run.period)),
            incomplete=tuple(_incomplete(run.period)),
            open_at_provider=tuple(_open_at_provider(run.period)),
            doubled=tuple(doubled_charges(_charges(run.period))),
        )
    )


def overrides_of(record: Period) -> list[dict[str, str]]:
    """Each with `check`, `reason` and `by`, also of a period that an earlier release closed."""
    if record.overridden_checks is None:
        written = read_overrides(record.overrides, closed_by=record.closed_by)
        return [asdict(override) for override in written]
    overrides: list[dict[str, str]] = record.overridden_checks
    return overrides


def _quarantined(period: str) -> Iterator[Quarantined]:
    """Refused deliveries that no newer good one of their source has made good, or a withdrawal."""
    good = InputSet.objects.filter(period=period).values_list("source", "published_at")
    withdrawn = WithdrawnSet.objects.filter(period=period).values_list("source", "withdrawn_at")
    newest = dict(sorted([*good, *withdrawn], key=lambda item: item[1]))
    for refused in QuarantinedDelivery.objects.filter(period=period).order_by("delivered_at"):
        made_good_at = newest.get(refused.source)
        if made_good_at is None or made_good_at < refused.delivered_at:
            yield Quarantined(refused.source, refused.error)


def _incomplete(period: str) -> Iterator[Incomplete]:
    """Sources whose newest set lacks what an earlier one had."""
    for newest in InputSet.objects.filter(period=period).order_by("source"):
        if newest.losses:
            yield Incomplete(newest.source, tuple(Loss(**loss) for loss in newest.losses))


def _charges(period: str) -> dict[str, list[int]]:
    bills = InputSet.objects.filter(kind=InputSet.Kind.SNAPSHOT, period=period)
    return dict(bills.values_list("source", "charges"))


def _open_at_provider(period: str) -> Iterator[str]:
    """Sources that have a bill of the month."""
    billed = InputSet.objects.filter(kind=InputSet.Kind.SNAPSHOT, period=period).values("source")
    yield from (
        ProviderPeriod.objects.filter(
            period=period, status=BillingPeriodStatus.OPEN, source__in=billed
        )
        .order_by("source")
        .values_list("source", flat=True)
    )
