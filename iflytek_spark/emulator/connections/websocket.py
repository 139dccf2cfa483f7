"""A WebSocket: the pure protocol of websockets over a stream of ours."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.plan import Close, Opcode, Send

_HARD_LIMIT = 8 * assumptions.MAX_REQUEST_BYTES
_STATUSES = frozenset(HTTPStatus)

_SILENT = logging.getLogger("iflytek_spark.emulator.wire")
_SILENT.disabled = True
"""websockets writes each request line to its log at DEBUG, and a signed URL is a secret."""


class WebSocketConnection:
    """The server's end of a WebSocket, from its handshake on.

    Attributes:
        stream: the connection's bytes.
    """

    def __init__(self, stream: Stream) -> None:
        """Take over a stream of which nothing was read but by ``peek``."""
        self.stream = stream
        self._protocol = ServerProtocol(max_size=_HARD_LIMIT, logger=_SILENT)
        self._events: list[Request | Frame] = []

    @property
    def disconnected(self) -> bool:
        """Whether the client has closed, or is about to be closed for a breach of protocol."""
        return self.stream.disconnected or self._protocol.close_rcvd is not None or self._failed

    async def read_request(self) -> Request | None:
        """Return the HTTP request of the handshake, or None when none comes, or garbage with it."""
        while not (self._events or self.stream.disconnected or self._protocol.close_expected()):
            await self._read()
        event = self._events.pop(0) if self._events else None
        return event if isinstance(event, Request) and not self._failed else None

    async def accept(self, request: Request, date: str) -> bool:
        """Answer the handshake, with this ``Date``.

        Returns:
            Whether the connection is a WebSocket now; a request without the headers of an
            upgrade is refused.
        """
        response = self._protocol.accept(request)
        del response.headers["Date"]
        response.headers["Date"] = date
        self._protocol.send_response(response)
        await self._flush()
        return self._protocol.state is OPEN

    async def refuse(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        """Answer the handshake with a plain HTTP response; a header of the length is added."""
        data = body.encode()
        fields = Headers({**headers, "Content-Length": str(len(data)), "Connection": "close"})
        known = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
        self._protocol.send_response(Response(status, known, fields, data))
        await self._flush()

    async def receive(self) -> bytes | None:
        """Return the client's next message, or None when the client leaves first."""
        message = b""
        while not self.disconnected:
            for frame in self._take_frames():
                if frame.opcode <= Opcode.BINARY:
                    message += frame.data
                    if frame.fin:
                        return message
            await self._read()
        return None

    def encode(self, message: Send) -> bytes:
        """Return a message as one WebSocket frame, or several when it asks for fragments."""
        protocol, data = self._protocol, message.payload
        match message.opcode:
            case Opcode.PING:
                protocol.send_ping(data)
            case Opcode.PONG:
                protocol.send_pong(data)
            case opcode:
                send = protocol.send_text if opcode is Opcode.TEXT else protocol.send_binary
                size = message.fragment or len(data) or 1
                send(data[:size], fin=len(data) <= size)
                for start in range(size, len(data), size):
                    end = start + size
                    protocol.send_continuation(data[start:end], fin=end >= len(data))
        return b"".join(protocol.data_to_send())

    async def finish(self, close: Close) -> None:
        """Send a close frame, and wait for the client's."""
        self._protocol.send_close(close.code, close.reason)
        await self._flush()
        await asyncio.sleep(assumptions.CLOSE_TIMEOUT)

    async def watch(self) -> None:
        """Answer pings and forget further messages, until the client leaves."""
        while not self.disconnected:
            await self._read()
            self._events.clear()

    @property
    def _failed(self) -> bool:
        return self._protocol.parser_exc is not None

    def _take_frames(self) -> list[Frame]:
        events, self._events = self._events, []
        return [event for event in events if isinstance(event, Frame)]

    async def _read(self) -> None:
        if data := await self.stream.read():
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        events = self._protocol.events_received()
        self._events += [event for event in events if isinstance(event, Request | Frame)]
        await self._flush()

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            await self.stream.write(data)
