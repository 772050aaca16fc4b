"""What a web process asks of others: it waits for a while, with few of its threads, or not at all.

A process has four threads for pages. One service, or the lake, that answers nobody would soon have
all of them waiting; so each has a `Target`, and every call of a web process goes through one.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

from shared.faults import Fault

Answer = TypeVar("Answer")

_log: Final = logging.getLogger(__name__)
# Of a service's four threads for pages one is left for what asks another.
AT_ONCE: Final = 3
# One failure may be a connection that has just ended, two in a row a slow moment.
FAILURES_MAX: Final = 3
# After that it is not asked for so long, then by one caller: who comes back is found soon.
PAUSE_SECONDS: Final = 2.0
# Who is busy is told from who is stopped by its probe, which is asked this often meanwhile.
LOOK_SECONDS: Final = 0.25
# For a turn at a target that has answered until now; pages load several things at once.
TURN_SECONDS: Final = 0.3


class Unanswered(Exception):
    """There is no answer in time; where it `was_asked`, it may have done it all the same."""

    def __init__(self, target: str, why: str, *, was_asked: bool) -> None:
        super().__init__(f"{target} {why}")
        self.was_asked = was_asked


class Target:
    """One thing outside; one object of a process for each. Threads may share it."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"ask-{name}")
        self._changed = threading.Condition()
        self._busy = 0
        self._failures = 0
        self._asked_again_at = 0.0

    def call(
        self,
        question: Callable[[], Answer],
        *,
        seconds: float,
        give_up: Callable[[], None] = lambda: None,
        is_alive: Callable[[], bool] | None = None,
    ) -> Answer:
        """What `question` returns within `seconds` in all; it runs in a thread of the target's.

        Raises Unanswered: at once while the target isn't asked or has too many waiting; where
        `is_alive`, looked at meanwhile, says no; or after `seconds`. Then `give_up` is called to
        end what goes on. An error of the question is a failure and becomes Unanswered; a Fault is
        an answer. No database in a question: its thread has no scope.
        """
        self._take_turn()
        future = self._executor.submit(question)
        future.add_done_callback(lambda _: self._return_turn())
        try:
            answer = self._await(future, self._clock() + seconds, is_alive)
        except Fault:
            self._answered()
            raise
        except TimeoutError as error:
            self._missed()
            give_up()
            raise Unanswered(self._name, "does not answer in time", was_asked=True) from error
        except Exception as error:
            self._missed()
            raise Unanswered(self._name, f"does not answer: {error}", was_asked=True) from error
        self._answered()
        return answer

    def _await(
        self, future: Future[Answer], deadline: float, is_alive: Callable[[], bool] | None
    ) -> Answer:
        """Raises TimeoutError."""
        while is_alive is not None and deadline - self._clock() > LOOK_SECONDS:
            done, _ = wait([future], timeout=LOOK_SECONDS)
            if done:
                break
            if not is_alive():
                raise TimeoutError
        return future.result(timeout=max(0.0, deadline - self._clock()))

    def _take_turn(self) -> None:
        with self._changed:
            if self._failures >= FAILURES_MAX:
                self._begin_trial()
            may_wait = not self._failures
            is_free = may_wait and self._changed.wait_for(
                lambda: self._busy < AT_ONCE or self._failures, TURN_SECONDS
            )
            if self._busy >= AT_ONCE or (may_wait and not is_free):
                raise Unanswered(self._name, "is waited for by others", was_asked=False)
            self._busy += 1

    def _begin_trial(self) -> None:
        """One caller finds out; the others are refused until it knows, or the next trial is due."""
        now = self._clock()
        if now < self._asked_again_at:
            raise Unanswered(self._name, "has not answered a moment ago", was_asked=False)
        self._asked_again_at = now + PAUSE_SECONDS

    def _return_turn(self) -> None:
        """When the question has ended, whether or not its caller still waits."""
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def _answered(self) -> None:
        with self._changed:
            if self._failures >= FAILURES_MAX:
                _log.warning("%s answers again", self._name)
            self._failures = 0

    def _missed(self) -> None:
        with self._changed:
            self._failures += 1
            self._asked_again_at = self._clock() + PAUSE_SECONDS
            if self._failures == FAILURES_MAX:
                _log.warning(
                    "%s does not answer; it is asked every %s s", self._name, PAUSE_SECONDS
                )
            self._changed.notify_all()
