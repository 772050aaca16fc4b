"""Whether a person sees a fault: an operator looks at the portal's page of health until he does."""

import html
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx

from deploy.local.stack import Stack
from services.portal.domain.trouble_words import WORDS
from shared.vocabulary.roles import Role
from shared.vocabulary.troubles import TroubleCode, TroubleKind
from tests.overload.clients import sign_in

_ANSWER_SECONDS: Final = 15
_LOOK_EVERY_SECONDS: Final = 3
# What was seen before may be shown that long (`shared.health.dependencies`).
_STALE_SECONDS: Final = 12


@dataclass(frozen=True)
class Row:
    """Of the page of health; of any service where none is named."""

    kind: TroubleKind
    code: TroubleCode
    service: str = ""

    def is_on(self, text: str) -> bool:
        """Its sentence stands there, whatever the figures in it."""
        pattern = re.sub(
            r"\\\{(\w+)\\\}",
            lambda part: self.service if part[1] == "service" and self.service else "[^<]+",
            re.escape(WORDS[self.kind, self.code].what),
        )
        return re.search(pattern, text) is not None


class Operator:
    """Signed in once; the session outlives whatever is done to the stack."""

    def __init__(self, stack: Stack) -> None:
        arguments = ("odile", "--role", Role.OPERATOR_ADMIN)
        self._url = f"{stack.portal_url}/health"
        self._cookies = sign_in(stack.run_manage("portal", "portal_user", *arguments).strip())

    def sees(self, rows: Collection[Row | None]) -> bool:
        """One of the rows; None is that there is no page.

        Who gets no page, or one that says 5xx, sees that something is wrong: so it is with the
        portal's own web process and with the database, which holds his session.
        """
        try:
            answer = httpx.get(
                self._url, cookies=self._cookies, timeout=_ANSWER_SECONDS, trust_env=False
            )
        except httpx.HTTPError:
            return None in rows
        if answer.status_code != HTTPStatus.OK:
            return None in rows and answer.is_server_error
        text = html.unescape(answer.text)
        return any(row.is_on(text) for row in rows if row)

    def watches(self, rows: Collection[Row | None], *, seconds: float) -> bool:
        """Whether he sees it within that time, all of which passes."""
        started = time.monotonic()
        is_seen = False
        while (elapsed := time.monotonic() - started) < seconds:
            if not is_seen and elapsed > _STALE_SECONDS:
                is_seen = self.sees(rows)
            time.sleep(max(0, min(_LOOK_EVERY_SECONDS, seconds - elapsed)))
        return is_seen
