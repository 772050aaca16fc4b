"""kill -9 of anything and a broker that forgets: the same totals, the same invoice, once."""

import pytest

from tests.system.close_run import (
    close_run,
    failures,
    forget_acknowledgements,
    forget_facts_in_the_queue,
    kill_each_in_turn,
)

pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TRUEBACK_ENVIRONMENT", "test")
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path / "home"


class TestADemoClose:
    def test_survives_the_kill_of_each_process_in_turn_and_a_flush(self, home):
        with close_run(home, patience_seconds=180) as run:
            run.start()
            names = set(run.pids())
            killed = kill_each_in_turn(run, pause_seconds=0.7)
            run.finish()
            assert set(killed) == names, "the close was over before all had been killed"
            assert failures(run) == []

    def test_survives_a_broker_that_forgets_facts_and_acknowledgements(self, home):
        with close_run(home, patience_seconds=120) as run:
            run.start()
            assert forget_facts_in_the_queue(run)
            assert forget_acknowledgements(run)
            run.finish()
            assert failures(run) == []


class TestTheHarness:
    """A check that can't fail shows nothing: each control takes one half of the protocol away."""

    def test_fails_when_the_outbox_is_retired_at_publish(self, home, monkeypatch):
        monkeypatch.setenv("TRUEBACK_FAULT_INJECTION", "retire_at_publish")
        with close_run(home, patience_seconds=25) as run:
            run.start()
            assert forget_facts_in_the_queue(run)
            run.finish()
            assert failures(run) != []

    def test_fails_when_the_inbox_is_off(self, home, monkeypatch):
        monkeypatch.setenv("TRUEBACK_FAULT_INJECTION", "inbox_off")
        with close_run(home, patience_seconds=120) as run:
            run.start()
            assert forget_facts_in_the_queue(run)
            assert forget_acknowledgements(run)
            run.finish()
            found = failures(run)
            assert any("of revenue is recorded" in failure for failure in found), found
