"""The gateway beside a litellm proxy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.proxies.processes import LITELLM, Proxy, gateway, litellm
from benchmarks.proxies.work import Work, crowd, full_speed, paced, whole
from benchmarks.runner import Section
from benchmarks.sampling import SAMPLE_TIMEOUT, Metrics, SampleError, serving
from benchmarks.servers.certificates import certificates

LENGTHS = (200, 20_000)
_MEASURED = 20_000
"""Chunks that are measured at each length, in one answer or in many."""
_BOTH: dict[str, tuple[Work, str]] = {
    "µs a chunk, full speed": (full_speed, "fast"),
    "µs a chunk, 64 streams at 20 ms": (paced, "paced"),
    "p95 ms to first token, 500 streams at 20 ms": (crowd, "paced"),
    "ms a request, not streamed": (whole, "fast"),
}
"""What is measured of both proxies, and how fast the service behind them is."""


class Place(NamedTuple):
    """Where the services behind the proxies are.

    Attributes:
        spark: Spark's ports, by how fast it is: ``fast``, ``paced``, and ``tls``.
        openai: OpenAI's.
        authority: the certificate that Spark's over TLS is trusted by.
    """

    spark: dict[str, int]
    openai: dict[str, int]
    authority: Path


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Run the services behind the proxies."""
    with certificates() as (ca, own), serving("servers.upstream", str(own)) as ports:
        spark = dict(zip(("fast", "paced", "tls"), ports[:3]))
        yield Place(spark, dict(zip(("fast", "paced"), ports[3:])), ca)


def length_name(length: int) -> str:
    """Return what is measured for answers of one length."""
    return f"µs a chunk, answers of {length:,}"


def of_gateway(work: Work, speed: str, place: Place, **environment: str) -> Metrics:
    """Measure a gateway of its own, with further variables in its environment."""
    scheme = "wss" if speed == "tls" else "ws"
    base_url = f"{scheme}://127.0.0.1:{place.spark[speed]}"
    trust = {"SSL_CERT_FILE": str(place.authority)} if speed == "tls" else {}
    return _measure(work, gateway(base_url, {**trust, **environment}), "4.0Ultra")


def _of_litellm(work: Work, speed: str, place: Place) -> Metrics:
    if not LITELLM.exists():
        raise SampleError(f"{LITELLM} is missing; `make bench` installs it")
    return _measure(work, litellm(place.openai), speed)


def _measure(work: Work, starting: AbstractContextManager[Proxy], model: str) -> Metrics:
    async def measure(proxy: Proxy) -> float:
        async with asyncio.timeout(SAMPLE_TIMEOUT):
            return await work(proxy, model)

    with starting as proxy:
        return {"value": asyncio.run(measure(proxy))}


def _rows() -> Iterator[tuple[str, Callable[[Place], Metrics]]]:
    for name, (work, speed) in _BOTH.items():
        yield f"gateway: {name}", partial(of_gateway, work, speed)
        yield f"litellm: {name}", partial(_of_litellm, work, speed)
    yield "gateway: ms a request, not streamed, wss", partial(of_gateway, whole, "tls")
    for length in LENGTHS:
        work = partial(full_speed, chunks=length, repeats=_MEASURED // length)
        yield f"gateway: {length_name(length)}", partial(of_gateway, work, "fast")


SECTION = Section(
    name="gateway",
    title="The gateway beside a litellm proxy, CPU of the proxy's process (the crowd: wall time)",
    about="One worker each, a fresh process for each sample; the upstreams have equal chunks, "
    "Spark's over a WebSocket for the gateway and OpenAI's over HTTP for litellm.",
    seconds=115,
    place=place,
    rows=dict(_rows()),
)
