"""A file given by hand: it goes to the lake, part by part, before anything else happens to it."""

from datetime import UTC, datetime
from typing import Final

from django.conf import settings

from services.ingestion.domain.refusals import UnableToDo
from services.ingestion.domain.uploads import (
    check_part,
    check_whole,
    part_name,
    safe_file_name,
)
from services.ingestion.models import Delivery, Source, Upload
from services.ingestion.operations.take_delivery import job_of
from shared.digests import sha256_of_texts
from shared.faults import BadInput
from shared.identifiers import new_id
from shared.jobs.work import request_job
from shared.outside.lake import write_now
from shared.periods import Month

# Files that somebody began to send and did not end; more at once are a fault of a program.
UNFINISHED_MAX: Final = 50


def start_upload(
    *, source: str, period: str, file_name: str, reason: str, replaces: str, by: str
) -> Upload:
    """Raises BadInput and UnableToDo. `replaces` is a delivery of that source and period, or ''."""
    known = Source.objects.filter(pk=source).first()
    if known is None:
        raise BadInput(f"there is no source {source!r}.", field="source")
    if known.state == Source.State.RETIRED:
        raise UnableToDo(f"Source {source} is retired.", code="source_retired")
    month = str(Month.parse(period))
    replaced = Delivery.objects.filter(pk=replaces, source=known, period=month).first()
    if replaces and replaced is None:
        raise BadInput(
            f"{replaces!r} is no delivery of {source} for {month}.",
            field="replaces",
            remedy="Leave it out, or name the delivery whose place the file takes.",
        )
    if Upload.objects.filter(delivery=None, given_by=by).count() >= UNFINISHED_MAX:
        raise UnableToDo(
            f"{UNFINISHED_MAX} files of yours were begun and not sent to their ends.",
            code="too_many_uploads",
        )
    return Upload.objects.create(
        upload_id=new_id("upl"),
        source=known,
        period=month,
        file_name=safe_file_name(file_name),
        reason=reason,
        replaces=replaced,
        given_by=by,
    )


def add_part(*, upload_id: str, number: int, content: bytes, by: str) -> Upload:
    """The same part twice is one. Raises Unanswered where the lake is away."""
    upload = _unfinished(upload_id, by)
    check_part(number, len(content), file=upload.file_name)
    if upload.parts.get(str(number)) not in (None, len(content)):
        raise UnableToDo(
            f"Part {number} is here with another length; begin anew.",
            code="part_differs",
        )
    write_now(settings.ENVIRONMENT, content, f"{folder_of(upload)}/{part_name(number)}")
    upload.parts = {**upload.parts, str(number): len(content)}
    upload.save(update_fields=["parts"])
    return upload


def finish_upload(*, upload_id: str, size_bytes: int, sha256: str, by: str) -> Delivery:
    """It is a delivery now, the newest of its period; a job reads it, or refuses it as a whole."""
    upload = _unfinished(upload_id, by)
    check_whole(upload.parts, size_bytes=size_bytes, file=upload.file_name)
    delivery = Delivery.objects.create(
        delivery_id=new_id("dlv"),
        source=upload.source,
        period=upload.period,
        fingerprint=sha256_of_texts(upload.upload_id, sha256),
        delivered_at=datetime.now(UTC),
        upload_uri=folder_of(upload),
        file_name=upload.file_name,
        file_bytes=size_bytes,
        given_by=by,
        reason=upload.reason,
        replaces=upload.replaces,
    )
    upload.delivery, upload.sha256 = delivery, sha256
    upload.save(update_fields=["delivery", "sha256"])
    request_job(**job_of(delivery))
    return delivery


def folder_of(upload: Upload) -> str:
    lake = settings.ENVIRONMENT.lake_uri.rstrip("/")
    return f"{lake}/uploads/source={upload.source_id}/period={upload.period}/{upload.upload_id}"


def _unfinished(upload_id: str, by: str) -> Upload:
    """One's own alone. Raises Upload.DoesNotExist."""
    known = Upload.objects.select_for_update(of=["self"]).select_related("source", "replaces")
    upload = known.get(pk=upload_id, given_by=by)
    if upload.delivery_id is not None:
        raise UnableToDo(
            "The file is here already.",
            code="already_given",
            delivery=upload.delivery_id,
        )
    return upload
