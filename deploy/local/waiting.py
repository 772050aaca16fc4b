"""How we wait for others: as long as something moves, and not for one that has ended or hangs.

A slow machine needs more time for everything, so a time by which all must be done says nothing
about who is waited for. A time in which nothing has moved does.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from shared.faults import Fault

Answer = TypeVar("Answer")

# A machine at a hundredth of its speed still moves something in this.
STILL_SECONDS: Final = 600
POLL_SECONDS: Final = 0.1
# To look for movement costs a walk through all processes.
_LOOK_SECONDS: Final = 5


class Stuck(Fault):
    """Nothing has moved for as long as we wait for that."""


def _nothing() -> object:
    """Of one who can't see what moves: the time that nothing may move is all that there is."""
    return None


def _unsaid(_text: str) -> None:
    pass


@dataclass(frozen=True)
class Patience:
    """`moves` gives anything that is another where something has moved; it raises if all has ended.

    `say` gets a line every few seconds, `log` is named where we give up.
    """

    still_seconds: float = STILL_SECONDS
    moves: Callable[[], object] = _nothing
    say: Callable[[str], None] = _unsaid
    log: str = ""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(
        self,
        what: str | Callable[[], str],
        look: Callable[[], Answer | None],
        *,
        poll: float = POLL_SECONDS,
    ) -> Answer:
        """The first answer that is not None; raises Stuck."""
        wait = Wait(self, what)
        while (answer := look()) is None:
            wait.look()
            self.sleep(poll)
        return answer


class Wait:
    """One wait: whoever waits looks again and again."""

    def __init__(self, patience: Patience, what: str | Callable[[], str]) -> None:
        """`what` is what does not come, such as "paid invoice"."""
        self._patience = patience
        self._what = what
        self._begun_at = self._moved_at = patience.clock()
        self._seen: object = None
        self._look_at = self._begun_at + min(_LOOK_SECONDS, patience.still_seconds)

    @property
    def still_seconds(self) -> float:
        """For how long nothing has moved."""
        return self._patience.clock() - self._moved_at

    def look(self) -> None:
        """Raises Stuck; may be asked again after that, since it may move after all."""
        now = self._patience.clock()
        if now < self._look_at:
            return
        seen = self._patience.moves()
        if seen != self._seen:
            self._seen, self._moved_at = seen, now
        end = self._moved_at + self._patience.still_seconds
        self._look_at = now + _LOOK_SECONDS if now >= end else min(now + _LOOK_SECONDS, end)
        what = self._what if isinstance(self._what, str) else self._what()
        if now >= end:
            raise Stuck(
                f"No {what} came, and nothing has moved for {now - self._moved_at:.0f} s.",
                file=self._patience.log,
                remedy="The log says why.",
            )
        self._patience.say(
            f"waits for {what}, for {now - self._begun_at:.0f} s so far;"
            f" something moved {now - self._moved_at:.0f} s ago"
        )
