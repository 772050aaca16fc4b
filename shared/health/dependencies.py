"""What a service depends on outside, asked when its health is: who does not answer, or slowly.

All are asked at once, each by a `Target`, and what came of it is kept for a while: who reloads the
page costs nobody anything.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final

from django.conf import settings

from shared.faults import Fault
from shared.health.processes import waiting_facts, waiting_jobs
from shared.health.trouble import Trouble, quoted
from shared.outside import broker, database, lake
from shared.outside.target import Target, Unanswered
from shared.vocabulary.troubles import TroubleCode, TroubleKind

Question = Callable[[], object]

ASK_SECONDS: Final = 1.0
# One that failed or was slow is asked once more: a connection had ended, a processor was busy.
_TRIES: Final = 2
# All of it, with the load of a client that was not used yet. Of one that is not ready by then what
# was known before is said. Less than the portal waits for an owner's health.
ANSWER_SECONDS: Final = 2.5
KEPT_SECONDS: Final = 10.0
# Beyond what a page waits for an object (`shared.outside.lake`), so that pages go without theirs;
# S3 lists a name in 30 ms mostly.
S3_SLOW_SECONDS: Final = 0.5
# A relay asks it five times a second (`bus_poll_seconds`), and can't if one question takes longer.
BROKER_SLOW_SECONDS: Final = 0.2
# It takes some 10 ms. Each job of a runner, and each thread of a web process once a minute, begins
# with a new one.
DATABASE_SLOW_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Dependency:
    """`connect` loads a client and returns the question, which raises where all is not well.

    That it did is `away_code`. `waiting` counts what waits meanwhile, in the staff's scope.
    """

    kind: TroubleKind
    name: str
    connect: Callable[[], Question]
    slow_seconds: float
    waiting: Callable[[], int]
    ask_seconds: float = ASK_SECONDS
    away_code: TroubleCode = TroubleCode.AWAY


@dataclass(frozen=True)
class _Finding:
    """`text` is its error, `milliseconds` how long it took to answer."""

    code: TroubleCode
    since: datetime
    text: str = ""
    milliseconds: int = 0


class Probe:
    """Of one dependency, for the life of a web process; threads may share it."""

    def __init__(
        self, dependency: Dependency, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.dependency = dependency
        self._clock = clock
        self._target = Target(dependency.name, clock=clock)
        # One thread, so that who asks meanwhile waits for the same answer.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"probe-{dependency.name}")
        self._asked_at = -KEPT_SECONDS
        self._finding: _Finding | None = None

    def look(self, now: datetime) -> Future[None]:
        """Ask, unless it was asked a moment ago."""
        return self._executor.submit(self._look, now)

    def trouble(self) -> Trouble | None:
        """As it was seen last, since it was first seen so in a row. In the staff's scope."""
        finding = self._finding
        if finding is None:
            return None
        figures: dict[str, str | int] = {"milliseconds": finding.milliseconds}
        if finding.code == self.dependency.away_code:
            figures = {"text": quoted(finding.text), "count": self.dependency.waiting()}
        return Trouble(
            self.dependency.kind, finding.code, self.dependency.name, finding.since, figures
        )

    def _look(self, now: datetime) -> None:
        if self._clock() - self._asked_at < KEPT_SECONDS:
            return
        finding, before = self._find(now), self._finding
        if finding and before and finding.code == before.code:
            finding = replace(finding, since=before.since)
        self._finding, self._asked_at = finding, self._clock()

    def _find(self, now: datetime) -> _Finding | None:
        """None where it answers as it should, at the first try or a later one."""
        try:
            question = self.dependency.connect()
        except Exception as error:  # noqa: BLE001 - without a client nobody can be asked
            text = f"{type(error).__name__}: {error}"
            return _Finding(self.dependency.away_code, now, text=text)
        finding: _Finding | None = None
        for _ in range(_TRIES):
            started = self._clock()
            try:
                self._target.call(question, seconds=self.dependency.ask_seconds)
            except (Unanswered, Fault) as error:
                # What was not asked because of the try before says less than that.
                if finding is None or getattr(error, "was_asked", True):
                    finding = _Finding(self.dependency.away_code, now, text=_text(error))
                continue
            seconds = self._clock() - started
            if seconds <= self.dependency.slow_seconds:
                return None
            finding = _Finding(TroubleCode.SLOW, now, milliseconds=round(seconds * 1000))
        return finding


def _text(error: Exception) -> str:
    """What its client says, where it was asked by one."""
    cause = error.__cause__ if isinstance(error, Unanswered) else None
    return str(cause or "") or str(error)


def dependency_troubles(probes: Iterable[Probe], now: datetime) -> Iterator[Trouble]:
    """In the staff's scope. One that is not known in time is as it was known before."""
    asked = list(probes)
    wait([probe.look(now) for probe in asked], timeout=ANSWER_SECONDS)
    for probe in asked:
        if trouble := probe.trouble():
            yield trouble


@cache
def common_probes() -> tuple[Probe, ...]:
    """Of what every service depends on."""
    environment = settings.ENVIRONMENT
    s3 = Dependency(
        TroubleKind.S3,
        "S3",
        lambda: lake.connect_probe(environment, seconds=ASK_SECONDS),
        S3_SLOW_SECONDS,
        waiting_jobs,
    )
    message_broker = Dependency(
        TroubleKind.BROKER,
        "the broker",
        lambda: broker.connect(environment, seconds=ASK_SECONDS),
        BROKER_SLOW_SECONDS,
        waiting_facts,
    )
    new_connections = Dependency(
        TroubleKind.DATABASE,
        "the database",
        lambda: database.connect_anew,
        DATABASE_SLOW_SECONDS,
        waiting_jobs,
        away_code=TroubleCode.NO_CONNECTION,
    )
    return Probe(s3), Probe(message_broker), Probe(new_connections)
