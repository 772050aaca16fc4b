"""Where the request that is being answered came from, for whoever writes down what it did."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}")
_ADDRESS_CHARACTERS_MAX: Final = 45
"""Of an IPv6 address with an IPv4 one in it."""


@dataclass(frozen=True)
class Origin:
    """`address` is the network's, empty for a command; `request_id` is the same at each service."""

    address: str = ""
    request_id: str = ""


_NOWHERE: Final = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def current_origin() -> Origin:
    return _origin.get()


@contextmanager
def request_origin(address: str) -> Iterator[None]:
    """The peer's own address: a header that names another could be written by anybody."""
    token = _origin.set(Origin(address[:_ADDRESS_CHARACTERS_MAX], uuid.uuid4().hex))
    try:
        yield
    finally:
        _origin.reset(token)


def take_origin(claims: dict[str, Any]) -> None:
    """The portal's word, which it has signed, for whom it asks in the name of."""
    address, request_id = claims.get("address"), claims.get("request_id")
    if not isinstance(address, str) or len(address) > _ADDRESS_CHARACTERS_MAX:
        return
    if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id):
        _origin.set(Origin(address, request_id))


def origin_claims() -> dict[str, str]:
    """For a token; empty outside a request."""
    origin = _origin.get()
    if not origin.request_id:
        return {}
    return {"address": origin.address, "request_id": origin.request_id}
