"""Many callers at once: those that stay get their own answers, those that leave leave nothing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import pytest

from iflytek_spark.emulator import Emulator
from tests.gateway.gateway_helpers import Gateway, one_gateway

STREAMS = 1000
TOKENS = 100
LEAVERS = 300
SOON = 0.2


@pytest.fixture(scope="module")
def slow_gateway() -> Iterator[Gateway]:
    """A gateway over a Spark that says 20 pieces of four characters in a second."""
    with one_gateway(emulator={"pace": 0.05}) as gateway:
        yield gateway


async def ask(
    gateway: Gateway, question: str, *, stream: bool = True
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a question as a raw request, which costs little, and return the connection."""
    host, _, port = gateway.url.removeprefix("http://").removesuffix("/v1").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 20)
    messages = [{"role": "user", "content": question}]
    body = json.dumps({"model": "4.0Ultra", "stream": stream, "messages": messages}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "Content-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return reader, writer


async def whole_answer(gateway: Gateway, question: str) -> list[str]:
    """Return the pieces of an answer that came whole."""
    reader, writer = await ask(gateway, question)
    lines = (await reader.read(-1)).decode().splitlines()
    writer.close()
    await writer.wait_closed()
    chunks = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert chunks[-1:] == ["[DONE]"], lines[:20]
    deltas = [json.loads(chunk)["choices"][0]["delta"] for chunk in chunks[:-1]]
    return [delta["content"] for delta in deltas if delta.get("content")]


def long_question(number: int) -> str:
    return f"第{number}号：" + "、".join(f"{number}之{word}" for word in range(TOKENS))


@pytest.mark.exhaustive
@pytest.mark.slow("fewer would never compete for threads, descriptors and the backlog")
@pytest.mark.timeout(300)
async def test_a_thousand_streams_are_answered_each_its_own(slow_gateway: Gateway) -> None:
    questions = [long_question(number) for number in range(STREAMS)]
    answers = await asyncio.gather(*(whole_answer(slow_gateway, text) for text in questions))
    assert all(
        question in "".join(answer) and len(answer) >= TOKENS
        for question, answer in zip(questions, answers)
    )


@pytest.mark.slow("what one of a few callers leaves behind is lost in the noise")
async def test_callers_that_hang_up_leave_nothing_behind(slow_gateway: Gateway) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    waiting = [ask(slow_gateway, long_question(number)) for number in range(LEAVERS)]
    connections = await asyncio.gather(*waiting)
    for reader, _ in connections:
        await reader.readuntil(b'"content":"')
        await reader.readuntil(b'"content":"')
    assert slow_gateway.spark.open_connections == LEAVERS
    for _, writer in connections:
        writer.transport.abort()
    assert await asyncio.to_thread(slow_gateway.spark.wait_until_idle)
    assert await _returns_to(descriptors)


async def _returns_to(descriptors: int) -> bool:
    """Give the loops the turns in which they close what has ended."""
    for _ in range(1000):
        if len(os.listdir("/proc/self/fd")) <= descriptors:
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize("stream", [True, False])
async def test_hanging_up_reaches_spark_at_once(stream: bool) -> None:
    with one_gateway(emulator={"pace": 0.05}) as gateway:
        await _leave(gateway, stream=stream)


async def _leave(gateway: Gateway, *, stream: bool) -> None:
    _, writer = await ask(gateway, long_question(1), stream=stream)
    spark: Emulator = gateway.spark
    assert await asyncio.to_thread(spark.wait_for_requests, 1)
    loop = asyncio.get_running_loop()
    writer.transport.abort()
    left = loop.time()
    assert await asyncio.to_thread(spark.wait_until_idle)
    assert loop.time() - left < SOON
