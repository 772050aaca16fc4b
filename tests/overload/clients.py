"""People who load pages, and a probe beside them: what each got, and how long it took."""

import contextlib
import http.client
import re
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from itertools import cycle
from typing import Final
from urllib.parse import urlsplit

import httpx

_PROBE_EVERY_SECONDS: Final = 0.05
# A person reads; a page every now and then is what twelve people ask for.
_THINK_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 10
_SERVER_ERROR: Final = 500
# What a page says where something that it shows is not known.
MISSING: Final = "not answer"


@dataclass(frozen=True)
class Person:
    """Signed in: the cookies of a session, and the pages that this person looks at."""

    cookies: dict[str, str]
    paths: Sequence[str]


@dataclass
class Seen:
    """Times in ms, in the order of arrival; `errors` are answers of 500 and more, or none."""

    probe_ms: list[float] = field(default_factory=list)
    page_ms: list[float] = field(default_factory=list)
    answered: int = 0
    errors: list[str] = field(default_factory=list)
    missing: int = 0


def sign_in(link: str) -> dict[str, str]:
    """By the button of a one-time link, as a person does."""
    with httpx.Client(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        page = client.get(link).text
        form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        address = httpx.URL(link).copy_with(path="/sign-in")
        client.post(
            address, data=form, headers={"Origin": f"{address.scheme}://{address.netloc.decode()}"}
        )
        return dict(client.cookies)


def probe(url: str, seen: Seen, stop: threading.Event) -> None:
    """Each time by a connection of its own, as Kubernetes and Docker do."""
    parts = urlsplit(url)
    while not stop.wait(_PROBE_EVERY_SECONDS):
        started = time.monotonic()
        client = http.client.HTTPConnection(
            str(parts.hostname), parts.port, timeout=_PATIENCE_SECONDS
        )
        try:
            with contextlib.closing(client):
                client.request("GET", "/livez")
                status = client.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            status = _SERVER_ERROR
            seen.errors.append(f"/livez: {type(error).__name__}")
        took_ms = (time.monotonic() - started) * 1000
        seen.probe_ms.append(took_ms if status == HTTPStatus.OK else _PATIENCE_SECONDS * 1000)


def load(client: httpx.Client, path: str, seen: Seen) -> None:
    started = time.monotonic()
    try:
        answer = client.get(path)
    except httpx.HTTPError as error:
        seen.page_ms.append(_PATIENCE_SECONDS * 1000)
        seen.errors.append(f"{path}: {type(error).__name__}")
        return
    seen.page_ms.append((time.monotonic() - started) * 1000)
    if answer.status_code >= _SERVER_ERROR:
        seen.errors.append(f"{path}: {answer.status_code}")
        return
    seen.answered += 1
    seen.missing += MISSING in answer.text


def client_of(url: str, person: Person) -> httpx.Client:
    return httpx.Client(
        base_url=url,
        cookies=person.cookies,
        trust_env=False,
        timeout=_PATIENCE_SECONDS,
        verify=_authorities(),
    )


@cache
def _authorities() -> ssl.SSLContext:
    """Read once: to read it takes as long as a page."""
    return ssl.create_default_context()


def read_pages(url: str, person: Person, seen: Seen, stop: threading.Event, pause: float) -> None:
    with client_of(url, person) as client:
        stop.wait(pause)
        for path in cycle(person.paths):
            if stop.is_set():
                return
            load(client, path, seen)
            stop.wait(_THINK_SECONDS)


@contextlib.contextmanager
def people_at_work(url: str, people: Sequence[Person], *, count: int) -> Iterator[Seen]:
    """`count` people, in turns of those given, and a probe."""
    seen, stop = Seen(), threading.Event()
    turns = cycle(people)
    threads = [threading.Thread(target=probe, args=[url, seen, stop])]
    for number in range(count):
        pause = _THINK_SECONDS * number / count
        threads.append(
            threading.Thread(target=read_pages, args=[url, next(turns), seen, stop, pause])
        )
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def seconds_until_well(url: str, people: Sequence[Person], *, at_most: float) -> float | None:
    """Until every page of everybody comes and is whole; None if that takes longer."""
    started = time.monotonic()
    while time.monotonic() - started < at_most:
        seen = Seen()
        for person in people:
            with client_of(url, person) as client:
                for path in person.paths:
                    load(client, path, seen)
        if not seen.errors and not seen.missing:
            return time.monotonic() - started
        time.sleep(0.2)
    return None
