"""kill -9 of anything and a broker that forgets: the same totals, the same invoice, once."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from deploy.local.home import Home
from deploy.local.session import stack_session
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.write import Sample
from shared.vocabulary.modes import Mode
from tests.system.as_booted import AsBooted
from tests.system.close_run import (
    CloseRun,
    close_run_on,
    failures,
    forget_acknowledgements,
    forget_facts_in_the_queue,
    kill_each_in_turn,
)

# Without the start of the stack, which the first test waits for.
pytestmark = pytest.mark.timeout(560, func_only=True)
Start = Callable[..., AbstractContextManager[CloseRun]]


@pytest.fixture(scope="module")
def close_run() -> Iterator[Start]:
    """Starts a close on the suite's one stack, as if nobody had done anything on it before."""
    with (
        tempfile.TemporaryDirectory(prefix="trueback-system-") as name,
        pytest.MonkeyPatch.context() as environment,
    ):
        folder = Path(name)
        folder.chmod(0o755)  # as root its PostgreSQL is another user
        injected = folder / "faults"
        environment.setenv("TRUEBACK_FAULT_INJECTION", f"@{injected}")
        home = Home(folder / "home")
        with stack_session(home, Mode.TEST, on_step=lambda _step: None) as stack:
            booted = AsBooted.of(stack)
            samples: dict[SampleMonth, Sample] = {}

            @contextmanager
            def start(
                *, patience_seconds: float, faults: str = "", until: str = ""
            ) -> Iterator[CloseRun]:
                booted.restore()
                injected.write_text(faults)
                with close_run_on(
                    stack, patience_seconds=patience_seconds, samples=samples, until=until
                ) as run:
                    run.start()
                    yield run

            yield start


class TestADemoClose:
    def test_survives_a_broker_that_forgets_and_the_kill_of_each_process_in_turn(self, close_run):
        """Each kill strikes a close that has work in flight. The first leaves a job that the close
        needs leased for longer than all kills take, so that no revenue is told before they end."""
        with close_run(patience_seconds=300) as run:
            names = set(run.pids())
            assert forget_facts_in_the_queue(run)
            killed = kill_each_in_turn(run, first="ingestion.runner", pause_seconds=0.7)
            assert set(killed) == names, "the close was over before all had been killed"
            assert forget_acknowledgements(run), "the close was over before it came to this"
            run.finish()
            assert failures(run) == []


class TestTheHarness:
    """A check that can't fail shows nothing: each control takes one half of the protocol away."""

    def test_fails_when_the_outbox_is_retired_at_publish(self, close_run):
        with close_run(patience_seconds=25, faults="retire_at_publish") as run:
            assert forget_facts_in_the_queue(run)
            run.finish()
            assert failures(run) != []

    def test_fails_when_the_inbox_is_off(self, close_run):
        """Revenue is recorded as soon as invoices are drafted: the close goes no further."""
        with close_run(patience_seconds=240, faults="inbox_off", until="invoice") as run:
            assert forget_facts_in_the_queue(run)
            assert forget_acknowledgements(run)
            run.finish()
            found = failures(run)
            assert any("of revenue is recorded" in failure for failure in found), found
