"""What lies between the services and S3 changes nothing until it is told to."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.http_servers import serving
from tests.system.s3_proxy import s3_proxy


class _Echo(BaseHTTPRequestHandler):
    """Answers with what came."""

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        content = f"{self.path} {self.headers['Host']} {self.headers['X-Amz-Date']} ".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content + body)))
        self.end_headers()
        self.wfile.write(content + body)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy():
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    with serving(upstream), s3_proxy(f"http://127.0.0.1:{upstream.server_port}") as proxy:
        yield proxy


@pytest.fixture
def client(proxy):
    with httpx.Client(base_url=proxy.url, trust_env=False) as client:
        yield client


def test_passes_on_what_is_signed(client, proxy):
    answer = client.put("/lake/a%20b?x=%2F", content=b"rows", headers={"X-Amz-Date": "now"})
    assert answer.text == f"/lake/a%20b?x=%2F {proxy.url.removeprefix('http://')} now rows"


def test_tells_the_length_of_what_is_only_asked_about(client):
    assert client.head("/lake/bill").headers["Content-Length"] == "12345"


def test_answers_with_both_errors_in_turn_for_as_long_as_it_is_told(client, proxy):
    with proxy.refusing():
        answers = [client.put("/lake/bill", content=b"rows") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 500, 503]
    assert "<Code>SlowDown</Code>" in answers[0].text
    assert client.put("/lake/bill", content=b"rows").status_code == 200
    assert proxy.refused_count == 3


def test_closes_the_connection_of_a_server_that_is_not_there():
    with s3_proxy("http://127.0.0.1:1") as proxy, pytest.raises(httpx.RemoteProtocolError):
        httpx.put(proxy.url, content=b"rows", trust_env=False)
