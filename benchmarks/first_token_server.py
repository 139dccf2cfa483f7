"""Two services over TLS, each at the end of lines of several lengths.

Spark's is the emulator, which checks the signature as the service does; OpenAI's answers anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
from collections.abc import AsyncIterator

from benchmarks.delay import delayed
from benchmarks.server import Answers
from benchmarks.socket_cases import ME
from iflytek_spark.emulator import Emulator

ROUND_TRIPS = (0, 10, 40, 100)
"""Milliseconds."""
_CHUNKS = 20


@contextlib.asynccontextmanager
async def _services(context: ssl.SSLContext) -> AsyncIterator[tuple[int, int]]:
    http = await asyncio.start_server(Answers(_CHUNKS).openai, "127.0.0.1", 0, ssl=context)
    async with Emulator(credentials=ME, ssl_context=context) as spark, http:
        port = int(spark.base_url.rpartition(":")[2])
        yield port, http.sockets[0].getsockname()[1]


async def _main(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with contextlib.AsyncExitStack() as stack:
        services = await stack.enter_async_context(_services(context))
        ports = [
            await stack.enter_async_context(delayed("127.0.0.1", port, trip / 1000))
            for trip in ROUND_TRIPS
            for port in services
        ]
        print(*ports, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
