"""Connections over HTTP are kept for the next call, replaced when they died, and closed at once."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iflytek_spark import (
    APITimeoutError,
    AsyncSparkClient,
    ContentDelta,
    ProtocolError,
    SparkClient,
    Timeouts,
)
from iflytek_spark.emulator import Emulator, Reply, running_emulator
from tests.http.asking import KEYS
from tests.http.quirks import DONE, END_A, TEXT_A
from tests.http.raw_server import RawServer, chunked, events, head, raw_server, written

ANSWER = events(*TEXT_A, END_A, DONE)
BEGUN = head(Transfer_Encoding="chunked") + chunked(
    b"data:" + written(TEXT_A[0]) + b"\n\n", end=False
)


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        running.answers = [ANSWER]
        yield running


def sync_client(server: RawServer, **more: Any) -> SparkClient:
    return SparkClient(KEYS, model="x2-flash", base_url=server.url, **more)


def async_client(server: RawServer, **more: Any) -> AsyncSparkClient:
    return AsyncSparkClient(KEYS, model="x2-flash", base_url=server.url, **more)


def test_a_connection_serves_one_call_after_the_other(server: RawServer) -> None:
    client = sync_client(server)
    assert {client.chat("你好").text for _ in range(5)} == {"好的。"}
    client.close()
    assert server.connections == 1


def test_a_connection_of_a_loop_too(server: RawServer) -> None:
    client = async_client(server)

    async def ask() -> set[str]:
        return {(await client.chat("你好")).text for _ in range(5)}

    assert asyncio.run(ask()) == {"好的。"}
    assert server.connections == 1
    assert asyncio.run(ask()) == {"好的。"}  # a loop of its own has connections of its own
    assert server.connections == 2


def test_a_connection_that_died_meanwhile_is_replaced_without_a_word(server: RawServer) -> None:
    server.answers = [ANSWER[:-5] + b"0\r\nx: y\r\n\r\n"]  # the server closes behind it
    client = sync_client(server, max_retries=0)
    assert [client.chat("你好").text for _ in range(3)] == ["好的。"] * 3

    async def ask() -> list[str]:
        aclient = async_client(server, max_retries=0)
        return [(await aclient.chat("你好")).text for _ in range(3)]

    assert asyncio.run(ask()) == ["好的。"] * 3
    client.close()


def test_threads_share_a_client(server: RawServer) -> None:
    client = sync_client(server)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.chat("你好").text, range(80)))
    client.close()
    assert answers == ["好的。"] * 80
    assert server.connections <= 8


def test_a_client_can_be_copied_after_a_call(server: RawServer) -> None:
    client, aclient = sync_client(server), async_client(server)
    client.chat("你好")
    asyncio.run(aclient.chat("你好"))
    again, aagain = copy.deepcopy(client), copy.deepcopy(aclient)
    assert again.chat("你好").text == asyncio.run(aagain.chat("你好")).text == "好的。"
    client.close()
    again.close()


@pytest.mark.parametrize(
    ("answers", "stage"),
    [([b""], "response"), ([BEGUN], "idle"), ([BEGUN, b"\n" * 7], "idle")],
)
def test_silence_ends_at_its_own_timeout(
    server: RawServer, answers: list[bytes], stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {"connect": 5, "response": 5, "idle": 5, "total": 20, stage: 0.1}
    monkeypatch.setattr(server, "_request", _then_silence(server, answers))
    settings: dict[str, Any] = {"timeout": Timeouts(**waits), "max_retries": 0}
    with pytest.raises(APITimeoutError) as caught:
        sync_client(server, **settings).chat("你好")
    assert caught.value.stage == stage
    with pytest.raises(APITimeoutError) as caught:
        asyncio.run(async_client(server, **settings).chat("你好"))
    assert caught.value.stage == stage


def _then_silence(server: RawServer, answers: list[bytes]) -> Any:
    """Answer the request by hand, and wait for the client to leave."""
    own = RawServer._request

    def request(source: Any) -> bool:
        if not own(server, source):
            return False
        raw = source.raw._sock
        for part in answers:
            raw.sendall(part)
        return bool(raw.recv(1))

    return request


@pytest.fixture
def spark() -> Iterator[Emulator]:
    reply = Reply("一二三四五六七八九十" * 20)
    with running_emulator(respond=lambda _: reply, pace=0.02) as running:
        yield running


def test_leaving_closes_at_once(spark: Emulator) -> None:
    client = SparkClient(spark.credentials, base_url=spark.base_url, model="x2", wire="http")
    began = time.monotonic()
    with client.stream("你好") as stream:
        next(event for event in stream if isinstance(event, ContentDelta))
    assert time.monotonic() - began < 2
    assert spark.wait_until_idle()


def test_cancelling_closes_at_once(spark: Emulator) -> None:
    async def leave() -> None:
        client = AsyncSparkClient(
            spark.credentials, base_url=spark.base_url, model="x2", wire="http"
        )
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.chat("你好")
        assert await asyncio.to_thread(spark.wait_until_idle)

    asyncio.run(leave())


def test_an_answer_without_end_is_bounded(server: RawServer) -> None:
    server.answers = [events(*TEXT_A * 200, END_A, DONE)]
    with pytest.raises(ProtocolError, match="more than 5000 bytes"):
        sync_client(server, max_response_bytes=5000).chat("你好")
    with pytest.raises(ProtocolError, match="more than 5000 bytes"):
        asyncio.run(async_client(server, max_response_bytes=5000).chat("你好"))


def test_a_slow_reader_loses_nothing(server: RawServer) -> None:
    server.answers = [events(*TEXT_A * 5000, END_A, DONE)]

    async def read() -> str:
        text = ""
        async with async_client(server).stream("你好") as stream:
            async for event in stream:
                if isinstance(event, ContentDelta):
                    text += event.text
                    if len(text) % 3000 == 1:
                        await asyncio.sleep(0.01)
        return text

    assert asyncio.run(read()) == "好的。" * 5000
