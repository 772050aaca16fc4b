"""Every route of a service, asked for somebody else's objects.

The list of routes comes from the URLconf itself: a route that nobody has given a foreign object for
is a failure, so that a new one can't be forgotten.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete")
NOT_THERE = 404
SIGN_IN = 302


def routed_views(patterns: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Routes as written in the URLconf, `api/v1/invoices/<str:invoice_id>`, and their views."""
    for item in patterns:
        here = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from routed_views(item.url_patterns, here)
        elif isinstance(item, URLPattern):
            yield here, item.callback


def leaks(
    client: Client,
    foreign: Mapping[str, str],
    *,
    marks: tuple[str, ...],
    public: frozenset[str],
    unread: frozenset[int] = frozenset(),
) -> list[str]:
    """A sentence per answer that is not 404 where an object is named, or that holds a mark.

    `foreign` gives a foreign value for each parameter of a route, written as in the URLconf.
    `unread` are statuses that a method other than GET may have instead: 405 where the method is
    refused before any object is looked for.
    """
    found = []
    for route, _ in routed_views(get_resolver().url_patterns):
        path = "/" + route
        for parameter, value in foreign.items():
            path = path.replace(parameter, value)
        if "<" in path:
            found.append(f"{route}: no foreign object is known for it")
            continue
        for method in METHODS:
            answer = (
                getattr(client, method)(
                    path, {"version": 1, "reason": "x"}, content_type="application/json"
                )
                if method != "get"
                else client.get(path)
            )
            body = b"".join(answer) if answer.streaming else answer.content
            leaked = [mark for mark in marks if mark.encode() in body]
            if leaked:
                found.append(f"{method} {path}: {answer.status_code} tells {leaked}")
            fine = {NOT_THERE} if method == "get" else {NOT_THERE} | unread
            if "<" in route and route not in public and answer.status_code not in fine:
                found.append(f"{method} {path}: {answer.status_code}")
    return found
