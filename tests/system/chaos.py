"""`python -m tests.system.chaos --faults 30`: the demo's line under seeded faults.

The line runs twice, each time on a new stack: once in peace, then while processes are killed, the
broker forgets and the database stops without a word. What the second leaves behind must be what
the first did, row by row. The last line printed is one JSON object; exit code 1 unless all is well.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import redis

from tests.system.close_run import SERVICES, CloseRun, close_run, count, failures, settled
from tests.system.promises import Comparison, Rows, compare, difference, outcome

PATIENCE_SECONDS: Final = 300
_AWAIT_WORK_SECONDS: Final = 10
_STANDSTILL_SECONDS: Final = 0.7
_FEW: Final = 20
_PROCESSES: Final = tuple(
    f"{service}.{kind}"
    for service in SERVICES
    for kind in ("web", "bus", "worker", "runner")
    if (service, kind) != ("portal", "runner")
)
_UNFINISHED: Final = (
    *((name, f"{name}_outbox", "acked_at is null and dead_at is null") for name in SERVICES),
    *((name, f"{name}_job", "state in ('queued', 'running')") for name in SERVICES),
    ("invoicing", "invoicing_stripeoperation", "state = 'intended'"),
)
_SENT: Final = tuple(
    (name, f"{name}_outbox", "attempts > 0 and acked_at is null and dead_at is null")
    for name in ("invoicing", "attribution", "ingestion")
)


@dataclass(frozen=True)
class PlannedFault:
    name: str
    after_seconds: float
    harm: Callable[[CloseRun], None]


@dataclass
class Harm:
    """What was done to a run."""

    faults: list[str] = field(default_factory=list)
    in_flight: int = 0


def flush_the_broker(run: CloseRun) -> None:
    """While facts are on their way and every relay stands still: acknowledgements are lost, too."""
    run.wait(lambda: any(count(run, *sent) for sent in _SENT), seconds=_AWAIT_WORK_SECONDS)
    groups = [pid for name, pid in run.pids().items() if name.endswith(".bus")]
    _signal_all(groups, signal.SIGSTOP)
    time.sleep(_STANDSTILL_SECONDS)
    with suppress(redis.RedisError):
        run.broker.flushall()
    _signal_all(groups, signal.SIGCONT)


def _signal_all(groups: Sequence[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)


def stop_the_database_at_once(run: CloseRun) -> None:
    """PostgreSQL's immediate shutdown: no checkpoint, as if the machine had lost its power."""
    pid = run.pids().get("postgres")
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def kill(name: str) -> Callable[[CloseRun], None]:
    return lambda run: run.kill(name)


def plan(faults: int, seed: int) -> list[PlannedFault]:
    """One in ten stops the database, one in ten the broker's process, one in ten empties it; the
    others kill the services' processes, as evenly as their number allows."""
    dice = random.Random(seed)  # noqa: S311 - a plan has to repeat
    tenth = max(1, faults // 10)
    kinds: list[tuple[str, Callable[[CloseRun], None]]] = [
        *[("postgres immediate stop", stop_the_database_at_once)] * tenth,
        *[("kill -9 valkey", kill("valkey"))] * tenth,
        *[("FLUSHALL", flush_the_broker)] * tenth,
    ]
    while len(kinds) < faults:
        turn = dice.sample(_PROCESSES, len(_PROCESSES))
        kinds += [(f"kill -9 {name}", kill(name)) for name in turn]
    kinds = kinds[:faults]
    dice.shuffle(kinds)
    return [PlannedFault(name, dice.uniform(0.05, 0.6), harm) for name, harm in kinds]


def is_work_in_flight(run: CloseRun) -> bool:
    return any(count(run, *unfinished) for unfinished in _UNFINISHED)


def do_harm(run: CloseRun, planned: Sequence[PlannedFault]) -> Harm:
    """Each fault waits for work, then a moment of its own; without work it strikes all the same."""
    done = Harm()
    for fault in planned:
        run.wait(lambda: is_work_in_flight(run), seconds=_AWAIT_WORK_SECONDS)
        time.sleep(fault.after_seconds)
        done.in_flight += is_work_in_flight(run)
        fault.harm(run)
        done.faults.append(fault.name)
        print(f"{len(done.faults):3} {fault.name}", file=sys.stderr)
    return done


def run_in_peace(home: Path) -> tuple[Rows, list[str]]:
    with close_run(home, patience_seconds=PATIENCE_SECONDS) as run:
        run.start()
        run.finish()
        problems = failures(run)
        return outcome(run), problems


def run_under_faults(
    home: Path, planned: Sequence[PlannedFault], expected: Rows
) -> tuple[Harm, Comparison, str, list[str]]:
    with close_run(home, patience_seconds=PATIENCE_SECONDS) as run:
        run.start()
        done = do_harm(run, planned)
        run.finish()
        problems = [] if settled(run, seconds=180) else ["work is unfinished after three minutes"]
        problems += failures(run)
        return done, compare(expected, outcome(run)), str(difference(run)), problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None, help="of the plan; else a new one")
    parser.add_argument("--home", type=Path, default=Path("var/chaos"))
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    home = asked.home.resolve()
    shutil.rmtree(home, ignore_errors=True)
    expected, problems = run_in_peace(home / "in-peace")
    done, comparison, off, later = run_under_faults(
        home / "under-faults", plan(asked.faults, seed), expected
    )
    for sentence in (*problems, *later, *comparison.lost, *comparison.doubled):
        print(sentence, file=sys.stderr)
    report = {
        "faults": len(done.faults),
        "faults_in_flight": done.in_flight,
        "lost": len(comparison.lost),
        "doubled": len(comparison.doubled),
        "difference": off,
        "rows": expected.total(),
        "problems": len(problems) + len(later),
        "seed": seed,
    }
    print(json.dumps(report))
    is_well = not (problems or later or comparison.lost or comparison.doubled) and off == "0"
    is_harsh = done.in_flight * 3 >= asked.faults * 2 or (
        asked.faults < _FEW and done.in_flight * 2 >= asked.faults
    )
    if not is_harsh:
        print("Too few faults struck while work was in flight.", file=sys.stderr)
    return 0 if is_well and is_harsh else 1


if __name__ == "__main__":
    sys.exit(main())
