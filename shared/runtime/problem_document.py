"""The form of a problem document (RFC 9457), for whoever refuses: a view, Django, or the edge."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from typing_extensions import TypedDict

CONTENT_TYPE: Final = "application/problem+json"
# Codes of problems: the database refused one request, or has no word for any.
BUSY: Final = "busy"
DATABASE_AWAY: Final = "database_away"


class Problem(TypedDict):
    """`errors` says of each field of the request what is wrong with it, `[]` where none is."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    reason: dict[str, Any]
    trace_id: str
    errors: Any


def problem(
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    reason: Mapping[str, Any] | None = None,
    errors: Any = (),
) -> Problem:
    return {
        "type": f"urn:trueback:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
        "reason": dict(reason or {}),
        "trace_id": uuid.uuid4().hex,
        "errors": errors,
    }
