"""The gateway beside a litellm proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.certificates import certificates
from benchmarks.proxies.__main__ import Case, cases
from benchmarks.proxies.load import ask, request
from benchmarks.proxies.processes import LITELLM, Ports, Proxy, gateway, upstream
from benchmarks.runner import Section
from benchmarks.sampling import PATIENCE, Metrics, SampleError

LENGTHS = (200, 20_000)
_MEASURED = 20_000
"""Chunks that are measured at each length, in one answer or in many."""


class _Place(NamedTuple):
    ports: Ports
    authority: Path


@contextlib.contextmanager
def _place() -> Iterator[_Place]:
    with certificates() as (ca, own), upstream(own) as ports:
        yield _Place(ports, ca)


def _cases(place: _Place) -> dict[str, Case]:
    found = [*cases(*place), *(_growth(place.ports, length) for length in LENGTHS)]
    return {row(case.who, case.name): case for case in found}


def row(who: str, name: str) -> str:
    """Return the name of a row."""
    return f"{who}: {name}"


def length_name(length: int) -> str:
    """Return the name of the case for answers of one length."""
    return f"µs a chunk, answers of {length:,}"


def _growth(ports: Ports, length: int) -> Case:
    start = partial(gateway, f"ws://127.0.0.1:{ports.spark}")
    return Case(length_name(length), "gateway", start, "4.0Ultra", partial(_long, length=length))


async def _long(proxy: Proxy, model: str, length: int) -> float:
    """Return microseconds of CPU a chunk in answers of one length."""
    data = request(model, length, stream=True)
    await ask(proxy.port, data)
    before = proxy.cpu()
    seen = [(await ask(proxy.port, data)).chunks for _ in range(_MEASURED // length)]
    return (proxy.cpu() - before) / sum(seen) * 1e6


def _sample(name: str, place: _Place) -> Metrics:
    case = _cases(place)[name]
    if case.who == "litellm" and not LITELLM.exists():
        raise SampleError(f"{LITELLM} is missing; `make bench` installs it")
    with case.start() as proxy:
        return {"value": asyncio.run(_measured(case, proxy))}


async def _measured(case: Case, proxy: Proxy) -> float:
    async with asyncio.timeout(PATIENCE):
        return await case.work(proxy, case.model)


def _row(name: str) -> Callable[[_Place], Metrics]:
    return partial(_sample, name)


_NOWHERE = _Place(Ports(*[0] * len(Ports._fields)), Path())
SECTION = Section(
    name="gateway",
    title="The gateway beside a litellm proxy, CPU of the proxy's process (the crowd: wall time)",
    about="One worker each, a fresh process for each sample; the upstreams have equal chunks, "
    "Spark's over a WebSocket for the gateway and OpenAI's over HTTP for litellm.",
    seconds=115,
    place=_place,
    rows={name: _row(name) for name in _cases(_NOWHERE)},
)
