"""Errors over HTTP as RFC 9457 problem documents."""

import uuid
from typing import Any

from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from shared.faults import Fault


class Conflict(exceptions.APIException):
    """The object is not in a state, or not of the version, that the request needs."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "The object has changed or does not allow this now."


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
