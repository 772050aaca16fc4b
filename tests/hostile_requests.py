"""Requests that no client of ours makes, to every route of a service.

The routes come from the URLconf, so that a new one is asked, too.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.test import Client
from django.urls import get_resolver

from tests.access_matrix import routed_views

NAMES: Final = (
    *("%00", "a%00b", "9" * 5000, "-1", "1e400", "%F0%9F%92%A9", "%FF", "٢٠٢٦-10", "0000-01"),
    *("9999-12", "..%2f..%2fetc%2fpasswd", "'", "%0d%0aX-Injected:%201", "x" * 3000),
)
_QUERY_KEYS: Final = (
    *("period", "page", "state", "view", "sort", "q", "tenant", "group", "charge_group", "run"),
    *("run_id", "question_id", "next", "stop", "depth", "offset", "limit", "after"),
)
_MANY_ALIASES: Final = "a0: &a0 x\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)
)
_TEXTS: Final = (
    *("\0", "\ud800", "\x1b", "=1+1", "{{7*7}}", "x" * 100_000, "[" * 10_000, _MANY_ALIASES),
    *("version: " + "9" * 5000, "version: 1e9999999999999999999", "? [a]\n: b", "&a [*a]"),
)
_BODIES: Final = (
    *(b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000),
    *(b"1e99999999999", b"9" * 5000, b"NaN", b"-Infinity", b'{"a": "\\u0000"}'),
)
_KEYS: Final = (
    "content",
    "version",
    "reason",
    "run_id",
    "reasons",
    "uri",
    "key",
    "kind",
    "ruleset",
)
_VALUES: Final = (*_TEXTS, None, [], {}, {"a": "\0"}, 10**30, -1, True, 1e300)


def routes() -> Iterator[str]:
    """Without the way out."""
    routed = routed_views(get_resolver().url_patterns)
    return (route for route, _ in routed if not route.endswith("sign-out"))


def addresses() -> Iterator[str]:
    for route in routes():
        for name in NAMES:
            path = "/" + "/".join(
                name if part.startswith("<") else part for part in route.split("/")
            )
            yield f"{path}?{'&'.join(f'{key}={name}' for key in _QUERY_KEYS)}"


def json_bodies() -> Iterator[bytes]:
    yield from _BODIES
    for value in _VALUES:
        yield json.dumps(dict.fromkeys(_KEYS, value)).encode()


def forms() -> Iterator[bytes]:
    for name in NAMES:
        yield "&".join(f"{key}={name}" for key in (*_KEYS, *_QUERY_KEYS)).encode()


def answers(
    client: Client, bodies: Iterable[bytes], *, content_type: str = "application/json"
) -> Iterator[tuple[str, Any]]:
    for address in addresses():
        yield f"GET {address[:80]}", client.get(address)
    for body in bodies:
        for path in _paths():
            for method in (client.post, client.put):
                answer = method(path, body, content_type=content_type)
                yield f"{method.__name__} {path} {body[:40]!r}", answer
    client.cookies["trueback_session"] = '"\\000aaaaaaaaaaaaaaaa"'
    for path in _paths():
        yield f"GET {path} with a NUL in a cookie", client.get(path)


def _paths() -> Iterator[str]:
    for route in routes():
        yield "/" + "/".join("x" if part.startswith("<") else part for part in route.split("/"))
