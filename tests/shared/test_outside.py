"""Who answers nobody is waited for shortly, by few, and found again soon."""

import contextlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.faults import BadInput
from shared.outside.http import fetch
from shared.outside.target import (
    AT_ONCE,
    FAILURES_MAX,
    PAUSE_SECONDS,
    Target,
    Unanswered,
)
from tests.http_servers import serving

# How long a call may take; and longer than a slow machine stands still.
SECONDS, PLENTY = 0.4, 30


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def target(clock):
    return Target("invoicing", clock=clock)


class Silent:
    """Asked, it waits for as long as it is silent; counts who asks."""

    def __init__(self):
        self.asked = 0
        self.released = threading.Event()

    def __call__(self):
        self.asked += 1
        self.released.wait(PLENTY)
        return "answered"


@pytest.fixture
def silent():
    made = Silent()
    yield made
    made.released.set()


def outcome(target, question, seconds=SECONDS):
    """What was answered, or "waited" or "refused"."""
    try:
        return target.call(question, seconds=seconds)
    except Unanswered as error:
        return "waited" if error.was_asked else "refused"


def fail():
    raise ConnectionRefusedError


class TestATarget:
    def test_answers(self, target):
        assert target.call(lambda: 7, seconds=SECONDS) == 7

    def test_that_is_silent_has_few_waiting_and_the_others_go_at_once(self, target, silent):
        with ThreadPoolExecutor(12) as threads:
            outcomes = list(threads.map(lambda _: outcome(target, silent), range(12)))
        assert silent.asked == AT_ONCE
        assert sorted(outcomes) == ["refused"] * (12 - AT_ONCE) + ["waited"] * AT_ONCE

    def test_is_waited_for_by_no_more_where_a_caller_has_gone(self, target, silent):
        """A thread that still waits counts, whoever it waits for."""
        for _ in range(AT_ONCE):
            assert outcome(target, silent) == "waited"
        assert outcome(target, silent) == "refused"

    def test_that_fails_is_not_asked_for_a_while_then_by_one(self, target, clock, silent):
        for _ in range(FAILURES_MAX):
            assert outcome(target, fail) == "waited"
        assert outcome(target, lambda: 7) == "refused"
        clock.now += PAUSE_SECONDS
        assert outcome(target, silent) == "waited"
        assert outcome(target, lambda: 7) == "refused"
        silent.released.set()
        clock.now += PAUSE_SECONDS
        assert outcome(target, lambda: 7) == 7
        assert outcome(target, lambda: 8) == 8

    def test_that_answers_with_a_fault_has_answered(self, target):
        def missing():
            raise BadInput("the object is not there.")

        for _ in range(FAILURES_MAX + 1):
            with pytest.raises(BadInput):
                target.call(missing, seconds=SECONDS)

    def test_that_is_busy_is_waited_for_and_one_that_is_stopped_is_not(self, silent):
        """After the look that says no there is no third, which nine seconds have room for."""
        target, looks = Target("invoicing"), iter([True, False, True])
        with pytest.raises(Unanswered):
            target.call(silent, seconds=9, is_alive=lambda: next(looks))
        assert list(looks) == [True]

    def test_that_is_well_is_waited_for_a_moment(self, target, monkeypatch):
        monkeypatch.setattr("shared.outside.target.TURN_SECONDS", PLENTY)

        def slow():
            time.sleep(0.1)
            return "answered"

        with ThreadPoolExecutor(6) as threads:
            outcomes = list(threads.map(lambda _: outcome(target, slow, PLENTY), range(6)))
        assert outcomes == ["answered"] * 6


@contextlib.contextmanager
def dripping(first, last):
    """A server that sends `first`, then 40 bytes one by one, each within SECONDS, then `last`."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    closed = threading.Semaphore(0)

    def drip(connection):
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            for _ in range(40):
                if ended.wait(SECONDS / 4):
                    break
                connection.sendall(b"x")
            else:
                connection.sendall(last)
        closed.release()

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=drip, args=[listener.accept()[0]]).start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", closed
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()


class TestHttp:
    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n", b""),
            (b"HTTP/1.1 200 OK\r\nX-A: ", b"\r\nContent-Length: 0\r\n\r\n"),
        ],
        ids=["a body", "a head"],
    )
    def test_that_drips_is_not_waited_for_and_leaves_no_connection(self, target, first, last):
        """A time between two bytes is none for the whole: who waits for each gets an answer."""
        with dripping(first, last) as (url, closed):
            with pytest.raises(Unanswered):
                fetch(target, "GET", url, seconds=SECONDS)
            assert closed.acquire(timeout=PLENTY)

    def test_is_read_whole(self, target):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(409)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        with serving(server):
            url = f"http://127.0.0.1:{server.server_port}/"
            reply = fetch(target, "POST", url, seconds=2, body={"a": 1})
        assert (reply.status, reply.content_type, reply.json()) == (
            409,
            "application/json",
            {"a": 1},
        )
        assert not reply.is_ok
