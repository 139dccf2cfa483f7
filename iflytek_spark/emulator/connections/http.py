"""A connection of plain HTTP/1.1: requests read with h11, responses written by hand.

Written by hand, because a fault may send a part of a response, or two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, TypeAlias

import h11

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.plan import Close, Send, SendError
from iflytek_spark.protocol.wire.openai.errors import HttpError

TEXT: Mapping[str, str] = {"Content-Type": "text/plain; charset=utf-8"}
JSON: Mapping[str, str] = {"Content-Type": "application/json; charset=utf-8"}
_KNOWN = {status.value: status.phrase for status in HTTPStatus}


class Sink(Protocol):
    """Takes a body as it comes, in place of the request."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""

    def discard(self) -> None:
        """Forget what has come: the client left."""


FindSink: TypeAlias = Callable[[str, str, Mapping[str, str]], Sink | None]
"""Takes a request's method, target and headers; returns what takes its body, or None."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A whole request.

    Attributes:
        method: its method.
        target: path and query.
        host: its Host header.
        headers: its headers, names in lower case.
        body: its body.
        keeps_alive: whether a further request may follow on the connection.
        sink: what has taken the body, if it is not in ``body``.
    """

    method: str
    target: str
    host: str
    headers: Mapping[str, str]
    body: bytes
    keeps_alive: bool
    sink: Sink | None = None

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


class HttpConnection:
    """The server's end of a connection.

    Attributes:
        stream: the connection's bytes.
    """

    def __init__(self, stream: Stream, find_sink: FindSink | None = None) -> None:
        """Take over a stream of which nothing was read but by ``peek``."""
        self.stream = stream
        self._find_sink = find_sink
        self._headers: Mapping[str, str] = {}
        self._failed: Callable[[SendError], HttpError] | None = None

    @property
    def disconnected(self) -> bool:
        """Whether the client has ended its half of the connection."""
        return self.stream.disconnected

    async def serve(
        self,
        answer: Callable[[HttpConnection, HttpRequest], Awaitable[bool]],
        idle_timeout: float,
    ) -> None:
        """Serve the requests of the connection, one after the other.

        Args:
            answer: answers a request, and says whether a further one may follow.
            idle_timeout: seconds without a request after which the connection is dropped.

        Raises:
            TimeoutError: when no request comes in time.
            OSError: when the client leaves in the middle.
        """
        goes_on = True
        try:
            while goes_on:
                async with asyncio.timeout(idle_timeout):
                    request = await self.read_request()
                if request is None:
                    return
                goes_on = await answer(self, request) and request.keeps_alive
        except h11.RemoteProtocolError as error:
            await self.respond(error.error_status_hint, str(error), TEXT)

    async def read_request(self) -> HttpRequest | None:
        """Return the next request, or None when the client leaves first.

        Raises:
            h11.RemoteProtocolError: for what is not HTTP, or too large.
        """
        parser = h11.Connection(h11.SERVER)
        request: h11.Request | None = None
        body, sink = bytearray(), None
        try:
            while True:
                match parser.next_event():
                    case h11.Request() as request:
                        sink = self._sink_of(request)
                    case h11.Data(data=data) if sink is not None:
                        sink.feed(bytes(data))
                    case h11.Data(data=data):
                        body += data
                        _check_size(body)
                    case h11.EndOfMessage() if request is not None:
                        self.stream.unread(parser.trailing_data[0])
                        reusable = parser.their_state is h11.DONE
                        whole, sink = _whole(request, bytes(body), reusable, sink), None
                        return whole
                    case h11.ConnectionClosed():
                        return None
                    case _:
                        parser.receive_data(await self.stream.read())
        finally:
            if sink is not None:
                sink.discard()

    def _sink_of(self, request: h11.Request) -> Sink | None:
        if self._find_sink is None:
            return None
        headers = {name.decode(): value.decode("latin-1") for name, value in request.headers}
        target = request.target.decode("latin-1")
        return self._find_sink(request.method.decode(), target, headers)

    async def respond(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        """Write a response; a header of the length is added to it."""
        await self.stream.write(response(status, headers, body.encode()))

    def accept(self, date: str, failed: Callable[[SendError], HttpError] | None = None) -> None:
        """Begin to answer a request: each message of its plan is a JSON response of this date.

        An error is what ``failed`` makes of it, or a response of status 200 as all others.
        """
        self._headers = {"Date": date, **JSON}
        self._failed = failed

    def encode(self, message: Send) -> bytes:
        """Return a message as a response, whose body is its payload."""
        if isinstance(message, SendError) and self._failed is not None:
            failure = self._failed(message)
            return response(failure.status, self._headers, failure.body)
        return response(200, self._headers, message.payload)

    async def finish(self, close: Close) -> None:
        """Do nothing: a response says itself where it ends."""

    async def watch(self) -> None:
        """Keep what comes for the next request, until the client leaves."""
        while not self.disconnected:
            await self.stream.keep()


def _check_size(body: bytearray) -> None:
    if len(body) > assumptions.MAX_REQUEST_BYTES:
        raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)


def _whole(request: h11.Request, body: bytes, keeps_alive: bool, sink: Sink | None) -> HttpRequest:
    fields = [(name.decode(), value.decode("latin-1")) for name, value in request.headers]
    hosts = [value for name, value in fields if name == "host"]
    return HttpRequest(
        method=request.method.decode(),
        target=request.target.decode("latin-1"),
        host=hosts[0] if len(hosts) == 1 else "",
        headers=dict(fields),
        body=body,
        keeps_alive=keeps_alive,
        sink=sink,
    )


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Write the head of a response."""
    lines = [f"HTTP/1.1 {status} {_KNOWN.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def response(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """Write a response with its length."""
    return head(status, {**headers, "Content-Length": str(len(body))}) + body
