"""A step that says nothing of itself is heard of all the same."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from deploy.local.progress import Progress

# A step is looked at every millisecond here; what has not come by then does not come.
_GIVE_UP_SECONDS = 10


@dataclass
class Screen:
    """What was printed, and a clock that moves when it is told to."""

    now: float = 0
    printed: io.StringIO = field(default_factory=io.StringIO)

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.printed.getvalue().splitlines()]

    def until(self, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while not is_there() and time.monotonic() < deadline:
            time.sleep(0.001)


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def progress(screen: Screen) -> Progress:
    console = Console(file=screen.printed)
    return Progress(console, clock=lambda: screen.now, look_seconds=0.001)


class TestAStep:
    def test_that_is_quiet_says_what_it_is_at_each_minute(
        self, screen: Screen, progress: Progress
    ) -> None:
        with progress.step("sample bills"):
            screen.now = 60
            screen.until(lambda: len(screen.lines) == 1)
            screen.now = 120
            screen.until(lambda: len(screen.lines) == 2)
        assert screen.lines[:2] == ["still at it: sample bills"] * 2

    def test_says_what_it_did_last(self, screen: Screen, progress: Progress) -> None:
        with progress.step("sample bills"):
            progress.now("writes the sample's 2026-08")
            screen.now = 60
            screen.until(lambda: bool(screen.lines))
        assert screen.lines[0] == "still at it: writes the sample's 2026-08"

    def test_that_is_done_is_heard_of_no_more(self, screen: Screen, progress: Progress) -> None:
        with progress.step("sample bills"):
            pass
        screen.now = 60
        with progress.step("services"):
            screen.until(lambda: len(screen.lines) == 2)
        assert [line for line in screen.lines if "still" in line] == ["still at it: services"]

    def test_that_fails_is_crossed_out_and_ends(self, screen: Screen, progress: Progress) -> None:
        with pytest.raises(ValueError, match="odd"), progress.step("services"):
            raise ValueError("odd")
        screen.now = 60
        assert screen.lines == ["✗ services"]
