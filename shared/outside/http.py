"""HTTP to other services, with one time for the whole of a call."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from ssl import SSLContext
from typing import Any, Final

import httpx

from shared.outside.target import Target, Unanswered

# An invoice's PDF has some 100 kB, the evidence of an amount at most some MB.
ANSWER_BYTES_MAX: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """Read whole, whatever its status."""

    status: int
    content_type: str
    content: bytes

    @property
    def is_ok(self) -> bool:
        return self.status == HTTPStatus.OK

    def json(self) -> Any:
        """Raises ValueError."""
        return json.loads(self.content)

    def result(self) -> Any:
        """Of what was asked: raises ValueError also where it was not done."""
        if not self.is_ok:
            raise ValueError(f"answered {self.status}")
        return self.json()


def fetch(
    target: Target,
    method: str,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    is_alive: Callable[[], bool] | None = None,
) -> Reply:
    """Raises Unanswered; `seconds` are from now to the last byte. Follows no redirect.

    `is_alive` as in `Target.call`.
    """
    client = httpx.Client(timeout=seconds, verify=_authorities())
    deadline = time.monotonic() + seconds

    def ask() -> Reply:
        with client, client.stream(method, url, json=body, headers=headers) as answer:
            content = bytearray()
            for part in answer.iter_bytes():
                content += part
                if len(content) > ANSWER_BYTES_MAX:
                    raise ValueError(f"more than {ANSWER_BYTES_MAX} bytes")
                if time.monotonic() > deadline:
                    raise TimeoutError
            kind = answer.headers.get("Content-Type", "")
            return Reply(answer.status_code, kind, bytes(content))

    # Closed from here, its socket fails the thread that still reads a head that drips.
    return target.call(ask, seconds=seconds, give_up=client.close, is_alive=is_alive)


def answers_probe(target: Target, address: str, *, seconds: float) -> bool:
    """Whether the service there answers `/livez`, for which it has a thread of its own."""
    try:
        return fetch(target, "GET", f"{address}/livez", seconds=seconds).is_ok
    except Unanswered:
        return False


@cache
def _authorities() -> SSLContext:
    """Whom TLS trusts, read once: to read it takes 50 ms."""
    return httpx.create_ssl_context()
