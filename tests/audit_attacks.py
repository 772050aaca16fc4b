"""Attacks on the audit log, over HTTP: each returns what it got away with, a sentence each.

They take addresses and tokens, so that they run against any stack; the suites give them a service
of their own within the process.
"""

from collections.abc import Callable
from typing import Any

import httpx

Send = Callable[..., httpx.Response]
FLOOD = 200


def entries(client: httpx.Client, admin: str, **wanted: str) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/audit", params=wanted, headers=_bearer(admin))
    return answer.json()["data"] if answer.status_code == 200 else []


def leaves_no_trace(
    client: httpx.Client, *, token: str, admin: str, method: str, path: str, body: Any = None
) -> list[str]:
    """Somebody asks for what is not theirs: does an administrator read of it?"""
    before = {entry["id"] for entry in entries(client, admin)}
    answer = client.request(method, path, json=body, headers=_bearer(token))
    if answer.status_code < 400:
        return [f"{method} {path} was answered with {answer.status_code}"]
    new = [entry for entry in entries(client, admin) if entry["id"] not in before]
    written = [entry for entry in new if entry["outcome"] == "refused"]
    return [] if written else [f"{method} {path}: {answer.status_code}, and no entry of it"]


def floods_the_log(client: httpx.Client, *, admin: str) -> list[str]:
    """Requests with tokens of nobody: a row each would fill the disk, none at all would hide it."""
    before = {entry["id"] for entry in entries(client, admin)}
    for number in range(FLOOD):
        client.get(f"/api/v1/audit?before={number + 1}", headers=_bearer(f"x.{number}.z"))
    new = [entry for entry in entries(client, admin) if entry["id"] not in before]
    refused = [entry for entry in new if entry["outcome"] == "refused"]
    problems = []
    if len(refused) > FLOOD // 10:
        problems.append(f"{FLOOD} requests of one stranger wrote {len(refused)} rows")
    if sum(entry["count"] for entry in refused) < FLOOD // 2:
        problems.append(f"the log does not show that there were {FLOOD}")
    return problems


def is_read_by_others(client: httpx.Client, tokens: dict[str, str]) -> list[str]:
    """By role: everybody but administrators is refused."""
    return [
        f"{role} reads the audit log"
        for role, token in tokens.items()
        if client.get("/api/v1/audit", headers=_bearer(token)).status_code == 200
    ]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
