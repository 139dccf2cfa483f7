"""The two services that a recording is played by: the mock transport, and the emulator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, Fault, faults, running_emulator
from iflytek_spark.protocol.steps import (
    Clock,
    ConnectionFailedError,
    HTTPStatusError,
    TransportError,
)
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.mock import MockScript, Wait
from iflytek_spark.transports.sse.aio import AsyncSsePool, AsyncSseTransport
from iflytek_spark.transports.sse.sync import SsePool, SseTransport
from iflytek_spark.transports.ws_async import AsyncWebSocketTransport
from iflytek_spark.transports.ws_sync import WebSocketTransport
from tests._support.service import keys_of
from tests.contract.cases import (
    NOW,
    Case,
    Connection,
    Dialect,
    NoHandshake,
    Recording,
    Refusal,
)
from tests.unit.protocol.flow_helpers import ME

PREFIXES: dict[Dialect, str] = {"websocket": "{}", "A": "data:{}\n\n", "B": "data: {}\n\n"}
"""What is replayed over HTTP are whole events."""

SHORT = 0.6
"""Seconds until a silence is taken for one; a busy machine is slow too."""


class Service(Protocol):
    """Plays one case, and hands out clients that talk to it."""

    def sync_client(self) -> SparkClient: ...

    def async_client(self) -> AsyncSparkClient: ...

    def connections(self) -> int:
        """How many connections were tried."""

    def idle(self) -> bool:
        """Whether none is open any more."""


def patience(case: Case) -> Timeouts:
    """Return time-outs that are short only where the case is silent."""
    if any(isinstance(one, NoHandshake) for one in case.connections):
        return Timeouts(connect=SHORT)
    if any(isinstance(one, Recording) and one.end == "silent" for one in case.connections):
        return Timeouts(response=SHORT, idle=SHORT)
    return Timeouts()


def settings_of_case(case: Case) -> dict[str, Any]:
    return {
        "model": case.model,
        "timeout": patience(case),
        "max_retries": case.max_retries,
        "wire": "websocket" if case.wire == "websocket" else "http",
    }


class MockService:
    """No sockets: the script of the public test double."""

    def __init__(self, case: Case) -> None:
        self._settings = settings_of_case(case)
        self._script = MockScript([_happenings(one) for one in case.connections])

    def sync_client(self) -> SparkClient:
        return SparkClient(KEYS, transport=self._script.sync, clock=self._clock, **self._settings)

    def async_client(self) -> AsyncSparkClient:
        return AsyncSparkClient(
            KEYS, transport=self._script.aio, clock=self._clock, **self._settings
        )

    def connections(self) -> int:
        return len(self._script.urls)

    def idle(self) -> bool:
        return self._script.open == 0

    @property
    def _clock(self) -> Clock:
        return self._script.clock._replace(wall=lambda: NOW)


class EmulatorService:
    """Real sockets, and real signatures and keys."""

    def __init__(self, case: Case, spark: Emulator) -> None:
        self._case, self._spark = case, spark
        self._settings = {
            **settings_of_case(case), "credentials": keys_of(spark), "base_url": spark.base_url,
            "clock": CLOCK,
        }  # fmt: skip
        self._pools: list[SsePool | AsyncSsePool] = []
        spark.script(*(_faults(one, case.wire) for one in case.connections))

    def sync_client(self) -> SparkClient:
        if self._case.wire == "websocket":
            return SparkClient(transport=HastyTransport, **self._settings)
        pool = HastyPool()
        self._pools.append(pool)
        return SparkClient(transport=pool, **self._settings)

    def async_client(self) -> AsyncSparkClient:
        if self._case.wire == "websocket":
            return AsyncSparkClient(transport=HastyAioTransport, **self._settings)
        pool = HastyAioPool()
        self._pools.append(pool)
        return AsyncSparkClient(transport=pool, **self._settings)

    def connections(self) -> int:
        return len(self._spark.handshakes)

    def idle(self) -> bool:
        for pool in self._pools:  # what is kept open for a next call
            pool.close()
        return self._spark.wait_until_idle(1)


CLOCK = Clock(lambda: NOW, time.monotonic, lambda: 0.0)
KEYS = replace(ME, maas_api_key="a MaaS key")


class HastyTransport(WebSocketTransport):
    """The real transport, but between two tries it does not wait."""

    def sleep(self, seconds: float) -> None:
        del seconds


class HastyAioTransport(AsyncWebSocketTransport):
    """The real transport, but between two tries it does not wait."""

    async def sleep(self, seconds: float) -> None:
        del seconds


class HastySse(SseTransport):
    """The real transport, but between two tries it does not wait."""

    def sleep(self, seconds: float) -> None:
        del seconds


class HastyAioSse(AsyncSseTransport):
    """The real transport, but between two tries it does not wait."""

    async def sleep(self, seconds: float) -> None:
        del seconds


class HastyPool(SsePool):
    def __call__(self, route: ConnectionOptions) -> HastySse:
        return HastySse(route, self)


class HastyAioPool(AsyncSsePool):
    def __call__(self, route: ConnectionOptions) -> HastyAioSse:
        return HastyAioSse(route, self)


@contextlib.contextmanager
def mock_service(case: Case) -> Iterator[Service]:
    yield MockService(case)


@contextlib.contextmanager
def emulator_service(case: Case) -> Iterator[Service]:
    with running_emulator(clock=lambda: NOW) as spark:
        yield EmulatorService(case, spark)


SERVICES: dict[str, Callable[[Case], contextlib.AbstractContextManager[Service]]] = {
    "mock": mock_service,
    "emulator": emulator_service,
}


def _happenings(
    connection: Connection,
) -> Sequence[str | bytes | Wait | TransportError] | Wait | TransportError:
    match connection:
        case Recording(frames, end):
            lost = ConnectionFailedError(end)
            ends: dict[str, Wait | TransportError] = {
                "lost": lost,
                "reset": lost,
                "silent": Wait(1e9),
            }
            return [*frames, ends[end]] if end in ends else frames
        case Refusal(status, body, headers):
            lower = {name.lower(): value for name, value in headers.items()}
            return HTTPStatusError(status, lower, body.encode())
        case NoHandshake():
            return Wait(1e9)


def _faults(connection: Connection, wire: Dialect) -> tuple[Fault, ...]:
    match connection:
        case Recording(frames, end):
            return (*_sent(frames, wire), *_end(end, len(frames)))
        case Refusal(status, body, headers):
            return (faults.RefuseHandshake(status, body, headers),)
        case NoHandshake():
            return (faults.HangHandshake(),)


def _sent(frames: tuple[str | bytes, ...], wire: Dialect) -> Iterator[Fault]:
    """Replay the texts, and put what is not text between them."""
    texts = (frame for frame in frames if isinstance(frame, str))
    yield faults.Replay(tuple(PREFIXES[wire].format(text) for text in texts))
    for place, frame in enumerate(frames):
        if isinstance(frame, bytes):
            yield faults.RawFrame(frame, after=place)


def _end(end: str, count: int) -> Sequence[Fault]:
    """What happens after ``count`` frames."""
    ends: dict[str, Fault] = {
        "lost": faults.Cut(after=count, how="eof"),
        "reset": faults.Cut(after=count, how="reset"),
        "silent": faults.Silence(after=count),
    }
    return [ends[end]] if end in ends else []
