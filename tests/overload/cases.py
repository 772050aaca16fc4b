"""What a stack has to bear, one case a function, on a stack that runs."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.stack import Stack
from deploy.local.state import read_state
from tests.attacks.victim import VIC, Victim
from tests.overload import sockets
from tests.overload.clients import Person, Seen, people_at_work, seconds_until_well

CONNECTIONS: Final = 500
_PEOPLE: Final = 12
_SECONDS: Final = 12.0
_QUESTIONS: Final = 40
_ASKED_AT_ONCE: Final = 8
LIVEZ_MS_MAX: Final = 200
PAGE_MS_MAX: Final = 1000
RECOVERED_SECONDS_MAX: Final = 10


@dataclass(frozen=True)
class Drill:
    stack: Stack
    people: Sequence[Person]


def undisturbed(drill: Drill) -> dict[str, Any]:
    """What the machine can do: the others are worth nothing where this one fails."""
    with people_at_work(drill.stack.portal_url, drill.people, count=_PEOPLE) as seen:
        time.sleep(_SECONDS)
    return figures(drill, seen)


def slow_senders(drill: Drill) -> dict[str, Any]:
    """500 connections that send half a head, or a body by the byte, to the portal."""
    texts = [sockets.HALF_A_HEAD, sockets.A_BYTE_OF_A_BODY, sockets.A_CHUNK]
    return _with_connections(drill, texts, drips=True)


def idle_connections(drill: Drill) -> dict[str, Any]:
    """500 connections that say nothing, or nothing more after one request; nobody reads."""
    return _with_connections(drill, [sockets.NOTHING, sockets.A_WHOLE_REQUEST], drips=False)


def _with_connections(drill: Drill, texts: Sequence[bytes], *, drips: bool) -> dict[str, Any]:
    url = drill.stack.portal_url
    with (
        people_at_work(url, drill.people, count=_PEOPLE) as seen,
        sockets.held(url, texts, count=CONNECTIONS) as held,
    ):
        ended = time.monotonic() + _SECONDS
        while time.monotonic() < ended:
            for connection in held if drips else ():
                with contextlib.suppress(OSError):
                    connection.sendall(b"x")
            time.sleep(1)
    return figures(drill, seen)


def questions(drill: Drill) -> dict[str, Any]:
    """40 questions of one viewer at attribution, each about another number of rows."""
    victim = Victim(drill.stack)
    path = f"/api/v1/periods/{victim.period}/explanations"

    def ask(number: int) -> int:
        wanted = {"tenant": victim.tenant, "rows": str(number + 1)}
        return victim.ask(VIC, "attribution", "GET", path, params=wanted).status_code

    with people_at_work(drill.stack.portal_url, drill.people, count=_PEOPLE) as seen:
        ended = time.monotonic() + _SECONDS
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as at_once:
            codes = Counter(at_once.map(ask, range(_QUESTIONS)))
        time.sleep(max(0.0, ended - time.monotonic()))
    print(f"answers to the questions: {dict(codes)}", file=sys.stderr)
    return figures(drill, seen)


def invoicing_stopped(drill: Drill) -> dict[str, Any]:
    return _with_stopped(drill, "invoicing.web")


def attribution_stopped(drill: Drill) -> dict[str, Any]:
    return _with_stopped(drill, "attribution.web")


def s3_stopped(drill: Drill) -> dict[str, Any]:
    return _with_stopped(drill, "s3")


def _with_stopped(drill: Drill, name: str) -> dict[str, Any]:
    url = drill.stack.portal_url
    with people_at_work(url, drill.people, count=_PEOPLE) as seen, stopped(drill.stack, name):
        time.sleep(_SECONDS)
    return figures(drill, seen)


@contextlib.contextmanager
def stopped(stack: Stack, name: str) -> Iterator[None]:
    """SIGSTOP: connections are still accepted by the kernel, and nobody answers."""
    state = read_state(stack.home)
    if state is None:
        raise LookupError("no stack runs there")
    group = next(process.pid for process in state.processes if process.name == name)
    os.killpg(group, signal.SIGSTOP)
    # Whatever becomes of this process, the stack goes on.
    rescue = threading.Timer(60, os.killpg, [group, signal.SIGCONT])
    rescue.start()
    try:
        yield
    finally:
        rescue.cancel()
        os.killpg(group, signal.SIGCONT)


def figures(drill: Drill, seen: Seen) -> dict[str, Any]:
    """Taken when the fault has just ended: how long until all is well counts from here."""
    url = drill.stack.portal_url
    recovered = seconds_until_well(url, drill.people, at_most=3 * RECOVERED_SECONDS_MAX)
    known = "; ".join(sorted(set(seen.errors))[:5]) or "none"
    print(f"pages that said what is missing: {seen.missing}; errors: {known}", file=sys.stderr)
    return {
        "livez_p99_ms": percentile(seen.probe_ms, 99),
        "page_p99_ms": percentile(seen.page_ms, 99),
        "answered": seen.answered,
        "errors_5xx": len(seen.errors),
        "recovered_seconds": None if recovered is None else round(recovered, 1),
    }


def worst_of(reports: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each figure; None where a case has not recovered."""
    recovered = [report["recovered_seconds"] for report in reports]
    return {
        **{
            name: max(report[name] for report in reports)
            for name in ("livez_p99_ms", "page_p99_ms", "errors_5xx")
        },
        "answered": min(report["answered"] for report in reports),
        "recovered_seconds": None if None in recovered else max(recovered),
    }


def percentile(values: Sequence[float], share: int) -> int:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)]) if ordered else 0


def is_borne(report: Mapping[str, Any]) -> bool:
    return (
        report["livez_p99_ms"] <= LIVEZ_MS_MAX
        and report["page_p99_ms"] <= PAGE_MS_MAX
        and report["answered"] > 0
        and report["errors_5xx"] == 0
        and report["recovered_seconds"] is not None
        and report["recovered_seconds"] <= RECOVERED_SECONDS_MAX
    )


CASES: Final[Mapping[str, Callable[[Drill], dict[str, Any]]]] = {
    "undisturbed": undisturbed,
    "slow_senders": slow_senders,
    "idle_connections": idle_connections,
    "questions": questions,
    "invoicing_stopped": invoicing_stopped,
    "attribution_stopped": attribution_stopped,
    "s3_stopped": s3_stopped,
}
