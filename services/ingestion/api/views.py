from typing import Any, ClassVar

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from services.ingestion.models import Delivery, Snapshot, Source
from services.ingestion.operations.register_source import register_source
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.runtime.schema import list_of
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS, OPERATORS, Role

_READERS = (*OPERATORS, Role.SERVICE)


class SourceSerializer(serializers.ModelSerializer[Source]):
    class Meta:
        model = Source
        fields = ["key", "kind", "uri", "created_by", "created_at"]
        read_only_fields = ["created_by", "created_at"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "key": {"validators": []},
            "uri": {"validators": []},
        }


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = ["delivery_id", "source", "period", "state", "error", "delivered_at", "found_at"]


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    class Meta:
        model = Snapshot
        fields = [
            *("snapshot_id", "source", "period", "version", "is_current", "row_count"),
            *("currency", "billed_total", "effective_total", "content_hash", "findings"),
            "delivered_at",
        ]


class Sources(ScopedView):
    roles = {"GET": _READERS, "POST": ADMINISTRATORS}
    audit = {"GET": READ, "POST": Audited(AuditAction.SOURCE_REGISTERED, "source")}
    request_serializers = {"POST": SourceSerializer}
    response_types = {"GET": {200: list_of(SourceSerializer)}, "POST": {201: SourceSerializer}}

    def get(self, _request: Request) -> Response:
        sources = Source.objects.order_by("key")
        return Response({"data": SourceSerializer(sources, many=True).data})

    def post(self, _request: Request) -> Response:
        source = register_source(**self.given(), created_by=self.actor.name)
        self.note(object_id=source.key, details={"kind": source.kind, "uri": source.uri})
        return Response(SourceSerializer(source).data, status=status.HTTP_201_CREATED)


class Deliveries(ScopedView):
    """The newest 200."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: list_of(DeliverySerializer)}}

    def get(self, _request: Request, **_kwargs: Any) -> Response:
        deliveries = Delivery.objects.order_by("-found_at")[:200]
        return Response({"data": DeliverySerializer(deliveries, many=True).data})


class Snapshots(ScopedView):
    """The newest 200."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: list_of(SnapshotSerializer)}}

    def get(self, _request: Request, **_kwargs: Any) -> Response:
        snapshots = Snapshot.objects.order_by("-published_at")[:200]
        return Response({"data": SnapshotSerializer(snapshots, many=True).data})
