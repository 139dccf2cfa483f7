"""Vectors of many texts from a service that takes so many requests in a second and no more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from urllib.request import urlopen

from benchmarks.sampling import Metrics, serving
from benchmarks.socket_cases import ME
from iflytek_spark import AsyncSparkClient, SparkClient
from iflytek_spark.emulator.post import RateLimit
from iflytek_spark.protocol.embedding import DIMENSIONS, encode_embedding_answer
from iflytek_spark.protocol.service_frames import encode_error
from iflytek_spark.protocol.wire import RequestRefusedError

TEXTS = 1000
LIMIT = 20
IDEAL = TEXTS / LIMIT
SID = "emb000b702a@dx18d6fb9d758b894540"


def _sync(url: str, texts: list[str]) -> int:
    return len(SparkClient(ME, base_url=url).embed(texts, max_qps=LIMIT))


def _async(url: str, texts: list[str]) -> int:
    return len(asyncio.run(AsyncSparkClient(ME, base_url=url).embed(texts, max_qps=LIMIT)))


SURFACES: dict[str, Callable[[str, list[str]], int]] = {"sync": _sync, "async": _async}


def measure(surface: str) -> Metrics:
    """Return seconds of wall time, how many requests were refused, and ms of CPU."""
    texts = [f"第{number}条：秋天的北京很美" for number in range(TEXTS)]
    with serving("embedding") as (port,):
        start, used = time.perf_counter(), time.process_time()
        assert SURFACES[surface](f"ws://127.0.0.1:{port}", texts) == TEXTS
        wall, used = time.perf_counter() - start, time.process_time() - used
        with urlopen(f"http://127.0.0.1:{port}/") as answer:
            refused = int(answer.read())
    costs = {"refused": refused, "ms of CPU a text": used / TEXTS * 1e3}
    return {"s": wall, "wall/ideal": wall / IDEAL, **costs}


class Service:
    """Answers any text with one prepared vector, or refuses it; a GET tells how many it refused."""

    def __init__(self) -> None:
        self._answer = encode_embedding_answer(SID, [0.01] * DIMENSIONS)
        self._too_fast = encode_error(SID, 11202, "AppIdQpsOverFlowError:(bench) qps").encode()
        self._limit = RateLimit(LIMIT)
        self._refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0] or 0)
                await reader.readexactly(length)
                body = self._post() if length else b"%d" % self._refused
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    def _post(self) -> bytes:
        try:
            self._limit.check("")
        except RequestRefusedError:
            self._refused += 1
            return self._too_fast
        return self._answer


async def _serve() -> None:
    async with await asyncio.start_server(Service().serve, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
