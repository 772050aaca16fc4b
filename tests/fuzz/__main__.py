"""`python -m tests.fuzz`: generated and hostile requests to a stack that holds several tenants.

Of every service's operations, by every role, on everybody's objects. Each answer is looked through
for canaries: strings that one customer, or the operator alone, may read (`planting`).

On a stack of its own in test mode, or on that of --home, which has the sample. The last line is one
JSON object, whose figures but for `cases` must be 0: exit code 1 where one is not, 2 where nothing
could be sent. `--seed` sends the same again.
"""

import argparse
import json
import random
import secrets
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

from shared.faults import Fault
from tests.attacks.__main__ import victim_at
from tests.attacks.victim import APIS, SERVICES, Victim
from tests.fuzz.generate import Case, Generator
from tests.fuzz.ids import ids_of
from tests.fuzz.operations import operations_of_the_apis, pages_of_the_portal
from tests.fuzz.people import people_of_the_apis, people_of_the_portal
from tests.fuzz.planting import planted
from tests.fuzz.verdict import COUNTERS, Verdicts
from tests.fuzz.wire import Answer, Wire

# Two cores have four processes of a service's and their database; more would only queue.
_AT_ONCE: Final = 4
_CHUNK: Final = 200
_CAN_NOT_RUN: Final = 2


def fuzz(victim: Victim, *, cases: int, seed: int) -> Verdicts:
    chance = random.Random(seed)  # noqa: S311 - a run has to repeat
    with planted(victim, seed=seed) as canaries:
        apis = operations_of_the_apis(
            victim, made_each=max(4, min(60, cases // 250)), chance_seed=seed
        )
        generator = Generator(ids_of(victim), [*apis, *pages_of_the_portal(victim)], chance)
        people = {"apis": people_of_the_apis(victim), "portal": people_of_the_portal(victim)}
        verdicts = Verdicts(canaries)
        wire = Wire({service: victim.url(service) for service in SERVICES})
        with ThreadPoolExecutor(_AT_ONCE) as at_once:
            for chunk in _chunks(islice(generator.cases(people), cases)):
                for case, answer in at_once.map(lambda case: (case, _send(wire, case)), chunk):
                    is_api = case.request.service in APIS
                    verdicts.judge(case.request, case.asked, answer, is_api=is_api)
    return verdicts


def _send(wire: Wire, case: Case) -> Answer:
    return wire.send(case.request, case.person.headers(case.request.service))


def _chunks(cases: Iterator[Case]) -> Iterator[list[Case]]:
    while chunk := list(islice(cases, _CHUNK)):
        yield chunk


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="of a stack that runs, with the sample")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    print(f"SEED={seed}", flush=True)
    started = time.monotonic()
    try:
        with victim_at(given.home) as victim:
            verdicts = fuzz(victim, cases=given.cases, seed=seed)
    except (Fault, OSError, LookupError) as problem:
        print(f"nothing could be sent: {problem}", file=sys.stderr)
        return _CAN_NOT_RUN
    for sentence in verdicts.sentences:
        print(sentence, file=sys.stderr)
    answered = ", ".join(f"{count} x {code}" for code, count in sorted(verdicts.statuses.items()))
    print(f"{time.monotonic() - started:.0f} s; answered {answered}", file=sys.stderr)
    report = verdicts.report()
    print(json.dumps(report))
    return 1 if any(report[name] for name in COUNTERS) else 0


if __name__ == "__main__":
    sys.exit(main())
