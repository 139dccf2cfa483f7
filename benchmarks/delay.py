"""A TCP proxy that makes a near address far away, TLS and all.

Each byte takes half a round trip, and the first one waits another round trip: on a long line TCP
itself needs one before it is connected, which to a proxy next door happens at once. Run it with
``python -m benchmarks.delay 127.0.0.1:8765 40`` (milliseconds); it prints its own port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator

_CHUNK = 65536


class Delay:
    """Carries the connections to one address."""

    def __init__(self, host: str, port: int, round_trip: float) -> None:
        """Set up.

        Args:
            host: where to.
            port: where to.
            round_trip: seconds that a byte and the answer to it are under way.
        """
        self._address = (host, port)
        self._round_trip = round_trip

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, both ways, to its end."""
        connected = asyncio.get_running_loop().time() + self._round_trip
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._address)
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


@contextlib.asynccontextmanager
async def delayed(host: str, port: int, round_trip: float) -> AsyncIterator[int]:
    """Put an address so many seconds away.

    Args:
        host: the address.
        port: its port.
        round_trip: seconds.

    Yields:
        The port on this machine under which it is far away.
    """
    server = await asyncio.start_server(Delay(host, port, round_trip).carry, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _main(address: str, milliseconds: float) -> None:
    host, _, port = address.rpartition(":")
    async with delayed(host, int(port), milliseconds / 1000) as own:
        print(own, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delay", description=__doc__)
    parser.add_argument("address", help="host:port")
    parser.add_argument("milliseconds", type=float, help="the round trip")
    args = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(args.address, args.milliseconds))
