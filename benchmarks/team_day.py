"""A team's day: forty keys, three accounts that enforce their limits, and what goes wrong in a day.

Run by hand: ``python -m benchmarks.team_day``. It needs ``redis-server``, and prints what was asked
and answered. One account loses its right in the middle, a worker is killed, Redis is restarted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from benchmarks.servers.accounts import Account, Redis
from iflytek_spark.gateway.middleware.auth import new_key

KEYS, ACCOUNTS, WORKERS = 40, 3, 2
_PATIENCE = 60.0
_TRIES = 5
_BODY = {"model": "lite", "messages": [{"role": "user", "content": "你好"}]}


@dataclass(slots=True)
class Report:
    """What became of a day.

    Attributes:
        statuses: how many requests had which end.
        retried: requests that a caller sent again, since their worker was killed.
        waits: for each key, the seconds that its requests took.
        busiest: for each account, the most requests in any second, as the service saw it.
        asked: for each account, all of them.
        seconds: how long the day was.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    waits: dict[str, list[float]] = field(default_factory=dict)
    busiest: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def fairness(self) -> tuple[float, float]:
        """Return the 95th percentile of the quietest key's times, and the median key's."""
        quietest = min(self.waits.values(), key=len)
        return _p95(quietest), statistics.median(map(_p95, self.waits.values()))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.team_day", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=20, help="of each account, in a second")
    args = parser.parse_args()
    report = live(args.requests, args.rate)
    quietest, median = report.fairness()
    print(f"{sum(report.statuses.values())} requests in {report.seconds:.0f} s: {report.statuses}")
    print(f"sent again since a worker was killed: {report.retried}")
    print(f"asked {report.asked}, at most {report.busiest} in any second of {args.rate}")
    print(f"p95 of the quietest key {quietest:.2f} s, of the median key {median:.2f} s")


def live(requests: int, rate: int) -> Report:
    """Live through a day of so many requests, with accounts of so many a second."""
    with contextlib.ExitStack() as stack:
        spark = [stack.enter_context(contextlib.closing(Account(rate))) for _ in range(ACCOUNTS)]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(contextlib.closing(Redis()))
        keys = {f"key{number}": new_key() for number in range(KEYS)}
        config = folder / "gateway.toml"
        config.write_text(_config(keys, spark, rate, redis.url))
        gateway = stack.enter_context(_gateway(config))
        url = _ready(gateway)
        day = Day(url, {name: key for name, (key, _) in keys.items()}, requests)
        asyncio.run(day.live(gateway.pid, spark[-1], redis))
        times = [one.times() for one in spark]
        day.report.busiest = [_busiest(one) for one in times]
        day.report.asked = [len(one) for one in times]
        return day.report


class Day:
    """The callers, and what happens to them."""

    def __init__(self, url: str, keys: dict[str, str], requests: int) -> None:
        """Set up for callers' keys by their names."""
        self.report = Report(waits={name: [] for name in keys})
        self._url = f"{url}/v1/chat/completions"
        self._keys = keys
        self._left = requests
        self._troubles = {int(share * requests): asyncio.Event() for share in (0.3, 0.5, 0.7)}
        self._random = random.Random(1)  # noqa: S311 - the same day each time

    async def live(self, gateway: int, losing: Account, redis: Redis) -> None:
        """Ask until all requests are answered, while things go wrong."""
        began = time.monotonic()
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx2.AsyncClient(timeout=_PATIENCE, limits=limits) as client:
            troubles = asyncio.create_task(self._trouble(gateway, losing, redis))
            callers = [
                self._call(client, name, burst=1 if number < 10 else 4 if number < 30 else 12)
                for number, name in enumerate(self._keys)
            ]
            await asyncio.gather(*callers)
            await troubles
        self.report.seconds = time.monotonic() - began

    async def _trouble(self, gateway: int, losing: Account, redis: Redis) -> None:
        killing, withdrawing, restarting = self._troubles.values()
        await killing.wait()
        os.kill(_workers(gateway)[0], signal.SIGKILL)
        await withdrawing.wait()
        losing.withdraw()
        await restarting.wait()
        await asyncio.to_thread(redis.restart)

    async def _call(self, client: httpx2.AsyncClient, name: str, burst: int) -> None:
        """Ask in bursts, with pauses."""
        while self._left > 0:
            count = min(burst, self._left)
            self._left -= count
            await asyncio.gather(*(self._chat(client, name) for _ in range(count)))
            await asyncio.sleep(self._random.random() * 0.2)

    async def _chat(self, client: httpx2.AsyncClient, name: str) -> None:
        """Ask once; when the connection is lost, again, as clients do."""
        began = time.monotonic()
        streamed = self._random.random() < 0.5
        for _ in range(_TRIES):
            try:
                end = await self._ask(client, name, streamed)
                break
            except httpx2.TransportError as error:
                self.report.retried += 1
                end = type(error).__name__
        self.report.statuses[end] += 1
        if event := self._troubles.get(self.report.statuses.total()):
            event.set()
        self.report.waits[name].append(time.monotonic() - began)

    async def _ask(self, client: httpx2.AsyncClient, name: str, streamed: bool) -> str:
        headers = {"authorization": f"Bearer {self._keys[name]}"}
        response = await client.post(self._url, headers=headers, json={**_BODY, "stream": streamed})
        if response.status_code != 200:
            return f"{response.status_code} {response.json()['error']['code']}"
        whole = not streamed or response.text.rstrip().endswith("data: [DONE]")
        return "200" if whole else "200, cut off"


def _config(
    keys: dict[str, tuple[str, str]], spark: Sequence[Account], rate: int, redis: str
) -> str:
    lines = [f'redis_url = "{redis}"', "[routing]", "max_wait = 50", "[keys]"]
    lines += [f'{name} = "{hashed}"' for name, (_, hashed) in keys.items()]
    for number, one in enumerate(spark):
        known = one.credentials
        lines += [
            f"[accounts.account{number}]",
            f'app_id = "{known.app_id}"',
            f'api_key = "{known.api_key}"',
            f'api_secret = "{known.api_secret}"',
            f'base_url = "{one.base_url}"',
            f"requests_per_second = {{ chat = {rate} }}",
        ]
    return "\n".join(lines)


@contextlib.contextmanager
def _gateway(config: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "iflytek_spark.gateway", "--port", "0"]
    with (
        (config.parent / "log").open("w") as log,
        subprocess.Popen(
            [*command, "--workers", str(WORKERS), "--config", str(config)],
            stdout=log,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def _ready(gateway: subprocess.Popen[str]) -> str:
    assert gateway.stderr
    for line in gateway.stderr:
        if found := re.search(r"listening on (\S+)", line):
            return found[1]
    raise RuntimeError("the gateway did not start")


def _workers(gateway: int) -> list[int]:
    """Return the processes that serve: those of the supervisor's that were spawned for it."""
    children = Path(f"/proc/{gateway}/task/{gateway}/children").read_text().split()
    named = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
    return [pid for pid, line in named.items() if "spawn_main" in line]


def _busiest(times: Sequence[float]) -> int:
    """Return the most moments in any second."""
    most = first = 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] if values else 0.0


if __name__ == "__main__":
    main()
