"""A TCP proxy that makes a near address far away, TLS and all.

Each byte takes half a round trip, and the first one waits another round trip: on a long line TCP
itself needs one before it is connected, which to a proxy next door happens at once.
"""

from __future__ import annotations

import asyncio
import contextlib

from benchmarks.servers.listening import HOST

_CHUNK = 65536


class Delay:
    """Carries the connections to one port of this machine."""

    def __init__(self, port: int, round_trip: float) -> None:
        """Set up.

        Args:
            port: where to.
            round_trip: seconds that a byte and the answer to it are under way.
        """
        self._port = port
        self._round_trip = round_trip

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, both ways, to its end."""
        connected = asyncio.get_running_loop().time() + self._round_trip
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(
                self._pump(reader, far_writer, connected), self._pump(far_reader, writer, 0.0)
            )
        finally:
            for end in (writer, far_writer):
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begin: float
    ) -> None:
        """Carry bytes one way; a queue lets as many be under way as the line can hold."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.create_task(self._deliver(under_way, writer))
        loop = asyncio.get_running_loop()
        try:
            data = b"-"
            while data:
                try:
                    data = await reader.read(_CHUNK)
                except OSError:
                    data = b""
                due = max(loop.time(), begin) + self._round_trip / 2
                under_way.put_nowait((due, data))
            await delivering
        finally:
            delivering.cancel()

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while True:
                due, data = await under_way.get()
                if due > loop.time():
                    await asyncio.sleep(due - loop.time())
                if not data:
                    writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()


async def far(port: int, round_trip: float) -> asyncio.Server:
    """Listen on a port of this machine that is so many seconds away from another."""
    return await asyncio.start_server(Delay(port, round_trip).carry, HOST, 0)
