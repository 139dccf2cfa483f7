"""The four time-outs on real sockets, second tries, and the same object used again."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import Emulator, Fault, faults, running_emulator
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    InternalServerError,
    PermissionDeniedError,
    SparkError,
)
from iflytek_spark.messages import ChatResponse
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.ws_sync import WebSocketTransport
from tests.contract.sockets import PROMPT, USUAL, async_client, patience, sync_client

ASK = {"sync": "thread", "async": "loop"}
SHORT = 0.2


class Asker:
    """One client object, asked again and again; an async one from a new loop each time."""

    def __init__(self, kind: str, spark: Emulator, timeouts: Timeouts, retries: int = 0) -> None:
        make = sync_client if kind == "sync" else async_client
        self.client = make(spark, timeout=timeouts, max_retries=retries)

    def ask(self, prompt: str) -> ChatResponse:
        if isinstance(self.client, SparkClient):
            return self.client.chat(prompt)
        assert isinstance(self.client, AsyncSparkClient)
        return asyncio.run(self.client.chat(prompt))


STAGES: list[tuple[str, Fault]] = [
    ("connect", faults.HangHandshake()),
    ("response", faults.Silence()),
    ("idle", faults.Silence(after=2)),
    ("total", faults.Slow(0.05)),
]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("stage", "fault"), STAGES)
def test_each_time_out_ends_the_wait_and_says_its_name(
    kind: str, stage: str, fault: Fault, emulator: Emulator
) -> None:
    emulator.script(fault)
    asker = Asker(kind, emulator, patience(**{stage: SHORT}))
    began = time.monotonic()
    with pytest.raises(APITimeoutError, match=stage) as caught:
        asker.ask(PROMPT * 5)
    assert caught.value.stage == stage
    assert SHORT <= time.monotonic() - began < USUAL, "another time-out ended the wait"
    assert "苹果" in asker.ask("苹果").text


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_service_that_sends_a_byte_now_and_then_is_not_waited_for_without_end(
    kind: str, emulator: Emulator
) -> None:
    emulator.script(faults.Trickle(size=1, seconds=0.05))
    with pytest.raises(APITimeoutError, match="response"):
        Asker(kind, emulator, patience(response=SHORT)).ask(PROMPT)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_pings_do_not_count_as_frames(kind: str, emulator: Emulator) -> None:
    from iflytek_spark.emulator.plan import Opcode

    pings = [faults.RawFrame(b"", Opcode.PING, after=count) for count in range(1, 20)]
    emulator.script((faults.Silence(after=1), *pings, faults.Slow(0.05)))
    asker = Asker(kind, emulator, patience(idle=SHORT))
    with pytest.raises(APITimeoutError, match="idle"):
        asker.ask(PROMPT)


FAILURES: list[tuple[Fault, type[SparkError]]] = [
    (faults.ErrorFrame(11200, "AppIdNoAuthError:(1) tokens.total"), PermissionDeniedError),
    (faults.ErrorFrame(10110, "busy", after=2), InternalServerError),
    (faults.RefuseHandshake(503), InternalServerError),
    (faults.Cut(after=2), APIConnectionError),
    (faults.Cut(after=2, part=12), APIConnectionError),
    (faults.Cut(after=1, how="close"), APIConnectionError),
    (faults.NoFinal(), APIConnectionError),
    (faults.Silence(after=2), APITimeoutError),
]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(("fault", "error"), FAILURES)
def test_after_a_failure_the_same_object_answers_right(
    kind: str, fault: Fault, error: type[SparkError], emulator: Emulator
) -> None:
    emulator.script(fault)
    asker = Asker(kind, emulator, patience(idle=SHORT))
    with pytest.raises(error):
        asker.ask("香蕉")
    answer = asker.ask("苹果").text
    assert "苹果" in answer
    assert "香蕉" not in answer


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "fault",
    [
        faults.RefuseHandshake(503),
        faults.ErrorFrame(10110, "busy"),
        faults.Cut(),
        faults.Silence(),
        faults.HangHandshake(),
    ],
)
def test_what_may_pass_is_tried_again(kind: str, fault: Fault, emulator: Emulator) -> None:
    emulator.script(fault, fault)
    asker = Asker(kind, emulator, patience(connect=SHORT, response=SHORT), retries=2)
    assert "苹果" in asker.ask("苹果").text
    assert len(emulator.handshakes) == 3


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


ME = Credentials("app1", "key1", "secret1")


def late(start: Callable[[], object]) -> Callable[[ConnectionOptions], WebSocketTransport]:
    """A transport whose waits let something happen, once."""

    class Late(WebSocketTransport):
        def sleep(self, seconds: float) -> None:
            start()

    return Late


def test_a_service_that_is_not_up_yet_is_tried_again(free_port: int, stack: ExitStack) -> None:
    def start() -> None:
        stack.enter_context(running_emulator(credentials=ME, port=free_port))

    url = f"ws://127.0.0.1:{free_port}"
    client = SparkClient(ME, base_url=url, transport=late(start))
    assert "苹果" in client.chat("苹果").text


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_nobody_at_the_port_is_named(kind: str, free_port: int, emulator: Emulator) -> None:
    make = sync_client if kind == "sync" else async_client
    client = make(emulator, base_url=f"ws://127.0.0.1:{free_port}", max_retries=0)
    with pytest.raises(APIConnectionError, match=f"127.0.0.1:{free_port}") as caught:
        asyncio.run(client.chat("?")) if isinstance(client, AsyncSparkClient) else client.chat("?")
    assert isinstance(caught.value.__cause__, OSError)
