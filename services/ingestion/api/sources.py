from typing import Any, ClassVar

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from services.ingestion.api.base import IngestionView, ReasonSerializer
from services.ingestion.models import Source
from services.ingestion.operations.change_source import (
    change_address,
    look_again,
    pause_source,
    resume_source,
    retire_source,
)
from services.ingestion.operations.register_source import register_source
from services.ingestion.queries.address_trial import try_address
from shared.audit.declared import READ, Audited, NotAudited
from shared.runtime.schema import list_of
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS, OPERATORS, Role

READERS = (*OPERATORS, Role.SERVICE)
_KEY: dict[str, dict[str, Any]] = {"key": {"pattern": "^[-a-zA-Z0-9_]+$", "example": "aws"}}


class SourceSerializer(serializers.ModelSerializer[Source]):
    seen = serializers.SerializerMethodField()

    class Meta:
        model = Source
        read_only_fields: ClassVar[list[str]] = [
            *("state", "created_by", "created_at", "changed_by", "changed_at", "change_reason"),
            *("looked_at", "next_look_at", "seen"),
            *("failing_since", "failure_code", "failure", "failure_count"),
        ]
        fields: ClassVar[list[str]] = ["key", "kind", "uri", *read_only_fields]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "key": {"validators": []},
            "uri": {"validators": []},
        }

    def get_seen(self, source: Source) -> "Seen":
        """What the last look found, by an earlier release nothing."""
        return {
            "objects": source.seen.get("objects", 0),
            "months": source.seen.get("months", []),
            "unread": source.seen.get("unread", 0),
            "unread_example": source.seen.get("unread_example", ""),
            "billing_periods_fault": source.seen.get("billing_periods_fault", ""),
        }


class Seen(TypedDict):
    """`unread` are data files of no month.

    `billing_periods_fault`: why FOCUS's Billing Period dataset could not be read, "" where it could
    or where there is none.
    """

    objects: int
    months: list[str]
    unread: int
    unread_example: str
    billing_periods_fault: str


class NewSourceSerializer(serializers.ModelSerializer[Source]):
    """`awaits_first_delivery`: nothing need lie there yet."""

    awaits_first_delivery = serializers.BooleanField(default=False)

    class Meta:
        model = Source
        fields: ClassVar[list[str]] = ["key", "kind", "uri", "awaits_first_delivery"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "key": {"validators": []},
            "uri": {"validators": []},
        }


class AddressSerializer(ReasonSerializer):
    uri = serializers.CharField(max_length=500)
    awaits_first_delivery = serializers.BooleanField(default=False)


class TrialSerializer(serializers.Serializer[Any]):
    key = serializers.SlugField(max_length=40, default="new")
    kind = serializers.ChoiceField(choices=Source.Kind.choices, default=Source.Kind.BILL)
    uri = serializers.CharField(max_length=500)
    awaits_first_delivery = serializers.BooleanField(default=False)


class TrialResult(TypedDict):
    """`months` are those of the first 1,000 objects, of which there may be more."""

    uri: str
    objects: int
    months: list[str]
    has_more: bool


class Sources(IngestionView):
    roles = {"GET": READERS, "POST": ADMINISTRATORS}
    audit = {"GET": READ, "POST": Audited(AuditAction.SOURCE_REGISTERED, "source")}
    request_serializers = {"POST": NewSourceSerializer}
    response_types = {"GET": {200: list_of(SourceSerializer)}, "POST": {201: SourceSerializer}}

    def get(self, _request: Request) -> Response:
        sources = Source.objects.order_by("key")
        return Response({"data": SourceSerializer(sources, many=True).data})

    def post(self, _request: Request) -> Response:
        """The address is tried first, unless it is registered already."""
        given = self.given()
        is_expected = given.pop("awaits_first_delivery")
        self.note(object_id=given["key"], details={"kind": given["kind"], "uri": given["uri"]})
        if not Source.objects.filter(**given).exists():
            given["uri"] = try_address(**given, awaits_first_delivery=is_expected).address.uri
        source = register_source(**given, created_by=self.actor.name)
        return Response(SourceSerializer(source).data, status=status.HTTP_201_CREATED)


class AddressTrial(IngestionView):
    """Says what lies at an address, or what is wrong with it; nothing is registered."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": NotAudited("it changes nothing, and reads names of objects alone")}
    request_serializers = {"POST": TrialSerializer}
    response_types = {"POST": {200: TrialResult}}

    def post(self, _request: Request) -> Response:
        trial = try_address(**self.given())
        return Response(
            {
                "uri": trial.address.uri,
                "objects": trial.object_count,
                "months": list(trial.months),
                "has_more": trial.has_more,
            }
        )


class OneSource(IngestionView):
    roles = {"GET": READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: SourceSerializer}}
    path_parameters = _KEY

    def get(self, _request: Request, key: str) -> Response:
        return Response(SourceSerializer(Source.objects.get(pk=key)).data)


class SourceAddress(IngestionView):
    """Reads another address from now on; what was delivered from the one before stays."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.SOURCE_CHANGED, "source", "key")}
    request_serializers = {"POST": AddressSerializer}
    response_types = {"POST": {200: SourceSerializer}}
    path_parameters = _KEY

    def post(self, _request: Request, key: str) -> Response:
        source = Source.objects.get(pk=key)
        given = self.given()
        reason = given.pop("reason")
        details = {"from": source.uri, "to": given["uri"], "reason": reason}
        self.note(details=details)
        trial = try_address(key=key, kind=source.kind, **given)
        changed = change_address(key=key, address=trial.address, reason=reason, by=self.actor.name)
        return Response(SourceSerializer(changed).data)


class _SourceAction(IngestionView):
    path_parameters = _KEY
    act: Any = None

    def post(self, _request: Request, key: str) -> Response:
        reason = self.given()["reason"]
        self.note(details={"reason": reason})
        changed = type(self).act(key=key, reason=reason, by=self.actor.name)
        return Response(SourceSerializer(changed).data)


class SourcePause(_SourceAction):
    """It is not looked at until it is resumed; what was found already is still taken."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.SOURCE_PAUSED, "source", "key")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: SourceSerializer}}
    act = staticmethod(pause_source)


class SourceResume(_SourceAction):
    """It is looked at again, from the next beat on."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.SOURCE_RESUMED, "source", "key")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: SourceSerializer}}
    act = staticmethod(resume_source)


class SourceRetire(_SourceAction):
    """It is never looked at again; what it has delivered stays. There is no way back."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.SOURCE_RETIRED, "source", "key")}
    request_serializers = {"POST": ReasonSerializer}
    response_types = {"POST": {200: SourceSerializer}}
    act = staticmethod(retire_source)


class SourceLook(IngestionView):
    """Looks at it at the next beat, however long it has failed."""

    roles = {"POST": ADMINISTRATORS}
    audit = {"POST": Audited(AuditAction.SOURCE_LOOKED_AT, "source", "key")}
    response_types = {"POST": {200: SourceSerializer}}
    path_parameters = _KEY

    def post(self, _request: Request, key: str) -> Response:
        return Response(SourceSerializer(look_again(key=key)).data)
