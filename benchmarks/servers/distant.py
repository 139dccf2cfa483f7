"""Two services over TLS, each at the end of lines of several lengths.

Spark's is the emulator, which checks the signature as the service does; OpenAI's answers anything.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

from benchmarks.cases.sockets import CREDENTIALS
from benchmarks.servers.answers import Answers
from benchmarks.servers.delay import far
from benchmarks.servers.listening import http, run
from iflytek_spark.emulator import Emulator

ROUND_TRIPS = (0, 10, 40, 100)
"""Milliseconds."""
_CHUNKS = 20


async def _main(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with Emulator(credentials=CREDENTIALS, ssl_context=context) as spark:
        openai = await http(Answers(_CHUNKS).openai, ssl=context)
        near = [int(spark.base_url.rpartition(":")[2]), openai.sockets[0].getsockname()[1]]
        await run(*(far(port, trip / 1000) for trip in ROUND_TRIPS for port in near))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
