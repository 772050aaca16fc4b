"""kill -9 of anything and a broker that forgets: the same totals, the same invoice, once."""

import tempfile
from pathlib import Path

import pytest

from tests.system.close_run import (
    close_run,
    failures,
    forget_acknowledgements,
    forget_facts_in_the_queue,
    kill_each_in_turn,
)


@pytest.mark.timeout(560)
def test_a_demo_close_survives_a_broker_that_forgets_and_the_kill_of_each_process_in_turn():
    """Each kill strikes a close that has work in flight.

    The first leaves a job that the close needs leased for longer than all kills take, so that no
    revenue is told before they end. `make controls` shows that this fails without the inbox or the
    outbox.
    """
    with tempfile.TemporaryDirectory(prefix="trueback-system-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root its PostgreSQL is another user
        with close_run(folder / "home", patience_seconds=300) as run:
            run.start()
            names = set(run.pids())
            assert forget_facts_in_the_queue(run)
            killed = kill_each_in_turn(run, first="ingestion.runner", pause_seconds=0.7)
            assert set(killed) == names, "the close was over before all had been killed"
            assert forget_acknowledgements(run), "the close was over before it came to this"
            run.finish()
            assert failures(run) == []
