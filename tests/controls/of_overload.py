"""Controls of `make check-overload`, with an owner of what pages show stopped."""

from tests.controls.ground import Ground
from tests.overload.__main__ import drill_on
from tests.overload.cases import CASES, is_borne


def deadline_off(ground: Ground) -> str:
    return _not_borne(ground, "deadline_off")


def probe_off(ground: Ground) -> str:
    return _not_borne(ground, "probe_off")


def _not_borne(ground: Ground, fault: str) -> str:
    ground.need_invoices()
    with ground.injected(fault):
        report = CASES["attribution_stopped"](drill_on(ground.stack))
    return "" if is_borne(report) else f"not borne: {report}"


CONTROLS = (deadline_off, probe_off)
