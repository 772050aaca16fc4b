"""`python -m tests.attacks`: attacks on a stack that runs; the last line is one JSON object.

On a stack of its own in test mode, or on that of --home, which has the sample. The exit code is 1
where an attack has succeeded, 2 where none could be tried.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.local.home import Home
from deploy.local.session import stack_session
from deploy.local.stack import running_stack
from shared.faults import Fault
from shared.vocabulary.modes import Mode
from tests.attacks.attack import Attack, Case
from tests.attacks.groups import GROUPS, attacks
from tests.attacks.victim import Victim
from tests.system.close_run import CloseRun

_PATIENCE_SECONDS: Final = 180
# All that an attack needs is there by then: two customers, a run, an invoice that is paid.
_UNTIL: Final = "restatement"
_SHOWN_MAX: Final = 50


def report_of(chosen: Sequence[Attack], victim: Victim) -> dict[str, Any]:
    """Each attack's line goes to standard error, as it is done."""
    for attack in chosen:
        attack.prepare(victim)
    cases: list[Case] = []
    broken: list[str] = []
    for attack in chosen:
        started = time.monotonic()
        tried = attack.cases(victim)
        succeeded = [case for case in tried if case.broken]
        broken += [f"{attack.name}: {case.name}: {case.broken}" for case in succeeded]
        cases += tried
        held = f"{len(tried) - len(succeeded)} of {len(tried)} held"
        print(
            f"{attack.name}: {held}, {time.monotonic() - started:.1f} s ({attack.gain})",
            file=sys.stderr,
            flush=True,
        )
    return {"attacks": len(cases), "held": len(cases) - len(broken), "broken": broken}


@contextmanager
def _own_stack() -> Iterator[Victim]:
    with (
        tempfile.TemporaryDirectory(prefix="trueback-attacks-") as folder,
        stack_session(Home(Path(folder).resolve()), Mode.TEST) as stack,
    ):
        with CloseRun(stack, patience_seconds=_PATIENCE_SECONDS, until=_UNTIL) as run:
            run.start()
            run.finish()
        if run.problem:
            raise Fault(run.problem)
        yield Victim(stack)


@contextmanager
def victim_at(home: Path | None) -> Iterator[Victim]:
    if home is None:
        with _own_stack() as victim:
            yield victim
    else:
        yield Victim(running_stack(Home(home.resolve())))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="of a stack that runs, with the sample")
    parser.add_argument("group", nargs="*", help=f"all, or of {', '.join(GROUPS)}")
    given = parser.parse_args()
    try:
        with victim_at(given.home) as victim:
            report = report_of(attacks(given.group), victim)
    except (Fault, OSError) as problem:
        print(f"no attack could be tried: {problem}", file=sys.stderr)
        return 2
    for sentence in report["broken"][:_SHOWN_MAX]:
        print(sentence, file=sys.stderr)
    print(json.dumps(report))
    return 1 if report["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
