"""Sequences by seed, and the sequences in which each planted fault must be noticed."""

import logging
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import run_state_machine_as_test

from services.invoicing.gateways.stripe import connection
from tests.true_up.standin import InProcess

_STEPS = 12
_CONTROL_SEQUENCES = 60
_CONTROL_SEED = 7


def prepare(folder: Path) -> None:
    """Before anything that asks Stripe is imported: all of it asks the stand-in here."""
    standin = InProcess(folder)
    connection.stripe_gateway = lambda: standin.gateway  # type: ignore[assignment]
    logging.disable(logging.WARNING)
    global COUNTS, TrueUp, controls  # noqa: PLW0603
    from tests.true_up import controls  # noqa: PLC0415
    from tests.true_up.machine import COUNTS, TrueUp  # noqa: PLC0415

    TrueUp.standin = standin


def sequences(count: int, of_seed: int) -> int:
    """How many invariants are broken: none, or that of the shortest sequence that breaks one."""
    phases = [Phase.generate, Phase.shrink]
    broken = _run(TrueUp, count, of_seed, phases)
    if broken:
        steps = "\n".join(f"{n:3}. {step}" for n, step in enumerate(COUNTS.steps, start=1))
        print(f"\n{steps}\n{broken}\n")
    return int(bool(broken))


def _run(machine: type, count: int, of_seed: int, phases: Sequence[Phase]) -> str:
    """What was broken, by the steps that `COUNTS` has."""
    try:
        run_state_machine_as_test(
            seed(of_seed)(machine),
            settings=settings(
                max_examples=count,
                stateful_step_count=_STEPS,
                deadline=None,
                database=None,
                phases=phases,
                suppress_health_check=list(HealthCheck),
                report_multiple_bugs=False,
            ),
        )
    except (AssertionError, FlakyFailure) as broken:
        return str(broken)
    return ""


def control_names(only: Sequence[str] | None) -> list[str]:
    return list(only or controls.CONTROLS)


def is_caught(name: str) -> bool:
    """Within few sequences of a fixed seed."""
    before = COUNTS.of.copy()
    control = controls.CONTROLS[name]
    with control.planted():
        broken = _run(control.machine(TrueUp), _CONTROL_SEQUENCES, _CONTROL_SEED, [Phase.generate])
    COUNTS.of = before
    noticed = f"noticed: {broken.splitlines()[0][:120]}" if broken else "NOT NOTICED"
    print(f"control {name}: {noticed}", flush=True)
    return bool(broken)
