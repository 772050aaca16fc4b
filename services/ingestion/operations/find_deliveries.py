import logging
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db.models.functions import Coalesce, Now

from services.ingestion.domain.delivery_layout import bill_deliveries, plain_deliveries
from services.ingestion.models import Delivery, Source
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.work import ensure_job, request_job
from shared.lake.lake import storage
from shared.vocabulary.troubles import TroubleCode

# As S3 names them; of another, the text that is kept says more than a code could.
_CODES: Final = {
    "AccessDenied": TroubleCode.ACCESS_DENIED,
    "InvalidAccessKeyId": TroubleCode.ACCESS_DENIED,
    "SignatureDoesNotMatch": TroubleCode.ACCESS_DENIED,
    "NoSuchBucket": TroubleCode.NO_SUCH_BUCKET,
}

logger = logging.getLogger(__name__)


def find_deliveries() -> None:
    """Look at every source and ask for a job per delivery that was not seen before."""
    with as_ops():
        sources = list(Source.objects.all())
    for source in sources:
        try:
            _look(source)
        except (BotoCoreError, ClientError) as error:
            logger.exception("source %s can't be listed at %s", source.key, source.uri)
            _record_failure(source, error)
        else:
            _record_success(source)
    with as_ops():
        waiting = list(Delivery.objects.select_related("source").filter(state="found"))
    for delivery in waiting:
        ensure_job(**_job(delivery))


def _look(source: Source) -> None:
    objects = list(storage(settings.ENVIRONMENT).list(source.uri))
    is_bill = source.kind == Source.Kind.BILL
    for listed in (bill_deliveries if is_bill else plain_deliveries)(objects):
        with as_ops():
            delivery, is_new = Delivery.objects.get_or_create(
                source=source,
                period=listed.period,
                fingerprint=listed.fingerprint,
                defaults={
                    "delivery_id": new_id("dlv"),
                    "manifest_uri": listed.manifest_uri,
                    "delivered_at": listed.delivered_at,
                },
            )
            if is_new:
                request_job(**_job(delivery))


def _record_failure(source: Source, error: Exception) -> None:
    """Since the first of a row of failures; why, of the newest."""
    with as_ops():
        Source.objects.filter(pk=source.pk).update(
            failing_since=Coalesce("failing_since", Now()),
            failure_code=_failure_code(error),
            failure=str(error),
        )


def _record_success(source: Source) -> None:
    if source.failing_since is not None:
        with as_ops():
            Source.objects.filter(pk=source.pk).update(
                failing_since=None, failure_code="", failure=""
            )


def _failure_code(error: Exception) -> TroubleCode:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    return _CODES.get(code, TroubleCode.NO_STORAGE)


def _job(delivery: Delivery) -> dict[str, Any]:
    return {
        "kind": f"collect_{delivery.source.kind}",
        "key": delivery.delivery_id,
        "payload": {"delivery_id": delivery.delivery_id},
    }
