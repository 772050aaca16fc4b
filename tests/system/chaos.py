"""`python -m tests.system.chaos --faults 30`: the demo's line under seeded faults.

The line runs twice, each time on a new stack: once in peace, then with a second runner of each
service while `tests.system.faults` are done to it. What the second leaves behind must be what
the first did, row by row, and what `tests.checker` finds right in both, without the product's code:
`difference` is what it finds in US dollars. The last line printed is one JSON object; exit code 1
unless all is well.
"""

import argparse
import json
import random
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.demo.delivery import EXPORT_BUCKET
from deploy.local.api_client import persist
from deploy.local.waiting import Patience
from tests.checker.findings import Finding, off_by
from tests.checker.judge import judge
from tests.checker.read import Places, read_books
from tests.system.close_run import (
    ONLY_THE_ANCHOR,
    SERVICES,
    UNSETTLED,
    WITH_MONTHS_AROUND,
    CloseRun,
    close_run,
    count,
    failures,
    settled,
)
from tests.system.faults import BASIC, KILLS, LASTING, OTHERS, Fault, second_runners
from tests.system.promises import Comparison, Rows, compare, outcome
from tests.system.watch import Operator

PATIENCE_SECONDS: Final = 300
_AWAIT_WORK_SECONDS: Final = 10
# The supervisor starts what died again within thirty seconds.
_AWAIT_SERVERS_SECONDS: Final = 60
_FEW: Final = 20
_MANY: Final = 40
_PER_LONG: Final = 12
_SHORT_SECONDS: Final = (1.0, 4.0)
_LONG_SECONDS: Final = (65.0, 75.0)
_UNFINISHED: Final = (*UNSETTLED, ("invoicing", "invoicing_stripeoperation", "state = 'intended'"))
# Whoever asks for the same again, and gets it, has moved it on.
_FAILED: Final = """state = 'failed' and not exists (
    select from {0}_job as later
    where (later.kind, later.key) = ({0}_job.kind, {0}_job.key)
        and later.created_at > {0}_job.created_at and later.state = 'done'
)"""
# Refused since AWS wrote the next one while it was read: that one is there.
_NOT_OVERTAKEN: Final = """ and not exists (
    select from ingestion_delivery as refused
    join ingestion_delivery as newer
        on (newer.source_id, newer.period) = (refused.source_id, refused.period)
        and newer.delivered_at > refused.delivered_at
    where refused.delivery_id = ingestion_job.key and refused.state = 'quarantined'
        and newer.state <> 'quarantined'
)"""
_STUCK: Final = (
    *_UNFINISHED,
    *((name, f"{name}_outbox", "dead_at is not null") for name in SERVICES),
    ("ingestion", "ingestion_job", _FAILED.format("ingestion") + _NOT_OVERTAKEN),
    *((name, f"{name}_job", _FAILED.format(name)) for name in SERVICES if name != "ingestion"),
)


@dataclass(frozen=True)
class PlannedFault:
    fault: Fault
    after_seconds: float
    seconds: float

    @property
    def is_long(self) -> bool:
        return self.seconds >= min(_LONG_SECONDS)


@dataclass
class Harm:
    """What was done to a run."""

    faults: list[str] = field(default_factory=list)
    in_flight: int = 0
    long: int = 0
    unseen: list[str] = field(default_factory=list)


def plan(faults: int, seed: int) -> list[PlannedFault]:
    """One in ten stops the database, one in ten the broker's process, one in ten empties it.

    Of the rest every other one is a kill, and each kind comes as often as their number allows. One
    in twelve lasts over a minute: of sixty, three seeds that follow each other have each kind. They
    are last, since a close goes on, and is over, beside most of them.
    """
    dice = random.Random(seed)  # noqa: S311 - a plan has to repeat
    count = faults // _PER_LONG
    long = [LASTING[(seed * count + number) % len(LASTING)] for number in range(count)]
    chosen = [fault for fault in BASIC for _ in range(max(1, faults // 10))]
    others, kills = _dealt(OTHERS, dice), _dealt(KILLS, dice)
    while len(chosen) < faults - count:
        chosen += [next(others), next(kills)]
    chosen = chosen[: faults - count]
    dice.shuffle(chosen)
    return [
        *(_planned(fault, dice, _SHORT_SECONDS) for fault in chosen),
        *(_planned(fault, dice, _LONG_SECONDS) for fault in long),
    ]


def _planned(fault: Fault, dice: random.Random, seconds: tuple[float, float]) -> PlannedFault:
    lasts_seconds = dice.uniform(*seconds) if fault.lasts else 0
    return PlannedFault(fault, dice.uniform(0.05, 0.6), lasts_seconds)


def _dealt(faults: Sequence[Fault], dice: random.Random) -> Iterator[Fault]:
    while True:
        yield from dice.sample(faults, len(faults))


@dataclass(frozen=True)
class UnderFaults:
    """What a run under faults leaves.

    `stuck` is the table of each message and job that nobody moves on.
    """

    harm: Harm
    comparison: Comparison
    findings: list[Finding]
    stuck: list[str]
    problems: list[str]


def is_work_in_flight(run: CloseRun) -> bool:
    return any(count(run, *unfinished) for unfinished in _UNFINISHED)


def do_harm(run: CloseRun, planned: Sequence[PlannedFault], operator: Operator) -> Harm:
    """Each fault waits for work, then a moment of its own; without work it strikes all the same."""
    done = Harm()
    for each in planned:
        run.wait(lambda: is_work_in_flight(run), seconds=_AWAIT_WORK_SECONDS)
        time.sleep(each.after_seconds)
        done.in_flight += is_work_in_flight(run)
        done.faults.append(each.fault.name)
        print(f"{len(done.faults):3} {each.fault.name}", file=sys.stderr)
        with each.fault.done_to(run):
            if not each.is_long:
                time.sleep(each.seconds)
                continue
            done.long += 1
            if not operator.watches(each.fault.shown_as, seconds=each.seconds):
                done.unseen.append(each.fault.name)
    return done


def findings(run: CloseRun) -> list[Finding]:
    """Of the independent checker; what a fault has ended comes back meanwhile."""
    servers = run.stack.servers
    places = Places(
        postgres_url=servers.postgres_url,
        s3_url=servers.s3.endpoint_url,
        s3_access_key=servers.s3.access_key,
        s3_secret_key=servers.s3.secret_key,
        bills_uri=f"s3://{EXPORT_BUCKET}/exports/",
        stripe_url=servers.stripe_url,
        stripe_api_key=servers.credentials["stripe.api_key"],
        sample=servers.home.data / "sample",
    )
    return judge(persist(Patience(_AWAIT_SERVERS_SECONDS), "answer", lambda: read_books(places)))


def run_in_peace(home: Path, offsets: tuple[int, ...]) -> tuple[Rows, list[str]]:
    with close_run(home, patience_seconds=PATIENCE_SECONDS, offsets=offsets) as run:
        run.start()
        run.finish()
        problems = [*failures(run), *map(str, findings(run))]
        return outcome(run), problems


def run_under_faults(
    home: Path, planned: Sequence[PlannedFault], expected: Rows, offsets: tuple[int, ...]
) -> UnderFaults:
    patience = PATIENCE_SECONDS + sum(each.seconds for each in planned if each.is_long)
    with close_run(home, patience_seconds=patience, offsets=offsets) as run:
        operator = Operator(run.stack)
        run.start()
        with second_runners(run):
            done = do_harm(run, planned, operator)
            run.finish()
        problems = [] if settled(run, seconds=180) else ["work is unfinished after three minutes"]
        problems += failures(run)
        comparison = compare(expected, outcome(run))
        stuck = [
            table
            for service, table, where in _STUCK
            for _ in range(count(run, service, table, where))
        ]
        return UnderFaults(done, comparison, findings(run), stuck, problems)


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--seed", type=int, default=None, help="of the plan; else a new one")
    parser.add_argument("--home", type=Path, default=Path("var/chaos"))
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    home = asked.home.resolve()
    shutil.rmtree(home, ignore_errors=True)
    # So that there is work for all of them to strike.
    offsets = WITH_MONTHS_AROUND if asked.faults >= _MANY else ONLY_THE_ANCHOR
    expected, problems = run_in_peace(home / "in-peace", offsets)
    run = run_under_faults(home / "under-faults", plan(asked.faults, seed), expected, offsets)
    done, comparison = run.harm, run.comparison
    problems += run.problems
    problems += [f"nobody saw: {name}" for name in done.unseen]
    problems += [f"stuck in {table}" for table in run.stuck]
    for sentence in (*problems, *comparison.lost, *comparison.doubled, *run.findings):
        print(sentence, file=sys.stderr)
    report = {
        "faults": len(done.faults),
        "faults_in_flight": done.in_flight,
        "faults_over_a_minute": done.long,
        "seen_by_a_person": not done.unseen,
        "lost": len(comparison.lost),
        "doubled": len(comparison.doubled),
        "difference": str(off_by(run.findings)),
        "stuck": len(run.stuck),
        "rows": expected.total(),
        "problems": len(problems),
        "seed": seed,
    }
    print(json.dumps(report))
    is_well = not any((problems, comparison.lost, comparison.doubled, run.findings))
    is_harsh = done.in_flight * 3 >= asked.faults * 2 or (
        asked.faults < _FEW and done.in_flight * 2 >= asked.faults
    )
    if not is_harsh:
        print("Too few faults struck while work was in flight.", file=sys.stderr)
    return 0 if is_well and is_harsh else 1


if __name__ == "__main__":
    sys.exit(main())
