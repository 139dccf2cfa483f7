"""One connection of plain HTTP/1.1: requests read with h11, responses written by hand.

Written by hand, because a fault may send a part of a response, or two.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import h11

from iflytek_spark.emulator import choices
from iflytek_spark.emulator.plan import (
    Close,
    Hang,
    Plan,
    Reset,
    Send,
    SendBytes,
    SendPart,
    Throttle,
    Wait,
)

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of zero: closing the socket resets the connection."""
_KNOWN = {status.value: status.phrase for status in HTTPStatus}
_JSON = {"Content-Type": "application/json; charset=utf-8"}


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
    """

    method: str
    target: str
    host: str
    headers: Mapping[str, str]
    body: bytes
    keeps_alive: bool

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


class HttpConnection:
    """The server's end of a connection."""

    def __init__(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take over a stream.

        Args:
            head: what was read of it already.
            reader: the stream's reading half.
            writer: the stream's writing half.
        """
        self._head = head
        self._reader = reader
        self._writer = writer
        self._throttle: Throttle | None = None

    async def read_request(self) -> HttpRequest | None:
        """Return the next request, or None when the client leaves first.

        Raises:
            h11.RemoteProtocolError: for what is not HTTP, or too large.
        """
        parser = h11.Connection(h11.SERVER)
        if self._head:
            parser.receive_data(self._head)
        request: h11.Request | None = None
        body = bytearray()
        while True:
            match parser.next_event():
                case h11.Request() as request:
                    pass
                case h11.Data(data=data):
                    body += data
                    _check_size(body)
                case h11.EndOfMessage() if request is not None:
                    self._head, _ = parser.trailing_data
                    return _whole(request, bytes(body), parser.their_state is h11.DONE)
                case h11.ConnectionClosed():
                    return None
                case _:
                    parser.receive_data(await self._reader.read(_CHUNK))

    async def respond(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        """Write a response.

        Args:
            status: its status.
            body: its body.
            headers: its headers besides that of its length.
        """
        await self._write(_response(status, headers, body.encode()))

    async def perform(self, plan: Plan, date: str) -> bool:
        """Do the steps of a plan.

        Args:
            plan: the steps; each message is the body of a response.
            date: the responses' ``Date``.

        Returns:
            Whether a further request may follow: the plan has ended as an answer does.
        """
        for step in plan:
            match step:
                case Close(code):
                    return code == choices.CLOSE_CODE
                case Send(payload):
                    await self._write(_response(200, {"Date": date, **_JSON}, payload))
                case SendPart(message, size):
                    response = _response(200, {"Date": date, **_JSON}, message.payload)
                    await self._write(response[:size])
                case _:
                    await self._do(step)
        return False

    async def _do(self, step: SendBytes | Throttle | Wait | Reset | Hang) -> None:
        match step:
            case SendBytes(data):
                await self._write(data)
            case Throttle():
                self._throttle = step
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case Reset():
                linger = self._writer.get_extra_info("socket").setsockopt
                linger(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._writer.transport.abort()
            case _:  # Hang, until the client leaves
                while await self._reader.read(_CHUNK):
                    pass

    async def _write(self, data: bytes) -> None:
        throttle = self._throttle or Throttle(len(data), 0)
        for start in range(0, len(data), throttle.size):
            self._writer.write(data[start : start + throttle.size])
            await self._writer.drain()
            if throttle.seconds:
                await asyncio.sleep(throttle.seconds)


def _check_size(body: bytearray) -> None:
    if len(body) > choices.MAX_REQUEST_BYTES:
        raise h11.RemoteProtocolError("the body is too large", error_status_hint=413)


def _whole(request: h11.Request, body: bytes, keeps_alive: bool) -> HttpRequest:
    fields = [(name.decode(), value.decode("latin-1")) for name, value in request.headers]
    hosts = [value for name, value in fields if name == "host"]
    return HttpRequest(
        method=request.method.decode(),
        target=request.target.decode("latin-1"),
        host=hosts[0] if len(hosts) == 1 else "",
        headers=dict(fields),
        body=body,
        keeps_alive=keeps_alive,
    )


def _response(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    fields = {**headers, "Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status} {_KNOWN.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body
