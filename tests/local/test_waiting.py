"""Waits by a clock that the test gives; what really waits is in `test_children.py`."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.waiting import STILL_SECONDS, Patience, Stuck
from shared.faults import Fault


@dataclass
class Machine:
    """Something moves at these seconds, and what is waited for comes at `done_at`."""

    moves_at: list[float] = field(default_factory=list)
    done_at: float = float("inf")
    now: float = 0.0
    lines: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1.0)

    def moves(self) -> object:
        return sum(moment <= self.now for moment in self.moves_at)

    def look(self) -> str | None:
        return "paid" if self.now >= self.done_at else None

    def patience(self) -> Patience:
        return Patience(
            moves=self.moves,
            say=self.lines.append,
            log="trueback.log",
            clock=self.clock,
            sleep=self.sleep,
        )


class TestAWait:
    def test_goes_on_for_hours_where_something_moves_now_and_then(self) -> None:
        machine = Machine(moves_at=[500.0 * n for n in range(40)], done_at=20_000)
        assert machine.patience().until("paid invoice", machine.look) == "paid"

    def test_ends_once_nothing_has_moved_for_long(self) -> None:
        machine = Machine(moves_at=[100, 200])
        with pytest.raises(Stuck, match=r"No paid invoice came, and nothing has moved for 60\d s"):
            machine.patience().until("paid invoice", machine.look)
        # It is seen to have moved a few seconds later at the most.
        assert 200 + STILL_SECONDS <= machine.now < 200 + STILL_SECONDS + 10

    def test_names_the_log_where_it_ends(self) -> None:
        machine = Machine()
        with pytest.raises(Stuck) as stuck:
            machine.patience().until("paid invoice", machine.look)
        assert stuck.value.file == "trueback.log"

    def test_ends_at_once_where_what_is_waited_for_has_ended(self) -> None:
        machine = Machine()

        def moves() -> object:
            raise Fault("The stack has ended.")

        patience = Patience(moves=moves, clock=machine.clock, sleep=machine.sleep)
        with pytest.raises(Fault, match="has ended"):
            patience.until("paid invoice", machine.look)
        assert machine.now < 10

    def test_says_what_it_waits_for_and_since_when(self) -> None:
        machine = Machine(moves_at=[27], done_at=61)
        machine.patience().until("paid invoice", machine.look)
        last = machine.lines[-1]
        assert last == "waits for paid invoice, for 60 s so far; something moved 30 s ago"

    def test_says_nothing_and_looks_for_no_movement_where_the_answer_comes_soon(self) -> None:
        machine = Machine(done_at=4)
        looked: list[object] = []
        patience = Patience(
            moves=lambda: looked.append(None),
            say=machine.lines.append,
            clock=machine.clock,
            sleep=machine.sleep,
        )
        patience.until("paid invoice", machine.look)
        assert (looked, machine.lines) == ([], [])

    def test_of_one_who_sees_no_movement_has_an_end(self) -> None:
        machine = Machine()
        patience = Patience(30, clock=machine.clock, sleep=machine.sleep)
        with pytest.raises(Stuck):
            patience.until("paid invoice", machine.look)
        assert machine.now == 30

    @given(st.lists(st.floats(1, 2 * STILL_SECONDS), max_size=20))
    def test_ends_in_the_first_long_gap_and_in_no_shorter_one(self, gaps: list[float]) -> None:
        moments = [sum(gaps[: n + 1]) for n in range(len(gaps))]
        machine = Machine(moves_at=moments)
        with pytest.raises(Stuck):
            machine.patience().until("paid invoice", machine.look)
        before = [moment for moment in [0.0, *moments] if moment <= machine.now]
        assert machine.now - before[-1] >= STILL_SECONDS
        gaps_before = [later - moment for moment, later in pairwise(before)]
        assert all(gap < STILL_SECONDS + 10 for gap in gaps_before)
