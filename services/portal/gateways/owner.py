"""How the portal asks the service that owns a thing: over its API, in the name of a person."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from ssl import SSLContext
from typing import Any, Literal

import httpx
from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token

Owner = Literal["attribution", "invoicing"]


def ask(
    owner: Owner,
    method: Literal["GET", "POST"],
    path: str,
    *,
    actor: Actor,
    now: datetime,
    timeout_seconds: int,
    body: Any = None,
) -> httpx.Response:
    """The answer, whatever its status; `path` is below `/api/`, its version first.

    Raises httpx.HTTPError where none comes.
    """
    environment = settings.ENVIRONMENT
    address = {
        "attribution": environment.attribution_url,
        "invoicing": environment.invoicing_url,
    }[owner]
    token = sign_token(actor, audience=owner, now=now, key_file=environment.signing_key_file)
    return httpx.request(
        method,
        f"{address}/api/{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout_seconds,
        verify=_authorities(),
    )


@cache
def _authorities() -> SSLContext:
    """Whom TLS trusts, read once: to read it takes 50 ms."""
    return httpx.create_ssl_context()


def reason_of(answer: httpx.Response) -> Mapping[str, Any]:
    """Why it was refused, as data: a `code` and what belongs to it; else empty."""
    try:
        reason = answer.json()["reason"]
    except (ValueError, LookupError, TypeError):
        return {}
    return reason if isinstance(reason, Mapping) else {}


def refusal_of(owner: Owner, answer: httpx.Response) -> str:
    """What the problem document (RFC 9457) says, quoted where nothing is said as data."""
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"The {owner} service answered {answer.status_code}; look again how it stands."
    return str(problem.get("detail", "It was refused; nothing was changed."))
