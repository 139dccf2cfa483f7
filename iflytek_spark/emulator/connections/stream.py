"""A connection as bytes, TCP or TLS.

It is ours, so that everything a network can do to a client can be done on purpose.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from typing import Self

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.plan import Throttle

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of zero: closing the socket resets the connection."""


class Stream:
    """The server's end of a connection.

    Attributes:
        throttle: how slowly it writes, or None for as fast as the client reads.
        disconnected: whether the client has ended its half.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take over the two halves of a stream."""
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()
        self._kept = b""
        self.throttle: Throttle | None = None
        self.disconnected = False

    @classmethod
    async def over(cls, client: socket.socket, context: ssl.SSLContext | None) -> Self:
        """Set up a connection over an accepted socket, which is closed with it.

        Raises:
            OSError: when the TLS handshake fails, which a ``context`` asks for.
        """
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop))

    async def peek(self, size: int) -> bytes:
        """Return the next bytes and keep them for :meth:`read`; fewer when the client leaves."""
        while len(self._kept) < size and not self.disconnected:
            await self.keep()
        return self._kept[:size]

    async def keep(self) -> None:
        """Wait for bytes or the client's end, and keep the bytes for :meth:`read`."""
        data = await self._receive()
        self._kept += data

    async def read(self) -> bytes:
        """Return the next bytes, or none when the client has left."""
        kept, self._kept = self._kept, b""
        return kept or await self._receive()

    def unread(self, data: bytes) -> None:
        """Put back bytes that were read too far."""
        self._kept = data + self._kept

    async def write(self, data: bytes) -> None:
        """Write bytes, as slowly as the throttle says."""
        throttle = self.throttle
        async with self._writing:
            size = throttle.size if throttle else len(data) or 1
            for start in range(0, len(data), size):
                self._writer.write(data[start : start + size])
                await self._writer.drain()
                if throttle:
                    await asyncio.sleep(throttle.seconds)

    def reset(self) -> None:
        """Reset the TCP connection."""
        linger = self._writer.get_extra_info("socket").setsockopt
        linger(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.abort()

    async def close(self) -> None:
        """Close the TCP connection: at once when the client has left, else after what was sent."""
        if self.disconnected:
            self.abort()
        self._writer.close()
        try:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(assumptions.CLOSE_TIMEOUT):
                    await self._writer.wait_closed()
        finally:
            self.abort()

    def abort(self) -> None:
        """Close the TCP connection without sending anything more."""
        self._writer.transport.abort()

    async def _receive(self) -> bytes:
        try:
            data = await self._reader.read(_CHUNK)
        except OSError:
            data = b""
        self.disconnected = not data
        return data
