"""Nobody who is slow, idle or many keeps others out; what is no HTTP gets no further than here."""

import contextlib
import http.client
import json
import re
import select
import threading
import time
from dataclasses import replace

import pytest

from shared.edge.connections import Connections
from shared.edge.limits import Limits
from tests.edge import answer_to, connected, rest_of, running_edge

LIMITS = Limits(
    head_seconds=0.3,
    idle_seconds=0.5,
    body_seconds=0.3,
    answer_seconds=0.3,
    answer_bytes_per_second=10**9,
    run_seconds=2,
    probe_seconds=0.3,
    head_bytes=4096,
    body_bytes=10_000,
    held_bytes=10**8,
    connections=200,
    connections_per_address=200,
    queue=2,
)
# Longer than a slow machine stands still.
PLENTY = 30
PATIENT = replace(
    LIMITS,
    head_seconds=PLENTY,
    idle_seconds=PLENTY,
    body_seconds=PLENTY,
    answer_seconds=PLENTY,
    run_seconds=PLENTY,
)
# More than the system takes off a server's hands.
LARGE = 20_000_000
CLOSE = b"Connection: close\r\n\r\n"


class Application:
    """Answers with what it was asked; `/slow` waits until it may go on, `/large` is large."""

    def __init__(self):
        self.may_go_on = threading.Event()
        self.seen = []

    def __call__(self, environ, start_response):
        self.seen.append(environ)
        path = environ["PATH_INFO"]
        if path == "/slow":
            self.may_go_on.wait(PLENTY)
        if path == "/fails":
            raise RuntimeError("of the view")
        body = environ["wsgi.input"].read() or b"asked"
        status = "204 No Content" if path == "/nothing" else "200 OK"
        start_response(status, [("X-Path", f" {path}"), ("Content-Length", "3")])
        return [b"x" * LARGE if path == "/large" else body]


@pytest.fixture
def application():
    made = Application()
    yield made
    made.may_go_on.set()


@pytest.fixture
def edge(application):
    with running_edge(application, LIMITS) as port:
        yield port


def asked(port, path="/", method="GET", body=None, headers=None):
    """Status and body for a client that does as it should."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PLENTY)
    with contextlib.closing(client):
        client.request(method, path, body=body, headers=headers or {})
        answer = client.getresponse()
        return answer.status, answer.read()


UNREAD = "an answer that nobody reads"
SLOW = {
    "half a head": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ",
    "one byte of a body": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx",
    "half a chunk": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a promise": b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    "nothing": b"",
    UNREAD: b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
}


def is_left(connection, *, within_seconds=PLENTY):
    """Whether the other side has closed, in whatever way."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    return bool(poll.poll(within_seconds * 1000))


class TestWhoIsSlow:
    @pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
    def test_keeps_nobody_out(self, application, data):
        """None of them is left meanwhile."""
        with running_edge(application, PATIENT) as port, contextlib.ExitStack() as stack:
            for _ in range(12):
                stack.enter_context(connected(port, data))
            time.sleep(0.05)
            assert [asked(port, path)[0] for path in ("/livez", "/")] == [200, 200]

    @pytest.mark.parametrize("what", sorted(SLOW.keys() - {UNREAD}))
    def test_is_left(self, edge, what):
        with connected(edge, SLOW[what]) as slow:
            assert is_left(slow)

    def test_is_left_who_reads_too_slowly(self, edge):
        """He gets what was on its way, and then no more."""
        read = 0
        with connected(edge, SLOW[UNREAD]) as slow:
            while part := slow.recv(65536):
                read += len(part)
                time.sleep(0.005)
        assert read < LARGE

    def test_is_left_also_where_bytes_keep_coming(self, edge):
        """A limit that begins anew with each byte is none: it would take all of the body."""
        with connected(edge, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n") as slow:
            sent = 0
            with contextlib.suppress(OSError):
                while sent < 200 and not is_left(slow, within_seconds=0.05):
                    slow.sendall(b"x")
                    sent += 1
            assert sent < 200
            assert b" 200 " not in rest_of(slow)

    def test_waits_between_two_requests_no_longer_than_it_may(self, edge):
        with connected(edge, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as idle:
            assert b" 200 " in rest_of(idle)


class TestManyConnections:
    def test_of_one_address_end_its_own_first(self, application):
        limits = replace(LIMITS, connections_per_address=20, head_seconds=5, idle_seconds=5)
        with running_edge(application, limits) as port, contextlib.ExitStack() as stack:
            idle = [stack.enter_context(connected(port)) for _ in range(60)]
            assert asked(port)[0] == 200
            assert rest_of(idle[0]) == b""
            idle[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\n" + CLOSE)
            assert b" 200 " in rest_of(idle[-1])

    def test_make_room_in_memory(self, application):
        limits = replace(LIMITS, held_bytes=30_000, body_seconds=5)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"
        with running_edge(application, limits) as port, contextlib.ExitStack() as stack:
            slow = [stack.enter_context(connected(port, head + b"x" * 9000)) for _ in range(8)]
            assert asked(port, method="POST", body=b"y" * 5000) == (200, b"y" * 5000)
            assert rest_of(slow[0]) == b""

    def test_never_end_one_that_is_being_answered(self):
        class Peer:
            def __init__(self, address):
                self.address, self.held_bytes, self.is_ended = address, 0, False

            def abort(self):
                self.is_ended = True

        known = Connections(replace(LIMITS, connections=3, connections_per_address=2))
        a1, a2, a3, b1, c1 = (Peer(address) for address in "aaabc")
        for peer in (a1, a2):
            known.enter(peer)
            known.await_it(peer)
        known.has_sent(a1)
        known.enter(a3)
        assert (a1.is_ended, a2.is_ended) == (False, True)
        known.enter(b1)
        known.await_it(b1)
        known.enter(c1)
        assert (a1.is_ended, a3.is_ended, b1.is_ended) == (False, False, True)
        known.leave(c1)
        known.leave(c1)
        assert len(known) == 2


class TestViews:
    def test_that_hang_keep_no_probe_out(self, application):
        """Four are at work and two wait, which is all there is room for."""
        slow = b"GET /slow HTTP/1.1\r\nHost: a\r\n" + CLOSE
        with running_edge(application, PATIENT) as port, contextlib.ExitStack() as stack:
            hanging = [stack.enter_context(connected(port, slow)) for _ in range(6)]
            while len(application.seen) < 4:
                time.sleep(0.01)
            assert asked(port, "/livez")[0] == 200
            assert asked(port, "/")[0] == 503
            application.may_go_on.set()
            assert all(b" 200 " in rest_of(connection) for connection in hanging)
            assert asked(port, "/")[0] == 200

    def test_are_waited_for_no_longer_than_they_may(self, application):
        limits = replace(LIMITS, run_seconds=0.2)
        with running_edge(application, limits, threads=1) as port:
            assert [asked(port, "/slow")[0] for _ in range(2)] == [503, 503]
            application.may_go_on.set()
            assert asked(port, "/")[0] == 200
            assert [one["PATH_INFO"] for one in application.seen] == ["/slow", "/"]

    def test_that_fail_are_an_answer(self, edge):
        assert asked(edge, "/fails")[0] == 500


def status_of(answer):
    return int(re.match(rb"HTTP/1.1 (\d+)", answer)[1])


class TestRequests:
    def test_come_whole(self, edge, application):
        status, body = asked(
            edge,
            "/caf%C3%A9%2F?q=a%20b",
            method="POST",
            body=b"x=1",
            headers={"Content-Type": "text/plain", "X-Two": "1", "Cookie": "a=1"},
        )
        seen = application.seen[0]
        assert (status, body) == (200, b"x=1")
        assert seen["PATH_INFO"].encode("latin-1").decode() == "/café/"
        assert (seen["QUERY_STRING"], seen["CONTENT_LENGTH"]) == ("q=a%20b", "3")
        assert (seen["HTTP_X_TWO"], seen["HTTP_COOKIE"]) == ("1", "a=1")
        assert (seen["CONTENT_TYPE"], seen["REMOTE_ADDR"]) == ("text/plain", "127.0.0.1")

    def test_in_chunks_have_their_length(self, edge, application):
        asked(edge, method="POST", body=iter([b"ab", b"c"]))
        assert application.seen[0]["CONTENT_LENGTH"] == "3"
        assert "HTTP_TRANSFER_ENCODING" not in application.seen[0]

    def test_follow_each_other_on_a_connection(self, edge):
        one = b"GET / HTTP/1.1\r\nHost: a\r\n"
        answers = answer_to(edge, one + b"\r\n" + one + b"\r\n" + one + CLOSE)
        assert answers.count(b"HTTP/1.1 200 OK") == 3

    def test_with_a_larger_body_are_answered_without_it(self, edge, application):
        """The application says how: it sees the size and no body."""
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n"
        assert status_of(answer_to(edge, head + b"Expect: 100-continue\r\n\r\n")) == 200
        assert status_of(answer_to(edge, head + b"\r\n" + b"x" * 5000)) == 200
        chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert status_of(answer_to(edge, chunked + b"3000\r\n" + b"x" * 0x3000)) == 200
        for seen in application.seen:
            assert int(seen["CONTENT_LENGTH"]) > LIMITS.body_bytes
            assert seen["wsgi.input"].read() == b""

    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            (b"POST / HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n", 400),
            (b"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nContent-Length: 5\n", 400),
            (b"POST / HTTP/1.1\nHost: a\nContent-Length: 5\nContent-Length: 6\n", 400),
            (b"POST / HTTP/1.1\nHost: a\nContent-Length: -5\n", 400),
            (b"POST / HTTP/1.1\nHost: a\nContent-Length: +5\n", 400),
            (b"POST / HTTP/1.1\nHost: a\nTransfer-Encoding: gzip, chunked\n", 400),
            (b"POST / HTTP/1.0\nTransfer-Encoding: chunked\n", 400),
            (b"GET / HTTP/1.1\nHost: a\nHost: b\n", 400),
            (b"GET / HTTP/1.1\n", 400),
            (b"GET / HTTP/1.1\nHost: a\nA : b\n", 400),
            (b"GET / HTTP/1.1\nHost: a\nA: b\0c\n", 400),
            (b"GET http://elsewhere/ HTTP/1.1\nHost: a\n", 400),
            (b"CONNECT elsewhere:443 HTTP/1.1\nHost: a\n", 400),
            (b"CONNECT /livez HTTP/1.1\nHost: a\n", 400),
            (b"GET / HTTP/1.1\nHost: a\nX: " + b"x" * 5000 + b"\n", 431),
            (b"nonsense\n", 400),
        ],
    )
    def test_that_are_no_http_or_two_at_once_are_refused(self, edge, application, lines, status):
        """Both of their readings are: what follows is never a second request."""
        smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
        answers = answer_to(edge, lines.replace(b"\n", b"\r\n") + b"\r\n" + smuggled)
        assert status_of(answers) == status
        assert answers.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in answers.lower()
        assert application.seen == []
        assert b"content-type: application/problem+json" in answers.lower()
        assert json.loads(answers.partition(b"\r\n\r\n")[2])["status"] == status

    @pytest.mark.parametrize(
        ("lines", "status"),
        [
            (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400),
            (b"X: " + b"x" * LIMITS.head_bytes + b"\r\n", 431),
        ],
    )
    def test_for_a_head_are_refused_by_a_head(self, edge, lines, status):
        answer = answer_to(edge, b"HEAD / HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n")
        assert status_of(answer) == status
        assert answer.endswith(b"\r\n\r\n")

    def test_have_no_two_names_for_a_header(self, edge, application):
        asked(edge, headers={"X_Forwarded_For": "1.2.3.4", "X-Forwarded-For": "5.6.7.8"})
        assert application.seen[0]["HTTP_X_FORWARDED_FOR"] == "5.6.7.8"


class TestAnswers:
    def test_have_their_own_length(self, edge):
        assert asked(edge) == (200, b"asked")

    def test_have_headers_without_blanks_around_them(self, edge):
        assert b"x-path: /\r\n" in answer_to(edge, b"GET / HTTP/1.1\r\nHost: a\r\n" + CLOSE)

    def test_to_head_have_the_length_alone(self, edge):
        answer = answer_to(edge, b"HEAD / HTTP/1.1\r\nHost: a\r\n" + CLOSE)
        assert b"content-length: 5" in answer
        assert answer.endswith(b"\r\n\r\n")

    def test_of_nothing_have_no_length(self, edge):
        answer = answer_to(edge, b"GET /nothing HTTP/1.1\r\nHost: a\r\n" + CLOSE)
        assert status_of(answer) == 204
        assert b"content-length" not in answer.lower()

    def test_to_an_old_client_end_the_connection(self, edge):
        assert answer_to(edge, b"GET / HTTP/1.0\r\n\r\n").endswith(b"asked")
