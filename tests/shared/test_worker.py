"""A worker of the bus and a broker that is away for a moment."""

import os
from collections.abc import Callable
from functools import partial

import pytest
from celery import Celery
from celery.worker import state
from kombu.message import Message

from shared.messaging.request import AcknowledgedRequest


class Channel:
    """Of a broker, as far as a request needs one; `is_away` when it is told that one is done."""

    def __init__(self, *, is_away: bool) -> None:
        self.is_away = is_away
        self.no_ack_consumers: set[str] = set()

    def basic_ack(self, _delivery_tag: str, *, multiple: bool) -> None:
        assert not multiple
        self._answer()

    def basic_reject(self, _delivery_tag: str, *, requeue: bool) -> None:
        assert requeue
        self._answer()

    def _answer(self) -> None:
        if self.is_away:
            raise ConnectionRefusedError


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "should_stop", None)


def at_once(call: Callable[[], None]) -> None:
    call()


def request_at(
    channel: Channel, *, soon: Callable[[Callable[[], None]], None] = at_once
) -> AcknowledgedRequest:
    app = Celery("tests", set_as_current=False)

    @app.task(name="tests.task")
    def task() -> None:
        pass

    message = Message(
        body=b"[[], {}, {}]",
        channel=channel,
        delivery_tag="1",
        headers={"id": "1", "task": "tests.task"},
        content_type="application/json",
        content_encoding="utf-8",
    )
    return AcknowledgedRequest(
        message,
        app=app,
        task=task,
        on_ack=lambda *given: soon(partial(message.ack_log_error, *given)),
        on_reject=lambda *given: soon(partial(message.reject_log_error, *given)),
        connection_errors=(ConnectionError,),
    )


@pytest.mark.usefixtures("stopping")
class TestARequest:
    def test_that_is_acknowledged_lets_the_worker_go_on(self) -> None:
        request_at(Channel(is_away=False)).acknowledge()
        request_at(Channel(is_away=False)).reject(requeue=True)
        assert state.should_stop is None

    def test_whose_acknowledgement_is_lost_ends_the_worker(self) -> None:
        request_at(Channel(is_away=True)).acknowledge()
        assert state.should_stop == os.EX_TEMPFAIL

    def test_whose_acknowledgement_is_sent_later_and_lost_ends_the_worker(self) -> None:
        """As a worker with an event loop does it."""
        later: list[Callable[[], None]] = []
        request_at(Channel(is_away=True), soon=later.append).acknowledge()
        assert state.should_stop is None
        for call in later:
            call()
        assert state.should_stop == os.EX_TEMPFAIL

    def test_whose_rejection_is_lost_ends_the_worker(self) -> None:
        request_at(Channel(is_away=True)).reject(requeue=True)
        assert state.should_stop == os.EX_TEMPFAIL
