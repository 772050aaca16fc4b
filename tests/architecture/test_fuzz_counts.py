"""The drill of `make fuzz-api` can fail: a service that does wrong is counted for what it does."""

import io
import json
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import typst

from tests.fuzz.canaries import Canaries, Canary, Reader
from tests.fuzz.verdict import Asked, Verdicts
from tests.fuzz.wire import Request, Wire
from tests.http_servers import serving

PROBLEM = "application/problem+json"
NAME = Canary("Fred & Sons", "fred's account", frozenset({"fred"}))
COST = Canary("73,519,406", "cost of fred", frozenset({"fred"}), is_cost=True)
NOTE = Canary("canary0123456789abcdef", "a note of the operator's")
ANN = Asked("ann", Reader("ann"))
FRED = Asked("fred", Reader("fred"))
OPEN_BOOK_FRED = Asked("fred", Reader("fred", is_open_book=True))
STAFF = Asked("olivia", Reader(sees_all=True))
NOBODY = Asked("nobody", Reader(), is_refused=True)


def zipped(text: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("charges.csv", text)
    return file.getvalue()


ANSWERS = {
    "/well": (200, "application/json", b"{}", {}),
    "/json": (200, "application/json", json.dumps({"name": NAME.text}).encode(), {}),
    "/page": (200, "text/html", b"<p>Fred &amp; Sons</p>", {}),
    "/cost": (200, "text/csv", b"total,73,519,406.25", {}),
    "/zip": (200, "application/zip", zipped(NAME.text), {}),
    "/pdf": (200, "application/pdf", typst.compile(f"Notes: {NOTE.text}".encode()), {}),
    "/header": (200, "text/csv", b"", {"Content-Disposition": f'attachment; x="{NOTE.text}"'}),
    "/refusal": (404, PROBLEM, json.dumps({"status": 404, "detail": NOTE.text}).encode(), {}),
    "/fails": (500, PROBLEM, b'{"status": 500}', {}),
    "/gateway": (502, "text/html", b"<h1>Bad gateway</h1>", {}),
    "/busy": (503, PROBLEM, b'{"status": 503}', {}),
    "/later": (503, "text/html", b"later", {"Retry-After": "10"}),
    "/away": (503, "text/html", b"away", {}),
    "/lost": (404, "text/html", b"<h1>Not found</h1>", {}),
    "/yaml": (404, PROBLEM, b"status: 404\n", {}),
    "/refused": (404, PROBLEM, b'{"status": 404}', {}),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/silent":
            self.connection.close()
            return
        status, kind, body, headers = ANSWERS[self.path.partition("?")[0]]
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield Wire({"fake": f"http://127.0.0.1:{server.server_port}"})


def counted(wire: Wire, path: str, asked: Asked = STAFF, *, is_api: bool = True) -> dict[str, int]:
    """What is not 0 but `cases`."""
    verdicts = Verdicts(Canaries({NAME, COST, NOTE}))
    request = Request("fake", "GET", path, path, "matrix")
    verdicts.judge(request, asked, wire.send(request, {}), is_api=is_api)
    report = verdicts.report()
    assert report.pop("cases") == 1
    assert list(report) == ["leaks", "errors_500", "html_errors"]
    assert bool(verdicts.sentences) == any(report.values())
    return {name: count for name, count in report.items() if count}


@pytest.mark.parametrize("path", ["/json", "/page", "/cost", "/zip", "/pdf", "/header", "/refusal"])
def test_what_is_somebody_elses_is_a_leak(wire, path):
    assert counted(wire, path, ANN) == {"leaks": 1}
    assert counted(wire, path, STAFF) == {}


def test_ones_own_is_none_but_for_cost_of_a_closed_book(wire):
    assert counted(wire, "/json", FRED) == {}
    assert counted(wire, "/cost", FRED) == {"leaks": 1}
    assert counted(wire, "/cost", OPEN_BOOK_FRED) == {}
    assert counted(wire, "/pdf", OPEN_BOOK_FRED) == {"leaks": 1}


def test_what_the_request_named_itself_is_none(wire):
    assert counted(wire, f"/refusal?q={NOTE.text}", ANN) == {}


def test_a_success_of_who_may_not_ask_is_a_leak(wire):
    assert counted(wire, "/well", NOBODY) == {"leaks": 1}
    assert counted(wire, "/refused", NOBODY) == {}


@pytest.mark.parametrize("path", ["/fails", "/gateway", "/away", "/silent"])
def test_a_fault_of_the_service_is_an_error(wire, path):
    assert counted(wire, path) == {"errors_500": 1}


def test_a_service_that_says_that_it_is_busy_is_none(wire):
    assert counted(wire, "/busy") == {}
    assert counted(wire, "/later", is_api=False) == {}
    assert counted(wire, "/later") == {"errors_500": 1}


@pytest.mark.parametrize("path", ["/lost", "/yaml"])
def test_a_refusal_that_is_no_problem_document_is_an_html_error(wire, path):
    assert counted(wire, path) == {"html_errors": 1}
