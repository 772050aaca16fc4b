"""Calls to the services' APIs in a person's name, patient with a service that restarts."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import stripe
from botocore.exceptions import BotoCoreError, ClientError

from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.faults import Fault

Answer = TypeVar("Answer")

POLL_SECONDS: Final = 0.1
# Where an answer costs the service a good part of that.
SPARING_SECONDS: Final = 0.4

_SERVER_ERROR: Final = 500


class Refused(Fault):
    """A service refused the call; the message is its own."""


class ApiClient:
    """Reads, and commands that may be given twice: each is repeated while nobody answers."""

    def __init__(
        self,
        urls: Callable[[str], str],
        signing_key_file: Path,
        *,
        patience_seconds: float = 60,
        answer_seconds: float = 15,
    ) -> None:
        self._urls = urls
        self._key = signing_key_file
        self._patience_seconds = patience_seconds
        self._http = httpx.Client(timeout=answer_seconds)

    def close(self) -> None:
        self._http.close()

    def call(
        self, actor: Actor, service: str, method: str, path: str, body: Any | None = None
    ) -> Any:
        """The JSON answer; raises Refused for a 4xx, and Fault when nobody answered for long."""
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                answer = self._send(actor, service, method, path, body)
            except httpx.TransportError as error:
                problem = f"{service} does not answer: {error}"
            else:
                if answer.is_success:
                    return answer.json()
                problem = f"{service} answered {answer.status_code} to {method} {path}"
                if answer.status_code < _SERVER_ERROR:
                    raise Refused(_detail(answer))
            if time.monotonic() > deadline:
                raise Fault(f"{problem}.", remedy="The log says why.")
            time.sleep(POLL_SECONDS)

    def _send(
        self, actor: Actor, service: str, method: str, path: str, body: Any | None
    ) -> httpx.Response:
        token = sign_token(actor, audience=service, now=datetime.now(UTC), key_file=self._key)
        return self._http.request(
            method,
            f"{self._urls(service)}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )


def _detail(answer: httpx.Response) -> str:
    """What the problem document (RFC 9457) says, else the answer as it is."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code}: {answer.text[:500]}"


def persist(action: Callable[[], Answer], *, seconds: float) -> Answer:
    """The answer of an action that may be done twice, tried again while a server is away."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return action()
        except (BotoCoreError, ClientError, httpx.HTTPError, stripe.APIConnectionError) as error:
            if time.monotonic() > deadline:
                raise Fault(f"A server does not answer: {error}.", remedy="See the log.") from error
        time.sleep(POLL_SECONDS)


def wait_for(
    what: str, look: Callable[[], Answer | None], *, seconds: float, poll: float = POLL_SECONDS
) -> Answer:
    """The first answer that is not None; raises Fault that says what did not happen."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer is not None:
            return answer
        if time.monotonic() > deadline:
            raise Fault(f"After {seconds:.0f} s there is still no {what}.", remedy="See the log.")
        time.sleep(poll)
