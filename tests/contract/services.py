"""The two services that a recording is played by: the mock transport, and the emulator."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, Fault, faults, running_emulator
from iflytek_spark.protocol.steps import (
    Clock,
    ConnectionFailedError,
    HTTPStatusError,
    TransportError,
)
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.mock import MockScript, Wait
from iflytek_spark.transports.ws_async import AsyncWebSocketTransport
from iflytek_spark.transports.ws_sync import WebSocketTransport
from tests.contract.cases import NOW, Case, Connection, NoHandshake, Recording, Refusal
from tests.unit.protocol.flow_helpers import ME

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


class MockService:
    """No sockets: the script of the public test double."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._script = MockScript([_happenings(one) for one in case.connections])

    def sync_client(self) -> SparkClient:
        return SparkClient(
            ME,
            model=self._case.model,
            timeout=patience(self._case),
            max_retries=self._case.max_retries,
            transport=self._script.sync,
            clock=self._clock,
        )

    def async_client(self) -> AsyncSparkClient:
        return AsyncSparkClient(
            ME,
            model=self._case.model,
            timeout=patience(self._case),
            max_retries=self._case.max_retries,
            transport=self._script.aio,
            clock=self._clock,
        )

    def connections(self) -> int:
        return len(self._script.urls)

    def idle(self) -> bool:
        return self._script.open == 0

    @property
    def _clock(self) -> Clock:
        return self._script.clock._replace(wall=lambda: NOW)


class EmulatorService:
    """Real sockets and real signatures."""

    def __init__(self, case: Case, spark: Emulator) -> None:
        self._case, self._spark = case, spark
        spark.script(*(_faults(one) for one in case.connections))

    def sync_client(self) -> SparkClient:
        return SparkClient(
            self._spark.credentials,
            model=self._case.model,
            base_url=self._spark.base_url,
            timeout=patience(self._case),
            max_retries=self._case.max_retries,
            transport=HastyTransport,
            clock=CLOCK,
        )

    def async_client(self) -> AsyncSparkClient:
        return AsyncSparkClient(
            self._spark.credentials,
            model=self._case.model,
            base_url=self._spark.base_url,
            timeout=patience(self._case),
            max_retries=self._case.max_retries,
            transport=HastyAioTransport,
            clock=CLOCK,
        )

    def connections(self) -> int:
        return len(self._spark.handshakes)

    def idle(self) -> bool:
        return self._spark.wait_until_idle(1)


CLOCK = Clock(lambda: NOW, time.monotonic, lambda: 0.0)


class HastyTransport(WebSocketTransport):
    """The real transport, but between two tries it does not wait."""

    def sleep(self, seconds: float) -> None:
        del seconds


class HastyAioTransport(AsyncWebSocketTransport):
    """The real transport, but between two tries it does not wait."""

    async def sleep(self, seconds: float) -> None:
        del seconds


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


def _faults(connection: Connection) -> tuple[Fault, ...]:
    match connection:
        case Recording(frames, end):
            return (*_sent(frames), *_end(end, len(frames)))
        case Refusal(status, body, headers):
            return (faults.RefuseHandshake(status, body, headers),)
        case NoHandshake():
            return (faults.HangHandshake(),)


def _sent(frames: tuple[str | bytes, ...]) -> Iterator[Fault]:
    """Replay the texts, and put what is not text between them."""
    yield faults.Replay(tuple(frame for frame in frames if isinstance(frame, str)))
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
