"""Makes calls of every kind for a long time, and shows that nothing grows.

Every thousand calls, when none is running, memory, sockets, threads and tasks are counted; at the
end a line is laid through each by least squares. A slope above its bound is a leak. The local
Spark is a process of its own; every tenth connection to it is faulty.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import itertools
import os
import statistics
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from pydantic import SecretStr
from pydantic_core import from_json

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient, SparkError
from iflytek_spark.emulator import faults, running_emulator
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM

CALLS = 20_000
SAMPLES = 20
WARM = 2
"""The first samples, in which caches, pools and the allocator fill up, are left out."""
AT_ONCE = 20
CREDENTIALS = Credentials("app", "key", "secret")
FAULTS: tuple[faults.Fault, ...] = (
    faults.ErrorFrame(10013),
    faults.Cut(after=1),
    faults.RefuseHandshake(503),
    faults.RawFrame("no JSON", after=1),
    faults.Cut(after=1, how="eof"),
)


class Sample(NamedTuple):
    """What a process holds."""

    memory: float
    sockets: float
    files: float
    threads: float
    tasks: float


BOUNDS = Sample(memory=64.0, sockets=0.05, files=0.05, threads=0.05, tasks=0.05)
"""The steepest slopes: KB of memory, and numbers of the others, in 1,000 calls."""
SETTLING = 8192.0
"""KB in 1,000 calls of a run below 10,000, in which memory is still settling."""
Kind: TypeAlias = Callable[[], Awaitable[object]]


def main() -> int:
    """Run the command line, and return its exit code: 1 for a leak."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS, help=f"{CALLS:,} by default")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve()
        return 0
    command = [sys.executable, "-m", "benchmarks.soak", "--serve"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout
        assert server.stdin
        samples, outcomes = asyncio.run(soak(server.stdout.readline().strip(), args.calls))
        server.stdin.close()
    return report(samples, outcomes, args.calls)


def serve() -> None:
    """Serve until the standard input ends; the address is the first line that is printed."""
    with running_emulator(credentials=CREDENTIALS) as spark:
        print(spark.base_url, flush=True)
        for fault in itertools.islice(itertools.cycle(FAULTS), CALLS):
            spark.script(*[None] * 9, fault)
        sys.stdin.read()


def kinds(url: str) -> dict[str, Kind]:
    """Return one function for each kind of call; all of a kind share one object."""
    settings: dict[str, Any] = {"base_url": url, "timeout": 60, "max_retries": 0}
    keys: dict[str, Any] = {
        "app_id": CREDENTIALS.app_id,
        "api_key": SecretStr("key"),
        "api_secret": SecretStr("secret"),
    }
    client, aclient = (
        SparkClient(CREDENTIALS, **settings),
        AsyncSparkClient(CREDENTIALS, **settings),
    )
    chat, llm = ChatSpark(**settings, **keys), SparkLLM(**settings, **keys)
    ask = "列出三种水果"

    async def close_early() -> None:
        async with aclient.stream(ask) as stream:
            await anext(stream)

    async def cancel() -> None:
        task = asyncio.create_task(aclient.chat(ask))
        await asyncio.sleep(0.001)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return {
        "SparkClient.chat": lambda: asyncio.to_thread(client.chat, ask),
        "AsyncSparkClient.chat": lambda: aclient.chat(ask),
        "closed early": close_early,
        "cancelled": cancel,
        "SparkClient.embed": lambda: asyncio.to_thread(client.embed, [ask], max_qps=None),
        "AsyncSparkClient.embed": lambda: aclient.embed([ask], max_qps=None),
        "ChatSpark.invoke": lambda: asyncio.to_thread(chat.invoke, ask),
        "ChatSpark.ainvoke": lambda: chat.ainvoke(ask),
        "SparkLLM.complete": lambda: asyncio.to_thread(llm.complete, ask),
        "SparkLLM.acomplete": lambda: llm.acomplete(ask),
    }


def fill_string_cache() -> None:
    """Read more strings than pydantic's JSON parser keeps, 16,384; session ids would fill it."""
    for number in range(20_000):
        from_json(f'"cht{number:08}@dx18d6fb9d758b894540"')


async def soak(url: str, calls: int) -> tuple[list[Sample], Counter[str]]:
    """Make the calls, so many at once; return the samples, and how the calls ended."""
    work, outcomes = itertools.cycle(kinds(url).items()), Counter[str]()
    samples: list[Sample] = []
    fill_string_cache()
    gc.freeze()  # what the imports have left need not be searched for each sample

    async def one(name: str, call: Kind) -> None:
        try:
            await call()
        except SparkError as error:
            outcomes[type(error).__name__] += 1
        else:
            outcomes[name] += 1

    for _ in range(SAMPLES):
        for _ in range(calls // SAMPLES // AT_ONCE):
            turn = itertools.islice(work, AT_ONCE)
            await asyncio.gather(*(one(name, call) for name, call in turn))
        await asyncio.sleep(0)
        samples.append(sample())
    return samples, outcomes


def sample() -> Sample:
    """Count what is held when nothing is running."""
    gc.collect()
    names = [link(path) for path in Path("/proc/self/fd").iterdir()]
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Sample(
        memory=pages * os.sysconf("SC_PAGE_SIZE") / 1024,
        sockets=sum(name.startswith("socket:") for name in names),
        files=len(names),
        threads=threading.active_count(),
        tasks=len(asyncio.all_tasks()),
    )


def link(path: Path) -> str:
    """Say what a file descriptor is; the one that lists them is closed already."""
    try:
        return str(path.readlink())
    except FileNotFoundError:
        return ""


def report(samples: list[Sample], outcomes: Counter[str], calls: int) -> int:
    """Print the table and the slopes; return 1 when one is above its bound."""
    step = calls // SAMPLES
    bounds = BOUNDS if calls >= CALLS // 2 else BOUNDS._replace(memory=SETTLING)
    print(f"{'calls':>8}" + "".join(f"{name:>12}" for name in Sample._fields))
    for number, row in enumerate(samples, 1):
        print(f"{number * step:>8,}" + "".join(f"{value:>12,.0f}" for value in row))
    print(", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())))
    times = [number * step / 1000 for number in range(len(samples) - WARM)]
    leaks = 0
    for name, bound in bounds._asdict().items():
        values = [getattr(row, name) for row in samples[WARM:]]
        slope = statistics.linear_regression(times, values).slope
        leaks += slope > bound
        print(f"{name}: {slope:+.3f} in 1,000 calls (at most {bound:g})")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
