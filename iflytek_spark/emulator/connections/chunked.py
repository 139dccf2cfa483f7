"""A response whose body comes in chunks (RFC 9112 §7.1): server-sent events, or kept-alive JSON.

It begins with its first message, so that an error in that place may still be a status.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iflytek_spark.emulator.connections.http import JSON, HttpConnection, head, response
from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.plan import Close, Send, SendError
from iflytek_spark.protocol.wire.openai.errors import HttpError

EVENTS: Mapping[str, str] = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache",
}


class ChunkedResponse:
    """One response of which each message is a chunk, in a form of the caller's."""

    def __init__(
        self,
        connection: HttpConnection,
        headers: Mapping[str, str],
        form: Callable[[bytes], bytes],
        failed: Callable[[SendError, bool], HttpError | bytes],
    ) -> None:
        """Set up without sending.

        Args:
            connection: where it goes.
            headers: its headers, but for the form of its transfer.
            form: writes a message's payload into the body.
            failed: writes an error: as a response in place of this one, or as a payload. It is
                told whether this one has begun, when it can be a payload only.
        """
        self._connection = connection
        self._headers = {**headers, "Transfer-Encoding": "chunked"}
        self._form = form
        self._failed = failed
        self._begun = self._replaced = False

    @property
    def stream(self) -> Stream:
        """The connection's bytes."""
        return self._connection.stream

    @property
    def disconnected(self) -> bool:
        """Whether the client has ended its half of the connection."""
        return self._connection.disconnected

    def encode(self, message: Send) -> bytes:
        """Return a message as a chunk, the head before the first."""
        payload = message.payload
        if isinstance(message, SendError):
            failure = self._failed(message, self._begun)
            if isinstance(failure, HttpError):
                return self._instead(failure)
            payload = failure
        data = payload if message.bare else self._form(payload)
        start = b"" if self._begun else head(200, self._headers)
        self._begun = True
        return start + (_chunk(data) if data else b"")

    async def finish(self, close: Close) -> None:
        """Write the chunk that ends the body."""
        if not self._replaced:
            start = b"" if self._begun else head(200, self._headers)
            await self.stream.write(start + b"0\r\n\r\n")

    async def watch(self) -> None:
        """Keep what comes for the next request, until the client leaves."""
        await self._connection.watch()

    def _instead(self, failure: HttpError) -> bytes:
        self._replaced = True
        headers = {name: value for name, value in self._headers.items() if name == "Date"}
        return response(failure.status, {**headers, **JSON}, failure.body)


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
