"""How the portal asks the service that owns a thing: over its API, in the name of a person."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any, Final, Literal

from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.outside.http import Reply, answers_probe, fetch
from shared.outside.target import Target, Unanswered

Owner = Literal["attribution", "ingestion", "invoicing"]

# Who answers no probe within that is stopped: a page goes on without it within a second.
_PROBE_SECONDS: Final = 0.25
# An owner that is only busy is waited for.
READ_SECONDS: Final = 2
_NO_DEADLINE_SECONDS: Final = 3600


def ask(
    owner: Owner,
    method: Literal["GET", "POST", "PUT", "DELETE"],
    path: str,
    *,
    actor: Actor,
    now: datetime,
    seconds: float = READ_SECONDS,
    body: Any = None,
) -> Reply:
    """The answer, whatever its status; `path` is below `/api/`, its version first.

    Raises Unanswered. What changes something is sent only to an owner that answers its probe.
    """
    environment = settings.ENVIRONMENT
    address = {
        "attribution": environment.attribution_url,
        "ingestion": environment.ingestion_url,
        "invoicing": environment.invoicing_url,
    }[owner]
    token = sign_token(actor, audience=owner, now=now, key_file=environment.signing_key_file)
    is_alive = partial(answers_probe, probe_target(owner), address, seconds=_PROBE_SECONDS)
    if method != "GET" and not is_alive():
        raise Unanswered(owner, "does not answer its probe", was_asked=False)
    # Controls of the overload drill: no call waits for its turn, so that every thread may be held;
    # nobody who is stopped is found out before the deadline, or there is none.
    target = Target(owner) if environment.injects("turns_off") else owner_target(owner)
    has_deadline = not environment.injects("deadline_off")
    is_probed = has_deadline and not environment.injects("probe_off")
    return fetch(
        target,
        method,
        f"{address}/api/{path}",
        seconds=seconds if has_deadline else _NO_DEADLINE_SECONDS,
        headers={"Authorization": f"Bearer {token}"},
        body=body,
        is_alive=is_alive if is_probed else None,
    )


@cache
def owner_target(owner: Owner) -> Target:
    return Target(owner)


@cache
def probe_target(owner: Owner) -> Target:
    return Target(f"{owner}'s probe")


def reason_of(answer: Reply) -> Mapping[str, Any]:
    """Why it was refused, as data: a `code` and what belongs to it; else empty."""
    try:
        reason = answer.json()["reason"]
    except (ValueError, LookupError, TypeError):
        return {}
    return reason if isinstance(reason, Mapping) else {}


def unanswered_change(owner: Owner, error: Unanswered) -> str:
    """For a person who has asked for a change: whether it may have been done."""
    done = "It may have done it all the same" if error.was_asked else "Nothing was done"
    return f"The {owner} service does not answer. {done}."


def refusal_of(owner: Owner, answer: Reply) -> str:
    """What the problem document (RFC 9457) says, quoted where nothing is said as data."""
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"The {owner} service answered {answer.status}; look again how it stands."
    return str(problem.get("detail", "It was refused; nothing was changed."))
