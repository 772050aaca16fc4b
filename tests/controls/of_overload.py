"""Controls of `make check-overload`, with an owner of what pages show stopped."""

from typing import Any

from tests.controls.ground import Ground
from tests.overload.__main__ import drill_on
from tests.overload.cases import CASES, LIVEZ_MS_MAX, is_borne


def deadline_off(ground: Ground) -> str:
    return _not_borne(ground, "deadline_off")


def probe_off(ground: Ground) -> str:
    return _not_borne(ground, "probe_off")


def probe_threads_off(ground: Ground) -> str:
    """Without a deadline and turns every thread for pages is held: the portal's own probe has one.

    Pages fail here in any case, so what counts is how much later the probe is answered.
    """
    held = "deadline_off,turns_off"
    apart = _report(ground, held)["livez_p99_ms"]
    in_line = _report(ground, f"{held},probe_threads_off")["livez_p99_ms"]
    is_missed = in_line > max(LIVEZ_MS_MAX, 2 * apart)
    return f"/livez in {in_line} ms, with a thread of its own in {apart}" if is_missed else ""


def _not_borne(ground: Ground, fault: str) -> str:
    report = _report(ground, fault)
    return "" if is_borne(report) else f"not borne: {report}"


def _report(ground: Ground, faults: str) -> dict[str, Any]:
    ground.need_invoices()
    with ground.injected(faults):
        return CASES["attribution_stopped"](drill_on(ground.stack))


CONTROLS = (deadline_off, probe_off, probe_threads_off)
