"""One connection: requests are read whole, answered by a thread, and answers are written whole.

A thread is taken when all of a request is here and given back before its answer is sent, so that
nobody who is slow has one. HTTP/1.1 itself (RFC 9112) is h11's.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

import h11

from shared.edge.connections import Connections
from shared.edge.limits import Limits
from shared.edge.wsgi import Answer, Request, refusal

_log: Final = logging.getLogger(__name__)

AnswerTo = Callable[[Request], Awaitable[Answer]]

_READ_BYTES: Final = 64 * 1024
# What still comes after a refusal is read for so long, so that the client reads it before a reset.
_LINGER_SECONDS: Final = 1.0
_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_CLOSE: Final = (b"connection", b"close")


class Refused(Exception):
    """No view sees the request; the connection ends with this answer."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Connection:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        connections: Connections,
        limits: Limits,
        answer_to: AnswerTo,
    ) -> None:
        self.address: str = str((writer.get_extra_info("peername") or ("",))[0])
        self.held_bytes = 0
        self._is_head = False
        self._reader = reader
        self._writer = writer
        self._connections = connections
        self._limits = limits
        self._answer_to = answer_to
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        # A buffer of asyncio's own would count an answer as sent that nobody has read.
        writer.transport.set_write_buffer_limits(high=0)

    def abort(self) -> None:
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Until either side ends it, or a time has passed."""
        self._connections.enter(self)
        try:
            seconds = self._limits.head_seconds
            while await self._exchange(wait_seconds=seconds):
                seconds = self._limits.idle_seconds
        except (TimeoutError, OSError):
            pass
        except h11.LocalProtocolError:
            _log.exception("the application's answer is no HTTP")
        finally:
            self._connections.leave(self)
            self.abort()

    async def _exchange(self, *, wait_seconds: float) -> bool:
        """One request and its answer; whether another may follow."""
        self._connections.await_it(self)
        self._is_head = False
        try:
            request = await self._read_request(wait_seconds)
            if request is None:
                return False
            self._connections.has_sent(self)
            answer = await self._answer_to(request)
        except h11.RemoteProtocolError as error:
            # An encoding that nobody knows is 501 to h11: a fault of ours to whoever counts these.
            hint = HTTPStatus(error.error_status_hint)
            is_ours = hint >= HTTPStatus.INTERNAL_SERVER_ERROR
            answer = refusal(HTTPStatus.BAD_REQUEST if is_ours else hint)
        except Refused as refused:
            answer = refusal(refused.status)
        self._connections.release(self)
        self._connections.await_it(self)
        await self._respond(answer)
        if self._parser.our_state is h11.DONE and self._parser.their_state is h11.DONE:
            self._parser.start_next_cycle()
            return True
        await self._linger()
        return False

    async def _read_request(self, wait_seconds: float) -> Request | None:
        async with asyncio.timeout(wait_seconds):
            if not self._parser.trailing_data[0]:
                first = await self._reader.read(_READ_BYTES)
                if not first:
                    return None
                self._parser.receive_data(first)
                self._connections.await_it(self)
        async with asyncio.timeout(self._limits.head_seconds):
            head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        self._is_head = head.method == b"HEAD"
        request = _checked(head, self.address)
        # h11's limit is of a head that has no end yet.
        if _head_bytes(head) > self._limits.head_bytes:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if request.declared_bytes > self._limits.body_bytes:
            return request
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._with_body(request)
        except TimeoutError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT) from None

    async def _with_body(self, request: Request) -> Request:
        """One that is too large is not read to its end; its size tells the application."""
        body = bytearray()
        while isinstance(event := await self._next_event(), h11.Data):
            body += event.data
            self._connections.hold(self, len(event.data))
            if len(body) > self._limits.body_bytes:
                return Request(**{**vars(request), "declared_bytes": len(body)})
        if not isinstance(event, h11.EndOfMessage):
            raise h11.RemoteProtocolError("the body has no end")
        return Request(**{**vars(request), "body": bytes(body), "declared_bytes": len(body)})

    async def _next_event(self) -> object:
        while (event := self._parser.next_event()) is h11.NEED_DATA:
            if self._parser.they_are_waiting_for_100_continue:
                await self._write(
                    self._send(h11.InformationalResponse(status_code=100, headers=[]))
                )
            self._parser.receive_data(await self._reader.read(_READ_BYTES))
        return event

    async def _respond(self, answer: Answer) -> None:
        if self._parser.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            return
        has_body = answer.status not in _WITHOUT_BODY
        headers = [(name, value) for name, value in answer.headers if name != b"content-length"]
        headers.append((b"date", format_datetime(datetime.now(UTC), usegmt=True).encode()))
        if has_body:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if self._parser.their_state is not h11.DONE:
            headers.append(_CLOSE)
        parts = self._send(
            h11.Response(status_code=answer.status, headers=headers, reason=answer.reason)
        )
        if has_body and not self._is_head:
            parts += self._send(h11.Data(data=answer.body))
        parts += self._send(h11.EndOfMessage())
        self._connections.hold(self, sum(map(len, parts)))
        await self._write(parts)
        self._connections.release(self)

    def _send(self, event: h11.Event) -> list[bytes]:
        return self._parser.send_with_data_passthrough(event) or []

    async def _write(self, parts: Sequence[bytes]) -> None:
        """Until the kernel has all of it; whoever reads slower than the least speed is left."""
        at_least_speed = sum(map(len, parts)) / self._limits.answer_bytes_per_second
        self._writer.writelines(parts)
        async with asyncio.timeout(self._limits.answer_seconds + at_least_speed):
            await self._writer.drain()

    async def _linger(self) -> None:
        with contextlib.suppress(TimeoutError, OSError):
            self._writer.write_eof()
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(_READ_BYTES):
                    pass


def _head_bytes(head: h11.Request) -> int:
    return len(head.target) + sum(len(name) + len(value) + 4 for name, value in head.headers)


def _checked(head: h11.Request, address: str) -> Request:
    """h11 has refused what has no or two hosts, lengths that differ, and other encodings."""
    lengths = [value for name, value in head.headers if name == b"content-length"]
    is_chunked = any(name == b"transfer-encoding" for name, _ in head.headers)
    # RFC 9112, 6.1: an attempt at smuggling, or a client that is broken.
    if is_chunked and (lengths or head.http_version == b"1.0"):
        raise Refused(HTTPStatus.BAD_REQUEST)
    # A tunnel is for a proxy to open; h11 would take any success for one.
    if not head.target.startswith(b"/") or head.method == b"CONNECT":
        raise Refused(HTTPStatus.BAD_REQUEST)
    return Request(
        method=head.method.decode("ascii"),
        target=bytes(head.target),
        version=head.http_version.decode("ascii"),
        headers=list(head.headers),
        address=address,
        declared_bytes=int(lengths[0]) if lengths else 0,
    )
