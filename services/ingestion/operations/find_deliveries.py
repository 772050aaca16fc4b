"""Look at every source: a job for each delivery that was not seen before and may be taken."""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from services.ingestion.domain.addresses import UPLOAD, BadAddress
from services.ingestion.domain.delivery_layout import (
    FoundDelivery,
    bill_deliveries,
    bills_without_manifest,
    files_of_no_month,
    plain_deliveries,
)
from services.ingestion.domain.readiness import NotYetWhole, RefusedDelivery
from services.ingestion.gateways.sources import SourceStorage, source_storage
from services.ingestion.gateways.storage_faults import STORAGE_ERRORS, storage_code
from services.ingestion.models import Delivery, Source
from services.ingestion.operations.bill_files import check_ready
from services.ingestion.operations.quarantine_delivery import quarantine
from services.ingestion.operations.report_billing_periods import report_billing_periods
from services.ingestion.operations.take_delivery import job_of, take
from shared.faults import Fault
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.work import ensure_job, request_job
from shared.lake.storage import StoredObject
from shared.vocabulary.sources import DeliveryFault
from shared.vocabulary.troubles import TroubleCode

logger = logging.getLogger(__name__)

# Who fails is asked less and less often, up to that; a person can have it looked at at once.
_PAUSE_MAX: Final = timedelta(minutes=15)
_DOUBLED_MAX: Final = 12
# A look that finds the same is written down so often: a beat may be two seconds.
_NOTED_AFTER: Final = timedelta(seconds=30)
_MONTHS_NOTED_MAX: Final = 240


def find_deliveries() -> None:
    now = datetime.now(UTC)
    due = Q(next_look_at=None) | Q(next_look_at__lte=now)
    with as_ops():
        sources = list(Source.objects.filter(due, state=Source.State.ACTIVE).order_by("key"))
    for source in sources:
        if source.uri.startswith(UPLOAD):
            continue
        try:
            seen = _look(source)
        except (*STORAGE_ERRORS, Fault) as error:
            _record_failure(source, error, now)
        else:
            _record_success(source, seen, now)
    with as_ops():
        waiting = list(Delivery.objects.select_related("source").filter(state="found"))
    for delivery in waiting:
        ensure_job(**job_of(delivery))


def _look(source: Source) -> dict[str, Any]:
    """What is there, as `Source.seen` keeps it."""
    storage = source_storage(source.key, source.uri)
    objects = list(storage.list(source.uri))
    if source.kind == Source.Kind.BILL:
        listed = [*bill_deliveries(objects), *bills_without_manifest(objects)]
        _judge(_known(source, listed, Delivery.State.WAITING), objects, storage)
        unread = files_of_no_month(objects)
        reported = report_billing_periods(source, objects, storage)
    else:
        listed = list(plain_deliveries(objects))
        _known(source, listed, Delivery.State.FOUND)
        unread, reported = [], {}
    return {
        "objects": len(objects),
        "months": sorted({one.period for one in listed})[-_MONTHS_NOTED_MAX:],
        "unread": len(unread),
        "unread_example": unread[0].uri if unread else "",
        **reported,
    }


def _known(source: Source, listed: Iterable[FoundDelivery], state: str) -> list[Delivery]:
    """The deliveries of what was found; those that are not known yet begin in `state`."""
    listed = list(listed)
    fingerprints = [one.fingerprint for one in listed]
    with as_ops():
        known = Delivery.objects.filter(source=source, fingerprint__in=fingerprints)
        before = {(one.period, one.fingerprint): one for one in known.select_related("source")}
    return [
        before.get((one.period, one.fingerprint)) or _create(source, one, state) for one in listed
    ]


def _create(source: Source, listed: FoundDelivery, state: str) -> Delivery:
    with as_ops():
        delivery, is_new = Delivery.objects.select_related("source").get_or_create(
            source=source,
            period=listed.period,
            fingerprint=listed.fingerprint,
            defaults={
                "delivery_id": new_id("dlv"),
                "manifest_uri": listed.manifest_uri,
                "delivered_at": listed.delivered_at,
                "state": state,
            },
        )
        if is_new and state == Delivery.State.FOUND:
            request_job(**job_of(delivery))
        return delivery


def _judge(
    there: Sequence[Delivery], objects: Sequence[StoredObject], storage: SourceStorage
) -> None:
    """Those that wait are taken when they are whole, and refused when they have stayed in part."""
    for delivery in there:
        is_waiting = delivery.state == Delivery.State.WAITING
        if is_waiting or delivery.fault_code == DeliveryFault.INCOMPLETE:
            _judge_one(delivery, objects, storage)
    if there:
        with as_ops():
            Delivery.objects.filter(
                source=there[0].source, state=Delivery.State.WAITING, upload_uri=""
            ).exclude(pk__in=[one.pk for one in there]).update(state=Delivery.State.OVERTAKEN)


def _judge_one(delivery: Delivery, objects: Sequence[StoredObject], storage: SourceStorage) -> None:
    try:
        check_ready(delivery, objects, storage)
    except NotYetWhole as reason:
        with as_ops():
            Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(
                error=str(reason), fault_code=reason.code
            )
    except RefusedDelivery as fault:
        if delivery.state == Delivery.State.WAITING:
            quarantine(delivery, fault)
    else:
        take(delivery)


def _record_failure(source: Source, error: Exception, now: datetime) -> None:
    """Since the first of a row of failures; why, of the newest. Logged once for each reason."""
    code = TroubleCode.ACCESS_DENIED if isinstance(error, BadAddress) else storage_code(error)
    if code != source.failure_code:
        logger.warning("source %s can't be read at %s: %s", source.key, source.uri, error)
    beat = timedelta(seconds=settings.ENVIRONMENT.beat_seconds)
    pause = min(beat * 2 ** min(source.failure_count, _DOUBLED_MAX), _PAUSE_MAX)
    with as_ops():
        Source.objects.filter(pk=source.pk, uri=source.uri).update(
            failing_since=Coalesce("failing_since", Now()),
            failure_code=code,
            failure=str(error),
            failure_count=F("failure_count") + 1,
            looked_at=now,
            next_look_at=now + pause,
        )


def _record_success(source: Source, seen: dict[str, Any], now: datetime) -> None:
    is_noted = source.looked_at is not None and now - source.looked_at < _NOTED_AFTER
    if source.failing_since is None and source.seen == seen and is_noted:
        return
    if source.failing_since is not None:
        logger.info("source %s can be read again at %s", source.key, source.uri)
    with as_ops():
        Source.objects.filter(pk=source.pk, uri=source.uri).update(
            failing_since=None,
            failure_code="",
            failure="",
            failure_count=0,
            looked_at=now,
            next_look_at=None,
            seen=seen,
        )
