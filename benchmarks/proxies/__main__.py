"""Our gateway beside a litellm proxy: one run, the order turned round, medians and ratios."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias

import trustme

from benchmarks.proxies.load import ask, ask_many, request
from benchmarks.proxies.processes import LITELLM, Ports, Proxy, gateway, litellm, upstream

Work: TypeAlias = Callable[[Proxy, str], Awaitable[float]]
_STREAM, _REPEATS = 1000, 10
_PACED_STREAMS, _PACED_CHUNKS = 64, 100
_CROWD, _CROWD_CHUNKS = 500, 50
_WHOLE_CHUNKS, _ASKED = 10, 200


class Case(NamedTuple):
    """One row of the table.

    Attributes:
        name: what is measured, with its unit.
        who: whose proxy.
        start: starts it.
        model: the model's name there.
        work: measures it.
    """

    name: str
    who: str
    start: Callable[[], AbstractContextManager[Proxy]]
    model: str
    work: Work


async def full_speed(proxy: Proxy, model: str) -> float:
    """Return microseconds of CPU a chunk when the upstream is as fast as it can be."""
    data = request(model, _STREAM, stream=True)
    await ask(proxy.port, data)
    before = proxy.cpu()
    seen = [(await ask(proxy.port, data)).chunks for _ in range(_REPEATS)]
    return (proxy.cpu() - before) / sum(seen) * 1e6


async def paced(proxy: Proxy, model: str) -> float:
    """Return microseconds of CPU a chunk of many streams, each with a chunk every 20 ms."""
    data = request(model, _PACED_CHUNKS, stream=True)
    await ask_many(proxy.port, data, 4)
    before = proxy.cpu()
    seen = await ask_many(proxy.port, data, _PACED_STREAMS)
    return (proxy.cpu() - before) / sum(one.chunks for one in seen) * 1e6


async def crowd(proxy: Proxy, model: str) -> float:
    """Return milliseconds to the first chunk, p95, of many paced streams that come at once."""
    data = request(model, _CROWD_CHUNKS, stream=True)
    await ask_many(proxy.port, data, 4)
    seen = await ask_many(proxy.port, data, _CROWD)
    return statistics.quantiles((one.first for one in seen), n=20)[-1] * 1e3


async def whole(proxy: Proxy, model: str) -> float:
    """Return milliseconds of CPU of a request that is not streamed."""
    data = request(model, _WHOLE_CHUNKS, stream=False)
    for _ in range(10):
        await ask(proxy.port, data)
    before = proxy.cpu()
    for _ in range(_ASKED):
        await ask(proxy.port, data)
    return (proxy.cpu() - before) / _ASKED * 1e3


def cases(ports: Ports, authority: Path) -> Iterator[Case]:
    """Yield every case, ours and litellm's in turn."""
    plain = partial(gateway, f"ws://127.0.0.1:{ports.spark}")
    slow = partial(gateway, f"ws://127.0.0.1:{ports.spark_paced}")
    secure = partial(gateway, f"wss://127.0.0.1:{ports.spark_tls}", authority)
    theirs = partial(litellm, ports)
    rows: list[tuple[str, Work, str]] = [
        ("µs a chunk, full speed", full_speed, "fast"),
        ("µs a chunk, 64 streams at 20 ms", paced, "paced"),
        ("p95 ms to first token, 500 streams at 20 ms", crowd, "paced"),
        ("ms a request, not streamed", whole, "fast"),
    ]
    for name, work, model in rows:
        yield Case(name, "gateway", plain if model == "fast" else slow, "4.0Ultra", work)
        yield Case(name, "litellm", theirs, model, work)
    yield Case("ms a request, not streamed, wss", "gateway", secure, "4.0Ultra", whole)


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Measure every case.

    Args:
        rounds: samples of each, of which the median counts.

    Returns:
        For each row of the table the value of each proxy.
    """
    with tempfile.TemporaryDirectory() as folder:
        authority, own = _certificates(Path(folder))
        with upstream(own) as ports:
            samples: dict[tuple[str, str], list[float]] = {}
            for number in range(rounds):
                _round(list(cases(ports, authority)), samples, turned=number % 2 == 1)
    table: dict[str, dict[str, float]] = {}
    for (name, who), values in samples.items():
        table.setdefault(name, {})[who] = statistics.median(values)
    return table


def _round(order: list[Case], samples: dict[tuple[str, str], list[float]], *, turned: bool) -> None:
    for case in reversed(order) if turned else order:
        if case.who == "litellm" and not LITELLM.exists():
            continue
        with case.start() as proxy:
            value = asyncio.run(_value(case, proxy))
        samples.setdefault((case.name, case.who), []).append(value)


async def _value(case: Case, proxy: Proxy) -> float:
    return await case.work(proxy, case.model)


def _certificates(folder: Path) -> tuple[Path, Path]:
    authority = trustme.CA()
    ca, own = folder / "ca.pem", folder / "own.pem"
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(own))
    return ca, own


def main() -> int:
    """Run every case, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proxies", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="samples of each case")
    for name, row in measure(parser.parse_args().rounds).items():
        values = "".join(f"{who} {value:>9.1f}   " for who, value in row.items())
        ratio = f"{row['gateway'] / row['litellm']:.3f}" if len(row) > 1 else ""
        print(f"{name:<46}{values}{ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
