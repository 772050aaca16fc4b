"""What an answer tells that it must not, and what it should have been."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.fuzz.canaries import Canaries, Reader, texts_of
from tests.fuzz.wire import Answer, Request

COUNTERS = ("leaks", "errors_500", "html_errors")
_PROBLEM = "application/problem+json"
_FIRST = 5
# Only a demo has it: it names all of the demo's people, whoever looks.
_MENU_OF_PEOPLE = re.compile(r'<form method="post" action="/demo/person".*?</form>', re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """`is_refused`: whoever asks may not ask this, or not for this object, whatever is answered."""

    who: str
    reader: Reader
    is_refused: bool = False


@dataclass
class Verdicts:
    """`leaks` are answers with somebody else's canary, and successes of who may not ask.

    `errors_500` are answers of 500 and more, and none at all, but for 503 as a problem document: it
    is how a service says that it is busy, or that something that it needs does not answer. The
    portal says it to people by a page with `Retry-After`.
    `html_errors` are refusals of an API that are no problem document (RFC 9457).
    """

    canaries: Canaries
    cases: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sentences: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def judge(self, request: Request, asked: Asked, answer: Answer, *, is_api: bool) -> None:
        self.cases += 1
        self.statuses[answer.status] += 1
        if leak := self._leak(request, asked, answer):
            self._count("leaks", f"{asked.who}: {request}: {leak}")
        is_problem = _is_problem(request, answer)
        says_when = any(name.lower() == "retry-after" for name, _ in answer.headers)
        is_busy = answer.status == HTTPStatus.SERVICE_UNAVAILABLE and (
            is_problem or (says_when and not is_api)
        )
        if (answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or not answer.status) and not is_busy:
            self._count("errors_500", f"{asked.who}: {request}: answered {answer.status or 'not'}")
        elif is_api and answer.status >= HTTPStatus.BAD_REQUEST and not is_problem:
            kind = answer.content_type or "nothing"
            self._count("html_errors", f"{asked.who}: {request}: {answer.status} as {kind}")

    def report(self) -> dict[str, int]:
        return {"cases": self.cases, **{name: self.counts[name] for name in COUNTERS}}

    def _count(self, counter: str, sentence: str) -> None:
        self.counts[counter] += 1
        if self.counts[counter] <= _FIRST * _FIRST:
            self.sentences.append(f"{counter}: {sentence}")

    def _leak(self, request: Request, asked: Asked, answer: Answer) -> str:
        if asked.is_refused and HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return f"answered {answer.status}"
        if asked.reader.sees_all:
            return ""
        body = _MENU_OF_PEOPLE.sub("", texts_of(answer.body))
        read = "\n".join([body, *map(": ".join, answer.headers)])
        sent = f"{request.target}\n{request.headers}\n{request.body.decode(errors='replace')}"
        seen = self.canaries.seen_by(asked.reader, answer=read, request=sent)
        shown = ", ".join(sorted({f"{each.text!r} ({each.what})" for each in seen})[:_FIRST])
        return f"{answer.status} tells {shown}" if seen else ""


def _is_problem(request: Request, answer: Answer) -> bool:
    if answer.content_type.partition(";")[0].strip() != _PROBLEM:
        return False
    if request.method == "HEAD":
        return True
    try:
        document: Any = json.loads(answer.body)
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("status") == answer.status
