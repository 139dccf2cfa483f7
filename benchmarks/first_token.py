"""Time to the first token over TLS at several round trips, without and with ``preconnect``.

The service (the emulator) and the long lines (``benchmarks.delay``) run in a process of their own.
A cold call takes four round trips: TCP, TLS, the upgrade, the request. Run it with
``python -m benchmarks.first_token``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import trustme

from benchmarks.delay import delayed
from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.emulator import Emulator

ROUND_TRIPS = (0, 10, 40, 100)
"""Milliseconds."""
ROUNDS = 7
WARM = 2
ME = Credentials("bench", "bench-key", "bench-secret")
PROMPT = "你好"

Results: TypeAlias = dict[str, dict[str, float]]
"""By row (``sync cold``), by round trip in ms: the median in ms."""


@dataclass(frozen=True)
class Place:
    """Where one line begins, and how to trust what is at its end."""

    port: int
    context: ssl.SSLContext

    def settings(self, preconnect: int) -> dict[str, Any]:
        url = f"wss://127.0.0.1:{self.port}"
        return {"base_url": url, "ssl_context": self.context, "preconnect": preconnect}


def sync_first_token(client: SparkClient) -> float:
    """Return the seconds until the first event of one call."""
    start = time.perf_counter()
    with client.stream(PROMPT) as stream:
        next(stream)
        took = time.perf_counter() - start
        stream.response()
    return took


async def async_first_token(client: AsyncSparkClient) -> float:
    """Return the seconds until the first event of one call."""
    start = time.perf_counter()
    async with client.stream(PROMPT) as stream:
        await anext(stream)
        took = time.perf_counter() - start
        await stream.response()
    return took


def sync_sample(place: Place, preconnect: int, pause: float) -> float:
    """Make a client and a call that prepares, wait, and measure the next call."""
    client = SparkClient(ME, **place.settings(preconnect))
    sync_first_token(client)
    time.sleep(pause)
    try:
        return sync_first_token(client)
    finally:
        client.close()


def async_sample(place: Place, preconnect: int, pause: float) -> float:
    """Do the same in an event loop."""

    async def main() -> float:
        client = AsyncSparkClient(ME, **place.settings(preconnect))
        await async_first_token(client)
        await asyncio.sleep(pause)
        return await async_first_token(client)

    return asyncio.run(main())


SAMPLES: dict[str, tuple[Callable[[Place, int, float], float], int]] = {
    "sync cold": (sync_sample, 0),
    "sync warm": (sync_sample, WARM),
    "async cold": (async_sample, 0),
    "async warm": (async_sample, WARM),
}


def measure(rounds: int = ROUNDS) -> Results:
    """Measure every row at every round trip, in turn, the order turned round each time.

    Args:
        rounds: samples of each.

    Returns:
        Medians in milliseconds, by row and round trip.
    """
    times: dict[tuple[str, int], list[float]] = {}
    with _service() as places:
        cells = [(name, trip) for trip in ROUND_TRIPS for name in SAMPLES]
        for number in range(rounds + 1):
            for name, trip in cells if number % 2 else reversed(cells):
                sample, preconnect = SAMPLES[name]
                pause = 0.1 + 4 * (WARM + 1) * trip / 1000 if preconnect else 0.0
                took = sample(places[trip], preconnect, pause)
                if number:  # the first round loads what is loaded once
                    times.setdefault((name, trip), []).append(took * 1000)
    return {
        name: {str(trip): statistics.median(times[name, trip]) for trip in ROUND_TRIPS}
        for name in SAMPLES
    }


def report(results: Results) -> None:
    """Print the table, in milliseconds and in round trips."""
    print(f"\nTime to the first token over TLS, ms (in round trips); warm: preconnect={WARM}\n")
    print("  round trip " + "".join(f"{trip:>10} ms     " for trip in ROUND_TRIPS))
    for name, row in results.items():
        cells = [f"{row[str(trip)]:>8.1f} {_trips(row, trip):<9}" for trip in ROUND_TRIPS]
        print(f"  {name:<11}" + "".join(cells))


def _trips(row: dict[str, float], trip: int) -> str:
    return f"({row[str(trip)] / trip:.2f})" if trip else ""


@contextlib.contextmanager
def _service() -> Iterator[dict[int, Place]]:
    """Run the service in a process of its own."""
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "service.pem"
        certificate.touch(mode=0o600)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        command = [sys.executable, "-m", "benchmarks.first_token", "--serve", str(certificate)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            assert process.stdout is not None
            ports = map(int, process.stdout.readline().split())
            yield {trip: Place(port, context) for trip, port in zip(ROUND_TRIPS, ports)}
        finally:
            process.terminate()
            process.communicate()


async def _serve(certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with contextlib.AsyncExitStack() as stack:
        spark = await stack.enter_async_context(Emulator(credentials=ME, ssl_context=context))
        port = int(spark.base_url.rpartition(":")[2])
        ports = [
            await stack.enter_async_context(delayed("127.0.0.1", port, trip / 1000))
            for trip in ROUND_TRIPS
        ]
        print(*ports, flush=True)
        await asyncio.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_token", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of each row")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(_serve(args.serve))
    else:
        report(measure(args.rounds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
