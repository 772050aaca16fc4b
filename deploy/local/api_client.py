"""Calls to the services' APIs in a person's name, patient with a service that restarts."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import stripe
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.waiting import Patience
from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.faults import Fault

Answer = TypeVar("Answer")

# Between two looks where an answer costs the service a good part of `POLL_SECONDS`.
SPARING_SECONDS: Final = 0.4
# A service itself lets go of a request after 60 s (`shared.edge.limits`), and says so.
ANSWER_SECONDS: Final = 75
_PATIENCE: Final = Patience(still_seconds=60)

_SERVER_ERROR: Final = 500
_SERVER_IS_AWAY: Final[tuple[type[Exception], ...]] = (
    BotoCoreError,
    ClientError,
    httpx.HTTPError,
    stripe.APIConnectionError,
)


class Refused(Fault):
    """A service refused the call; the message is its own, and so is the reason, if it has one."""

    def __init__(
        self, message: str, *, status: int = 0, reason: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.is_not_known = status == HTTPStatus.NOT_FOUND
        self.reason = reason or {}

    @property
    def code(self) -> str:
        return str(self.reason.get("code", ""))


class ApiClient:
    """Reads, and commands that may be given twice: each is repeated while nobody answers.

    `news` grows with each answer that is another than the one before to the same question.
    """

    def __init__(
        self,
        urls: Callable[[str], str],
        signing_key_file: Path,
        *,
        patience: Patience = _PATIENCE,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.news = 0
        self._answers: dict[str, bytes] = {}
        self._urls = urls
        self._key = signing_key_file
        self._patience = patience
        self._http = httpx.Client(timeout=answer_seconds)

    def close(self) -> None:
        self._http.close()

    def call(
        self, actor: Actor, service: str, method: str, path: str, body: Any | None = None
    ) -> Any:
        """The JSON answer; raises Refused for a 4xx, and Fault when nobody answered for long."""
        problem = ""

        def send() -> httpx.Response | None:
            nonlocal problem
            try:
                answer = self._send(actor, service, method, path, body)
            except httpx.TransportError as error:
                problem = f"it does not answer: {error}"
                return None
            problem = f"{answer.status_code}"
            return answer if answer.status_code < _SERVER_ERROR else None

        answer = self._patience.until(
            lambda: f"answer of {service} to {method} {path} ({problem})", send
        )
        if not answer.is_success:
            raise _refusal(answer)
        self._note(f"{method} {service}{path}", answer.content)
        return answer.json()

    def _note(self, question: str, answer: bytes) -> None:
        if self._answers.get(question) != answer:
            self._answers[question] = answer
            self.news += 1

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


def _refusal(answer: httpx.Response) -> Refused:
    """What the problem document (RFC 9457) says, else the answer as it is."""
    try:
        problem = answer.json()
        return Refused(
            str(problem["detail"]),
            status=answer.status_code,
            reason=dict(problem.get("reason", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(f"{answer.status_code}: {answer.text[:500]}", status=answer.status_code)


def persist(
    patience: Patience,
    what: str,
    action: Callable[[], Answer],
    *,
    passing: tuple[type[Exception], ...] = _SERVER_IS_AWAY,
) -> Answer:
    """The answer of an action that may be done twice, tried again while it raises what passes."""
    problem: Exception | None = None

    def act() -> tuple[Answer] | None:
        nonlocal problem
        try:
            return (action(),)
        except passing as error:
            problem = error
            return None

    return patience.until(lambda: f"{what} ({problem})", act)[0]
