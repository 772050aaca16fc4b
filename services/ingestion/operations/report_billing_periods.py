"""What FOCUS's Billing Period dataset beside a bill says of months goes out as facts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.conf import settings

from services.ingestion.domain.delivery_layout import billing_period_files, fingerprint_of
from services.ingestion.engine.billing_periods import BillingPeriod, read_billing_periods
from services.ingestion.gateways.sources import SourceStorage
from services.ingestion.models import BillingPeriodReport, Source
from shared.columnar import open_session
from shared.contracts.ingestion import BILLING_PERIOD_REPORTED, BillingPeriodReported
from shared.faults import BadInput
from shared.input_limits import beyond
from shared.isolation.scope import as_ops
from shared.lake.storage import StoredObject
from shared.messaging.producer.emit import emit
from shared.periods import Month
from shared.vocabulary.billing_periods import BillingPeriodStatus

# It is read by the scheduled look: a row per month and issuer is some kB after many years.
_FILES_MAX: Final = 12
_BYTES_MAX: Final = 1 << 20
_SEEN: Final = "billing_periods"
_FAULT: Final = "billing_periods_fault"


def report_billing_periods(
    source: Source, objects: Sequence[StoredObject], storage: SourceStorage
) -> dict[str, str]:
    """What `Source.seen` keeps: which files were read, and why they could not be.

    Of files with a fault nothing is taken: what was reported before stays.
    """
    files = billing_period_files(objects)
    seen = fingerprint_of(files) if files else ""
    if seen == source.seen.get(_SEEN, ""):
        return {_SEEN: seen, _FAULT: source.seen.get(_FAULT, "")}
    try:
        months = _read(files, storage)
    except BadInput as fault:
        return {_SEEN: seen, _FAULT: str(fault)}
    with as_ops():
        _report(source, months)
    return {_SEEN: seen, _FAULT: ""}


def _read(files: Sequence[StoredObject], storage: SourceStorage) -> dict[Month, BillingPeriod]:
    if not files:
        return {}
    if len(files) > _FILES_MAX:
        what = "there are more than {} files that are named after FOCUS's Billing Period dataset"
        raise beyond(what, _FILES_MAX, file=files[0].uri)
    for item in files:
        if item.size_bytes > _BYTES_MAX:
            raise beyond("it has more than {} bytes", _BYTES_MAX, file=item.uri)
    with TemporaryDirectory() as folder:
        paths = [
            storage.fetch(item.uri, Path(folder, str(at), item.uri.rpartition("/")[2]))
            for at, item in enumerate(files)
        ]
        memory_mb = settings.ENVIRONMENT.memory_limit_mb
        with open_session(scratch_dir=Path(folder), memory_limit_mb=memory_mb) as session:
            return read_billing_periods(session, paths)


def _report(source: Source, months: Mapping[Month, BillingPeriod]) -> None:
    """A fact for each month of which something else is known than before, or nothing any more."""
    Source.objects.select_for_update().get(pk=source.pk)
    reported = {one.period: one for one in BillingPeriodReport.objects.filter(source=source)}
    for month in sorted({str(month) for month in months} | reported.keys()):
        says = months.get(Month.parse(month))
        status = says.status if says else BillingPeriodStatus.UNKNOWN
        last_updated = says.last_updated if says else None
        known = reported.get(month) or BillingPeriodReport(source=source, period=month)
        if (known.status, known.last_updated) != (status, last_updated):
            known.status, known.last_updated = status, last_updated
            known.version += 1
            known.save()
            emit(BILLING_PERIOD_REPORTED, _fact(known))


def _fact(report: BillingPeriodReport) -> BillingPeriodReported:
    return BillingPeriodReported(
        source=report.source_id,
        period=report.period,
        version=report.version,
        status=report.status,
        last_updated=report.last_updated,
        reported_at=datetime.now(UTC),
    )
