"""`python -m tests.controls`: each drill fails where what it is about is taken away.

A check that can't fail shows nothing. The last line is one JSON object: `passed` names the controls
whose drill passed all the same. Exit code 1 where one did, 2 where no stack could be started.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from shared.faults import Fault
from tests.controls import of_attacks, of_close, of_fuzz, of_overload
from tests.controls.ground import Ground, ground

# What a control sees of the drill's failure; empty where it has passed.
Control = Callable[[Ground], str]
CONTROLS: Final[Mapping[str, Control]] = {
    f"{kind}.{control.__name__}": control
    for kind, controls in {
        "close": of_close.CONTROLS,
        "attacks": of_attacks.CONTROLS,
        "fuzz": of_fuzz.CONTROLS,
        "overload": of_overload.CONTROLS,
    }.items()
    for control in controls
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", help=f"how they begin, of {', '.join(CONTROLS)}")
    wanted = tuple(parser.parse_args().name) or ("",)
    chosen = {name: control for name, control in CONTROLS.items() if name.startswith(wanted)}
    passed = []
    try:
        with ground() as shared:
            for name, control in chosen.items():
                started = time.monotonic()
                failure = control(shared)
                seconds = time.monotonic() - started
                print(f"{name}: {failure or 'PASSED'} ({seconds:.1f} s)", file=sys.stderr)
                if not failure:
                    passed.append(name)
    except (Fault, OSError) as problem:
        print(f"no control could be tried: {problem}", file=sys.stderr)
        return 2
    print(json.dumps({"controls": len(chosen), "passed": passed}))
    return 1 if passed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
