"""Errors over HTTP as RFC 9457 problem documents: every answer of an API that is no success.

`detail` is for the person who made the call; `reason`, `{}` where there is none, says the same as
data: a `code` and what belongs to it. `trace_id` leads to the line in the log.
"""

import logging
import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from shared.faults import Fault

_log: Final = logging.getLogger(__name__)
CONTENT_TYPE: Final = "application/problem+json"


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


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
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
        set_rollback()
        return Response(
            _unexpected(error), status=HTTPStatus.INTERNAL_SERVER_ERROR, content_type=CONTENT_TYPE
        )
    code = getattr(error, "default_code", "error")
    if isinstance(error, Http404):
        code = "not_found"
    response.data = problem(
        HTTPStatus(response.status_code),
        code=code,
        detail=_detail(response.data),
        reason=getattr(error, "reason", {}),
        errors=response.data if isinstance(error, exceptions.ValidationError) else [],
    )
    response.content_type = CONTENT_TYPE
    return response


def problem(
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    reason: Mapping[str, Any] | None = None,
    errors: Any = (),
) -> dict[str, Any]:
    return {
        "type": f"urn:trueback:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "reason": reason or {},
        "trace_id": uuid.uuid4().hex,
        "errors": errors,
    }


def bad_request(_request: HttpRequest, exception: Exception) -> JsonResponse:
    """`handler400` of a service; what Django refuses by itself is not repeated to the caller."""
    if isinstance(exception, RequestDataTooBig):
        too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return _answer(problem(too_large, code="too_large", detail=str(exception)))
    detail = str(exception) if isinstance(exception, BadRequest) else "The request is not valid."
    return _answer(problem(HTTPStatus.BAD_REQUEST, code="bad_request", detail=detail))


def not_found(_request: HttpRequest, exception: Exception) -> JsonResponse:  # noqa: ARG001
    """`handler404` of a service."""
    return _answer(problem(HTTPStatus.NOT_FOUND, code="not_found", detail="There is no such page."))


def broken(_request: HttpRequest) -> JsonResponse:
    """`handler500` of a service, within the handling of the error."""
    return _answer(_unexpected(sys.exc_info()[1]))


def _answer(content: Mapping[str, Any]) -> JsonResponse:
    return JsonResponse(content, status=content["status"], content_type=CONTENT_TYPE)


def _unexpected(error: BaseException | None) -> dict[str, Any]:
    """Of the error itself nothing: it may name rows that are not the caller's."""
    content = problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="error",
        detail="This is a fault of the service. Its log has more under the trace's id.",
    )
    _log.error("trace %s: %s", content["trace_id"], error, exc_info=error)
    return content


def _detail(data: Any) -> str:
    if isinstance(data, dict) and "detail" in data:
        detail = data["detail"]
        return str(detail[0] if isinstance(detail, list) else detail)
    return "The request is not valid." if isinstance(data, (dict, list)) else str(data)
