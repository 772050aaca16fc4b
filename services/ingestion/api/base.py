from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from services.ingestion.domain.addresses import BadAddress
from services.ingestion.domain.refusals import UnableToDo
from services.ingestion.models import Delivery, Source, Upload
from shared.auth.api import ScopedView
from shared.outside.target import Unanswered
from shared.runtime.problems import Conflict, Unavailable

REASON_CHARACTERS_MAX = 500
_NOT_THERE = (Source.DoesNotExist, Delivery.DoesNotExist, Upload.DoesNotExist)


class BadAddressProblem(ValidationError):
    """With why and what may have been meant, as data."""

    def __init__(self, fault: BadAddress) -> None:
        super().__init__({"detail": str(fault), "file": fault.file, "field": "uri"})
        self.reason = fault.reason


class IngestionView(ScopedView):
    """Refusals of operations by their kinds."""

    def handle_exception(self, exc: Exception) -> Response:
        match exc:
            case UnableToDo():
                exc = Conflict(str(exc), reason=exc.reason)
            case BadAddress():
                exc = BadAddressProblem(exc)
            case Unanswered():
                detail = "The storage does not answer; nothing was changed. Try again in a minute."
                exc = Unavailable(detail, reason={"code": "storage_away"})
            case _ if isinstance(exc, _NOT_THERE):
                exc = Http404()
        return super().handle_exception(exc)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why it is done: kept with it, and in the audit log."""

    reason = serializers.CharField(max_length=REASON_CHARACTERS_MAX)
