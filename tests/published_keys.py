"""Whoever publishes keys of tokens over HTTP, for tests of those who fetch them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Portal:
    """Publishes the keys it is told to; counts who asks; `hangs` answers nobody."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.fetches = 0
        self.hangs = threading.Event()
        self.released = threading.Event()
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                portal.fetches += 1
                if portal.hangs.is_set():
                    portal.released.wait(30)
                    return
                body = json.dumps({"keys": portal.keys}).encode()
                self.send_response(200 if portal.keys else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/.well-known/jwks.json"
