"""`python -m tests.true_up`: random months, restated, paid and credited in any order.

The product's own operations on real PostgreSQL and the Stripe stand-in, both of this process; each
step is checked by code that shares nothing with what prices and allocates. Then faults are planted,
one at a time, which must be noticed. The last line is one JSON object. Exit code 1 where an
invariant is broken or a planted fault is not; the steps that led there are printed.
"""

import argparse
import json
import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.service_stack import use_service

_KEYS = (
    "sequences", "steps", "restatements", "payments", "commercial_credits", "plan_changes",
    "credit_notes", "debits",
)  # fmt: skip
_CONTROLS_MIN = 12


def main() -> int:
    parser = argparse.ArgumentParser(prog="true_up", description=__doc__)
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--only", nargs="*", metavar="CONTROL", help="these (all) and no sequences")
    parser.add_argument("--without-controls", action="store_true")
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    use_service("invoicing", only={"postgres"})
    _migrate()
    from tests.true_up import run  # noqa: PLC0415 - after Django is set up

    with tempfile.TemporaryDirectory(prefix="trueback-true-up-") as folder:
        run.prepare(Path(folder))
        begun = time.monotonic()
        violations = 0 if asked.only is not None else run.sequences(asked.sequences, seed)
        result: dict[str, Any] = {key: run.COUNTS.of[key] for key in _KEYS}
        print(f"{time.monotonic() - begun:.0f} s for the sequences", file=sys.stderr)
        names = [] if asked.without_controls or violations else run.control_names(asked.only)
        caught = sum(run.is_caught(name) for name in names)
    result |= {
        "violations": violations,
        "controls": len(names),
        "controls_caught": caught,
        "seed": seed,
    }
    print(json.dumps(result))
    is_enough = asked.only is not None or (
        result["sequences"] >= asked.sequences
        and (asked.without_controls or len(names) >= _CONTROLS_MIN)
    )
    return 0 if is_enough and not violations and caught == len(names) else 1


def _migrate() -> None:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    connection.close()


if __name__ == "__main__":
    sys.exit(main())
