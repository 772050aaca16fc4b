import base64
import binascii
import re
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from services.ingestion.api.base import IngestionView, ReasonSerializer
from services.ingestion.api.sources import READERS
from services.ingestion.domain.uploads import FILE_BYTES_MAX, PART_BYTES_MAX
from services.ingestion.models import Delivery, Signals, Snapshot, Workloads
from services.ingestion.operations.decide_delivery import accept_delivery, retry_delivery
from services.ingestion.operations.give_file import add_part, finish_upload, start_upload
from services.ingestion.operations.withdraw_delivery import withdraw_delivery
from shared.audit.declared import READ, Audited, NotAudited
from shared.faults import BadInput
from shared.runtime.schema import list_of
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS
from shared.vocabulary.sources import ACCEPTABLE, DeliveryState

_DELIVERIES_MAX: Final = 200
_OPEN: Final = (DeliveryState.WAITING, DeliveryState.QUARANTINED)
_PUBLISHED: Final = ("snapshot_versions", "signals_versions", "workloads_versions")
_NUMBER: Final = re.compile("[0-9]{1,3}")


class Acceptance(TypedDict):
    code: str
    by: str
    reason: str


class Taken(TypedDict):
    """What was read of a delivery; `billed_total` is in `currency`, and null of what is no bill.

    `is_current`: it counts for its month.
    """

    is_current: bool
    version: int
    row_count: int
    currency: str
    billed_total: str | None


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """`may_be_accepted` says whether its fault is one that a person may accept.

    `needs_a_person`: it waits or was refused, and nothing newer of its source and month was read.
    `taken` is null of what was refused, and of what said nothing new.
    `replaced_by` is a file that was given in its place, `findings` what was noted of the snapshot
    that was made of it, as a person reads it.
    """

    accepted = serializers.SerializerMethodField()
    may_be_accepted = serializers.SerializerMethodField()
    replaced_by = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()
    needs_a_person = serializers.SerializerMethodField()
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields: ClassVar[list[str]] = [
            *("delivery_id", "source", "period", "state", "error", "fault_code"),
            *("delivered_at", "found_at", "refused_at", "manifest_uri"),
            *("file_name", "file_bytes", "given_by", "reason", "replaces", "replaced_by"),
            *("accepted", "may_be_accepted", "findings", "needs_a_person", "taken"),
        ]

    def get_accepted(self, delivery: Delivery) -> list[Acceptance]:
        accepted: list[Acceptance] = delivery.accepted
        return accepted

    def get_may_be_accepted(self, delivery: Delivery) -> bool:
        return delivery.state in _OPEN and delivery.fault_code in ACCEPTABLE

    def get_needs_a_person(self, delivery: Delivery) -> bool:
        return delivery.state in _OPEN and not _newer_read(delivery).exists()

    def get_taken(self, delivery: Delivery) -> Taken | None:
        published = _published(delivery)
        if published is None:
            return None
        bill = published if isinstance(published, Snapshot) else None
        return Taken(
            is_current=published.is_current,
            version=published.version,
            row_count=published.row_count,
            currency=bill.currency if bill else "",
            billed_total=f"{bill.billed_total:f}" if bill else None,
        )

    def get_replaced_by(self, delivery: Delivery) -> list[str]:
        return [one.delivery_id for one in delivery.replaced_by.all()]

    def get_findings(self, delivery: Delivery) -> list[str]:
        """Of signals and workloads, and of what was refused, there is nothing."""
        published = _published(delivery)
        return list(published.findings) if isinstance(published, Snapshot) else []


def _published(delivery: Delivery) -> Snapshot | Signals | Workloads | None:
    """Read once more after a withdrawal, it has two: the newer one."""
    sets = [one for name in _PUBLISHED for one in getattr(delivery, name).all()]
    return max(sets, key=lambda one: one.version, default=None)


def _newer_read(delivery: Delivery) -> QuerySet[Delivery]:
    """Later ones of the same source and month that were read, or given in its place and read."""
    return Delivery.objects.filter(
        # S3 tells times by the second: of two within one the later found is the newer.
        Q(delivered_at__gte=delivery.delivered_at, found_at__gt=delivery.found_at)
        | Q(replaces=delivery),
        source=delivery.source_id,
        period=delivery.period,
        state__in=[DeliveryState.COLLECTED, DeliveryState.UNCHANGED],
    )


class DeliveriesAskedFor(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]  # a field by that name
        max_length=40, required=False
    )
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)
    period = serializers.RegexField(r"^[0-9]{4}-(0[1-9]|1[0-2])$", required=False)


class UploadStart(ReasonSerializer):
    """`replaces`: the delivery whose place it takes, if it does."""

    source = serializers.CharField(  # type: ignore[assignment]  # a field by that name
        max_length=40
    )
    period = serializers.RegexField(r"^[0-9]{4}-(0[1-9]|1[0-2])$")
    file_name = serializers.CharField(max_length=500)
    replaces = serializers.CharField(max_length=40, default="", allow_blank=True)


class UploadStarted(TypedDict):
    upload_id: str
    part_bytes_max: int
    file_bytes_max: int


class UploadPart(serializers.Serializer[Any]):
    """`content` is base64 of at most 4 MiB."""

    content = serializers.CharField(max_length=PART_BYTES_MAX * 4 // 3 + 4, trim_whitespace=False)


class UploadedPart(TypedDict):
    parts: int
    bytes: int


class UploadEnd(serializers.Serializer[Any]):
    size_bytes = serializers.IntegerField(min_value=1, max_value=FILE_BYTES_MAX)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")


class Deliveries(IngestionView):
    """The newest 200."""

    roles = {"GET": READERS}
    audit = {"GET": READ}
    request_serializers = {"GET": DeliveriesAskedFor}
    response_types = {"GET": {200: list_of(DeliverySerializer)}}

    def get(self, _request: Request) -> Response:
        asked = self.given()
        known = Delivery.objects.filter(**asked).order_by("-found_at", "-delivery_id")
        related = known.prefetch_related("replaced_by", *_PUBLISHED)
        newest = related[:_DELIVERIES_MAX]
        return Response({"data": DeliverySerializer(newest, many=True).data})


class OneDelivery(IngestionView):
    roles = {"GET": READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: DeliverySerializer}}

    def get(self, _request: Request, delivery_id: str) -> Response:
        return Response(DeliverySerializer(Delivery.objects.get(pk=delivery_id)).data)


class DeliveryRetry(IngestionView):
    """Reads what lies there once more, as a whole; what is current stays so until then."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.DELIVERY_RETRIED, "delivery", "delivery_id")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: DeliverySerializer}}

    def post(self, _request: Request, delivery_id: str) -> Response:
        self.note(details=self.given())
        return Response(DeliverySerializer(retry_delivery(delivery_id=delivery_id)).data)


class DeliveryAcceptance(IngestionView):
    """Takes it all the same, where its fault is one that a person may accept."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.DELIVERY_ACCEPTED, "delivery", "delivery_id")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: DeliverySerializer}}

    def post(self, _request: Request, delivery_id: str) -> Response:
        reason = self.given()["reason"]
        before = Delivery.objects.get(pk=delivery_id)
        self.note(details={"fault": before.fault_code, "reason": reason})
        accepted = accept_delivery(delivery_id=delivery_id, reason=reason, by=self.actor.name)
        return Response(DeliverySerializer(accepted).data)


class DeliveryWithdrawal(IngestionView):
    """It counts for its month no more; refused for the only bill of a month."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.DELIVERY_WITHDRAWN, "delivery", "delivery_id")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: DeliverySerializer}}

    def post(self, _request: Request, delivery_id: str) -> Response:
        self.note(details=self.given())
        return Response(DeliverySerializer(withdraw_delivery(delivery_id=delivery_id)).data)


class Uploads(IngestionView):
    """Begins to take a file; nothing happens with it before its last part is here."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": NotAudited("the end of it is written down, with what was given")}
    request_serializers = {"POST": UploadStart}
    response_types = {"POST": {201: UploadStarted}}

    def post(self, _request: Request) -> Response:
        upload = start_upload(**self.given(), by=self.actor.name)
        answer = UploadStarted(
            upload_id=upload.upload_id,
            part_bytes_max=PART_BYTES_MAX,
            file_bytes_max=FILE_BYTES_MAX,
        )
        return Response(answer, status=status.HTTP_201_CREATED)


class UploadParts(IngestionView):
    """Keeps a part in the lake; parts are numbered from 1, and the same one twice is one."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": NotAudited("the end of it is written down, with what was given")}
    request_serializers = {"POST": UploadPart}
    response_types = {"POST": {200: UploadedPart}}
    path_parameters: ClassVar[dict[str, dict[str, Any]]] = {
        "number": {"pattern": "^[0-9]{1,3}$", "example": "1"}
    }

    def post(self, _request: Request, upload_id: str, number: str) -> Response:
        content = _decoded(self.given()["content"])
        index = int(number) if _NUMBER.fullmatch(number) else 0
        upload = add_part(upload_id=upload_id, number=index, content=content, by=self.actor.name)
        answer = UploadedPart(parts=len(upload.parts), bytes=sum(upload.parts.values()))
        return Response(answer)


class UploadFinish(IngestionView):
    """Makes it a delivery, the newest of its period, that is read or refused as a whole."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.FILE_GIVEN, "delivery")}
    request_serializers = {"POST": UploadEnd}
    response_types = {"POST": {201: DeliverySerializer}}

    def post(self, _request: Request, upload_id: str) -> Response:
        given = self.given()
        delivery = finish_upload(upload_id=upload_id, **given, by=self.actor.name)
        details = {
            "source": delivery.source_id,
            "period": delivery.period,
            "file_name": delivery.file_name,
            "reason": delivery.reason,
            "replaces": delivery.replaces_id or "",
            **given,
        }
        self.note(object_id=delivery.delivery_id, details=details)
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_201_CREATED)


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    class Meta:
        model = Snapshot
        fields: ClassVar[list[str]] = [
            *("snapshot_id", "source", "period", "version", "is_current", "row_count"),
            *("currency", "billed_total", "effective_total", "content_hash", "findings"),
            "delivered_at",
        ]


class Snapshots(IngestionView):
    """The newest 200."""

    roles = {"GET": READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: list_of(SnapshotSerializer)}}

    def get(self, _request: Request, **_kwargs: Any) -> Response:
        snapshots = Snapshot.objects.order_by("-published_at")[:_DELIVERIES_MAX]
        return Response({"data": SnapshotSerializer(snapshots, many=True).data})


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(
            "the part is no base64.", field="content", remedy="Send it as base64, without breaks."
        ) from error
