"""Real processes, and a clock that the test gives: nobody is stopped for being slow."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.children import Child, Children
from deploy.local.home import Home
from deploy.local.movement import job_times, processor_times
from deploy.local.process import Process
from deploy.local.waiting import Patience
from shared.faults import Fault

ASLEEP = "import time; print('here', flush=True); time.sleep(600)"
AT_WORK = "while True: pass"
BROKEN = "import sys; print('no luck today', flush=True); sys.exit(7)"
# Fails when it is run for the first time.
SHAKY = """
import pathlib, sys
file = pathlib.Path(sys.argv[1])
if not file.exists():
    file.touch()
    sys.exit(1)
"""


class Stack:
    """`clock` is what each look reads: a minute later every time, unless a test says else."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.troubles: list[str] = []
        self.clock: Callable[[], float] = self._a_minute_later
        patience = Patience(clock=self._read_clock, log="trueback.log")
        log = folder / "trueback.log"
        self.children = Children(log, {}, patience=patience, on_trouble=self.troubles.append)

    def _read_clock(self) -> float:
        return self.clock()

    def _a_minute_later(self) -> float:
        self.now += 60
        return self.now

    def is_troubled(self) -> bool:
        return bool(self.troubles)

    def start(self, name: str, code: str, *, ready: Callable[[], bool] = lambda: False) -> Child:
        return self.children.start(replace(process(name, code), ready_check=ready))


def process(name: str, code: str, *arguments: str) -> Process:
    return Process(name=name, args=(sys.executable, "-c", code, *arguments), stop_seconds=0.1)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path)
    yield made
    made.children.stop("servers")
    made.children.close()


class TestOneThatDoesNotComeUp:
    def test_is_named_with_its_last_words_once_nothing_of_it_has_moved_for_long(
        self, stack: Stack
    ) -> None:
        asleep = stack.start("asleep", ASLEEP)
        while not asleep.last_lines:
            stack.children.poll()
        stack.children.wait_ready([asleep], stack.is_troubled)
        (trouble,) = stack.troubles
        assert "asleep does not come up, and nothing of it has moved for 6" in trouble
        assert trouble.endswith("Its last words in trueback.log:\n  here")

    def test_is_not_stopped_and_nobody_else_is(self, stack: Stack) -> None:
        children = [stack.start("asleep", ASLEEP), stack.start("well", ASLEEP, ready=lambda: True)]
        stack.children.wait_ready(children, stack.is_troubled)
        assert [child.popen.poll() for child in children] == [None, None]

    def test_is_named_once_and_taken_when_it_comes_up_after_all(self, stack: Stack) -> None:
        asleep = stack.start("asleep", ASLEEP, ready=lambda: stack.now > 1_500)
        stack.children.wait_ready([asleep], lambda: False)
        assert len(stack.troubles) == 1

    def test_is_waited_for_as_long_as_it_works(self, stack: Stack) -> None:
        """A machine on which a hundredth of a second of work takes minutes."""
        at_work = stack.start("at work", AT_WORK, ready=lambda: stack.now > 6_000)
        pid = at_work.popen.pid

        def by_work() -> float:
            stack.now = processor_times([pid])[pid] * 20_000
            return stack.now

        stack.clock = by_work
        stack.children.wait_ready([at_work], lambda: False)
        assert stack.now > 6_000
        assert stack.troubles == []

    def test_is_named_at_once_where_it_ends_each_time(self, stack: Stack) -> None:
        stack.clock = lambda: 0.0
        broken, well = stack.start("broken", BROKEN), stack.start("well", ASLEEP)
        stack.children.wait_ready([broken], stack.is_troubled)
        (trouble,) = stack.troubles
        assert "broken ended with exit code 7, 3 times. Its last words in trueback.log" in trouble
        assert trouble.count("no luck today") == 3
        assert well.popen.poll() is None


class TestOneThatRunsToItsEnd:
    def test_is_run_again_where_it_fails(self, stack: Stack, tmp_path: Path) -> None:
        ends: list[str] = []
        shaky = replace(
            process("shaky", SHAKY, str(tmp_path / "tried")),
            on_success=lambda: ends.append("well"),
        )
        stack.clock = lambda: 0.0
        stack.children.wait_done([shaky], lambda: False, at_once=1)
        assert (ends, stack.troubles) == (["well"], [])

    def test_is_named_where_it_fails_each_time(self, stack: Stack) -> None:
        stack.clock = lambda: 0.0
        well = stack.start("well", ASLEEP)
        stack.children.wait_done([process("hopeless", BROKEN)], stack.is_troubled, at_once=1)
        assert "hopeless ended with exit code 7, 3 times" in stack.troubles[0]
        assert well.popen.poll() is None


class TestMovement:
    def test_is_of_a_process_and_of_what_it_has_started(self, stack: Stack) -> None:
        parent = "import subprocess; subprocess.run(['sleep', '600'])"
        pid = stack.start("parent", parent).popen.pid
        other = stack.start("other", ASLEEP).popen.pid
        while len(times := processor_times([pid])) < 2:
            stack.children.poll()
        assert pid in times
        assert other not in times

    def test_of_a_stack_that_has_ended_is_a_fault(self, tmp_path: Path) -> None:
        with pytest.raises(Fault, match="The stack has ended"):
            job_times(Home(tmp_path))
