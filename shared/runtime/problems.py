"""Errors over HTTP as RFC 9457 problem documents: every answer of an API that is no success.

`detail` is for the person who made the call; `reason`, `{}` where there is none, says the same as
data: a `code` and what belongs to it. `trace_id` leads to the line in the log.
"""

import logging
import sys
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from shared.faults import Fault
from shared.runtime.problem_document import BUSY, CONTENT_TYPE, DATABASE_AWAY, Problem, problem

_log: Final = logging.getLogger(__name__)
# Of `Retry-After`.
_TRY_AGAIN_SECONDS: Final = 10


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


class Unavailable(exceptions.APIException):
    """Something that the answer needs does not answer now; `reason` as in `Conflict`."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"

    def __init__(self, detail: str, *, reason: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.reason = reason


class Forbidden(exceptions.PermissionDenied):
    """What was asked may not be done by this actor, or not now; `reason` as in `Conflict`."""

    def __init__(self, detail: str, *, reason: Mapping[str, Any]) -> None:
        super().__init__(detail)
        self.reason = reason


class TooMany(exceptions.Throttled):
    """As much as one may ask for at once; `reason` as in `Conflict`."""

    def __init__(self, detail: str, *, reason: Mapping[str, Any]) -> None:
        super().__init__(wait=_TRY_AGAIN_SECONDS)
        self.detail = exceptions.ErrorDetail(detail, code=self.default_code)
        self.reason = reason


class Busy(exceptions.APIException):
    """Others hold what this request needs, or the database is away; nothing was changed."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = BUSY
    default_detail = "The service is busy. Nothing was changed; try again in a minute."
    wait = _TRY_AGAIN_SECONDS


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
    if isinstance(error, OperationalError):
        _log.warning("the database refused: %s", error)
        error = Busy()
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


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """`handler400` of a service; what Django refuses by itself is not repeated to the caller."""
    if isinstance(exception, RequestDataTooBig):
        too_large = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return _answer(problem(too_large, code="too_large", detail=str(exception)))
    detail = str(exception) if isinstance(exception, BadRequest) else "The request is not valid."
    return _answer(problem(HTTPStatus.BAD_REQUEST, code="bad_request", detail=detail))


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """`handler404` of a service."""
    return _answer(problem(HTTPStatus.NOT_FOUND, code="not_found", detail="There is no such page."))


def broken(_request: HttpRequest) -> HttpResponse:
    """`handler500` of a service, within the handling of the error."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError):
        _log.warning("the database refused: %s", error)
        busy = HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(problem(busy, code=BUSY, detail=Busy.default_detail))
    return _answer(_unexpected(error))


def database_away(_request: HttpRequest, since: datetime) -> HttpResponse:
    """`handler503` of a service: its database has not answered this process since then."""
    content = problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        code=DATABASE_AWAY,
        detail="The service's database does not answer. Nothing was changed; try again later.",
        reason={"code": DATABASE_AWAY, "since": since.isoformat()},
    )
    return _answer(content)


def _answer(content: Problem) -> HttpResponse:
    if settings.ENVIRONMENT.injects("problems_off"):  # a control of the fuzz drill
        return HttpResponse("<p>Error</p>", status=content["status"])
    answer = JsonResponse(content, status=content["status"], content_type=CONTENT_TYPE)
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(_TRY_AGAIN_SECONDS)
    return answer


def _unexpected(error: BaseException | None) -> Problem:
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
