"""Controls of `make fuzz-api`: one for each of its figures."""

from contextlib import ExitStack

from tests.attacks.victim import Victim
from tests.controls.ground import Ground
from tests.fuzz.__main__ import fuzz

# As many as are sent where every change is checked.
_CASES = 1000


def rows_of_others(ground: Ground) -> str:
    ground.need_invoices()
    with ExitStack() as off:
        for service in ("invoicing", "portal"):
            off.enter_context(ground.row_security_off(service))
        return _counted(ground, "leaks")


def nul_check_off(ground: Ground) -> str:
    ground.need_invoices()
    with ground.injected("nul_check_off"):
        return _counted(ground, "errors_500")


def problems_off(ground: Ground) -> str:
    ground.need_invoices()
    with ground.injected("problems_off"):
        return _counted(ground, "html_errors")


def _counted(ground: Ground, name: str) -> str:
    verdicts = fuzz(Victim(ground.stack), cases=_CASES, seed=1)
    count = verdicts.report()[name]
    return f"{count} {name}, such as {verdicts.sentences[0]}" if count else ""


CONTROLS = (rows_of_others, nul_check_off, problems_off)
