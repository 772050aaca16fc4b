"""`python -m tests.overload`: a running stack bears slow, idle and silent others; a JSON per case.

The stack is that of TRUEBACK_HOME, such as a demo's: `make demo-check THEN='make check-overload'`.
The last line is the worst of each figure. Exit code 1 where a limit is missed, 2 where no stack
runs.
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from deploy.demo.line import CLARA, OLIVIA
from deploy.local.home import Home
from deploy.local.stack import Stack, running_stack
from deploy.local.state import is_running
from shared.auth.actors import Actor
from tests.overload.cases import CASES, Drill, is_borne, worst_of
from tests.overload.clients import Person, sign_in

ANN: Final = Actor("ann@acme", "customer_admin", "acme")
_CAN_NOT_RUN: Final = 2
_PATHS: Final = {
    OLIVIA: (
        "/overview",
        "/close",
        "/tenants/globex/plans",
        "/tenants/globex/why?group=pool:nat",
        "/margins",
    ),
    CLARA: ("/invoices", "/invoices?view=all"),
    ANN: ("/account", "/account/breakdown"),
}


def person(stack: Stack, actor: Actor) -> Person:
    arguments = [actor.name, "--role", actor.role]
    if actor.customer:
        arguments += ["--customer", actor.customer]
    link = stack.run_manage("portal", "portal_user", *arguments).strip()
    return Person(sign_in(link), _PATHS[actor])


def drill_on(stack: Stack) -> Drill:
    return Drill(stack, [person(stack, actor) for actor in _PATHS])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("TRUEBACK_HOME", "var")))
    parser.add_argument("case", nargs="*", help=", ".join(CASES))
    given = parser.parse_args()
    home = Home(given.home.resolve())
    if not is_running(home):
        print(
            f"No stack runs in {home.path}. Start one: make demo-check THEN='make check-overload'.",
            file=sys.stderr,
        )
        return _CAN_NOT_RUN
    drill = drill_on(running_stack(home))
    reports = []
    for name in given.case or CASES:
        reports.append(CASES[name](drill))
        print(json.dumps({"case": name, **reports[-1]}), flush=True)
    print(json.dumps({"case": "all", **worst_of(reports)}))
    return 0 if all(map(is_borne, reports)) else 1


if __name__ == "__main__":
    sys.exit(main())
