"""Errors over HTTP as RFC 9457 problem documents.

`detail` is for the person who made the call; `reason`, `{}` where there is none, says the same as
data: a `code` and what belongs to it.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shared.faults import Fault


class Conflict(exceptions.APIException):
    """The object is not in a state, or not of the version, that the request needs.

    `reason` says so as data, for a service that words it for its own readers.
    """

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "The object has changed or does not allow this now."

    def __init__(self, detail: str, *, reason: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.reason = reason or {}


class Forbidden(exceptions.PermissionDenied):
    """What was asked may not be done by this actor, or not now; `reason` as in `Conflict`."""

    def __init__(self, detail: str, *, reason: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.reason = reason


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Fault):
        error = exceptions.ValidationError(
            {
                "detail": str(error),
                "file": error.file,
                "row": str(error.row or ""),
                "field": error.field,
            }
        )
    response = exception_handler(error, context)
    if response is None:
        return None
    code = getattr(error, "default_code", "error")
    if isinstance(error, Http404):
        code = "not_found"
    response.data = {
        "type": f"urn:trueback:problem:{code}",
        "title": response.status_text,
        "status": response.status_code,
        "detail": _detail(response.data),
        "code": code,
        "reason": getattr(error, "reason", {}),
        "trace_id": uuid.uuid4().hex,
        "errors": response.data if isinstance(error, exceptions.ValidationError) else [],
    }
    response.content_type = "application/problem+json"
    return response


def _detail(data: Any) -> str:
    if isinstance(data, dict) and "detail" in data:
        detail = data["detail"]
        return str(detail[0] if isinstance(detail, list) else detail)
    return "The request is not valid." if isinstance(data, (dict, list)) else str(data)
