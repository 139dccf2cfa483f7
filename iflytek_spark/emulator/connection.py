"""One WebSocket connection as bytes: the pure protocol of websockets over an asyncio stream.

The stream is ours, so that everything a network can do to a client can be done on purpose.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from iflytek_spark.emulator import choices
from iflytek_spark.emulator.plan import (
    Close,
    Hang,
    Opcode,
    Plan,
    Reset,
    Send,
    SendBytes,
    SendPart,
    Step,
    Throttle,
    Wait,
)

_CHUNK = 65536
_HARD_LIMIT = 8 * choices.MAX_REQUEST_BYTES
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of zero: closing the socket resets the connection."""

_SILENT = logging.getLogger("iflytek_spark.emulator.wire")
_SILENT.disabled = True
"""websockets writes each request line to its log at DEBUG, and a signed URL is a secret."""


class Connection:
    """The server's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take over a stream.

        Args:
            reader: the stream's reading half.
            writer: the stream's writing half.
        """
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()
        self._throttle: Throttle | None = None
        self._protocol = ServerProtocol(max_size=_HARD_LIMIT, logger=_SILENT)
        self._events: list[Request | Frame] = []
        self._gone = False
        self._head = b""

    @classmethod
    async def over(cls, client: socket.socket, context: ssl.SSLContext | None) -> Self:
        """Set up a connection.

        Args:
            client: an accepted socket, which is closed with the connection.
            context: makes it a TLS connection.

        Raises:
            OSError: when the TLS handshake fails.
        """
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def peek(self, size: int) -> bytes:
        """Return the first bytes of the connection, and keep them for the handshake.

        Args:
            size: how many; fewer when the client leaves before.
        """
        while len(self._head) < size and not self._reader.at_eof():
            self._head += await self._reader.read(_CHUNK)
        return self._head[:size]

    def hand_over(self) -> tuple[bytes, asyncio.StreamReader, asyncio.StreamWriter]:
        """Give the stream, and what was read of it, to another protocol than WebSocket's.

        Closing it remains this object's business.
        """
        return self._head, self._reader, self._writer

    async def read_request(self) -> Request | None:
        """Return the HTTP request of the handshake, or None when none comes, or garbage with it."""
        self._feed(self._head)
        while not self._events and not self._gone and not self._protocol.close_expected():
            await self._read()
        event = self._events.pop(0) if self._events else None
        return event if isinstance(event, Request) and not self._failed else None

    async def accept(self, request: Request, date: str) -> bool:
        """Answer the handshake.

        Args:
            request: the handshake.
            date: the response's ``Date``.

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
        """Answer the handshake with a plain HTTP response.

        Args:
            status: its status.
            body: its body.
            headers: its headers besides those of its length.
        """
        data = body.encode()
        fields = Headers({**headers, "Content-Length": str(len(data)), "Connection": "close"})
        known = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
        self._protocol.send_response(Response(status, known, fields, data))
        await self._flush()

    async def receive(self) -> bytes | None:
        """Return the client's next message, or None when the client leaves first."""
        message = b""
        while not self._left:
            for frame in self._take_frames():
                if frame.opcode <= Opcode.BINARY:
                    message += frame.data
                    if frame.fin:
                        return message
            await self._read()
        return None

    async def perform(self, plan: Plan) -> None:
        """Do the steps of a plan; stop early when the client leaves.

        Args:
            plan: the steps.
        """
        tasks = (asyncio.ensure_future(self._act(plan)), asyncio.ensure_future(self._watch()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def close(self) -> None:
        """Close the TCP connection: at once when the client has left, else after what was sent."""
        if self._gone:
            self.abort()
        self._writer.close()
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(choices.CLOSE_TIMEOUT):
                    await self._writer.wait_closed()
        finally:
            self.abort()

    def abort(self) -> None:
        """Close the TCP connection without sending anything more."""
        self._writer.transport.abort()

    @property
    def _left(self) -> bool:
        """Whether the client has closed, or is about to be closed for a breach of protocol."""
        return self._gone or self._protocol.close_rcvd is not None or self._failed

    @property
    def _failed(self) -> bool:
        return self._protocol.parser_exc is not None

    def _take_frames(self) -> list[Frame]:
        events, self._events = self._events, []
        return [event for event in events if isinstance(event, Frame)]

    async def _watch(self) -> None:
        """Answer pings and forget further messages, until the client leaves."""
        while not self._left:
            await self._read()
            self._events.clear()

    async def _read(self) -> None:
        try:
            data = await self._reader.read(_CHUNK)
        except OSError:
            data = b""
        self._feed(data)
        await self._flush()

    def _feed(self, data: bytes) -> None:
        if data:
            self._protocol.receive_data(data)
        else:
            self._gone = True
            self._protocol.receive_eof()
        events = self._protocol.events_received()
        self._events += [event for event in events if isinstance(event, Request | Frame)]

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            await self._write(data)

    async def _write(self, data: bytes) -> None:
        throttle = self._throttle
        async with self._writing:
            size = throttle.size if throttle else len(data) or 1
            for start in range(0, len(data), size):
                self._writer.write(data[start : start + size])
                await self._writer.drain()
                if throttle:
                    await asyncio.sleep(throttle.seconds)

    async def _act(self, plan: Plan) -> None:
        for step in plan:
            if self._left:
                return
            await self._do(step)

    async def _do(self, step: Step) -> None:
        match step:
            case Send():
                self._send(step)
                await self._flush()
            case SendPart(message, size):
                self._send(message)
                await self._write(b"".join(self._protocol.data_to_send())[:size])
            case SendBytes(data):
                await self._write(data)
            case Throttle():
                self._throttle = step
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case _:
                await self._end(step)

    async def _end(self, step: Close | Reset | Hang) -> None:
        """Do a step after which only the client can act."""
        match step:
            case Close(code, reason):
                self._protocol.send_close(code, reason)
                await self._flush()
                await asyncio.sleep(choices.CLOSE_TIMEOUT)
            case Reset():
                linger = self._writer.get_extra_info("socket").setsockopt
                linger(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self.abort()
            case Hang():
                await asyncio.Event().wait()

    def _send(self, message: Send) -> None:
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
                    protocol.send_continuation(
                        data[start : start + size], fin=start + size >= len(data)
                    )


_STATUSES = frozenset(HTTPStatus)
