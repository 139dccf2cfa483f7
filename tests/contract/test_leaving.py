"""Whoever leaves an answer early closes the socket at once, and leaves no thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

import pytest

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import ProtocolError
from tests.contract.cases import Dialect
from tests.contract.sockets import (
    AT_ONCE,
    PROMPT,
    WIRES,
    async_client,
    left_alone,
    no_new_threads,
    sync_client,
)

over_each_wire = pytest.mark.parametrize("wire", WIRES)


class OfMyOwnError(Exception):
    """Raised by a caller while it reads."""


@pytest.fixture
def endless(emulator: Emulator) -> Emulator:
    """A service that answers a little, and then neither goes on nor ends."""
    emulator.script(faults.Silence(after=2))
    return emulator


def by_break(client: SparkClient) -> None:
    with client.stream(PROMPT) as stream:
        for _ in stream:
            break


def by_break_without_with(client: SparkClient) -> None:
    for _ in client.stream(PROMPT):
        break


def by_exception(client: SparkClient) -> None:
    with contextlib.suppress(OfMyOwnError), client.stream(PROMPT) as stream:
        for _ in stream:
            raise OfMyOwnError


def by_close(client: SparkClient) -> None:
    stream = client.stream(PROMPT)
    next(stream)
    stream.close()
    stream.close()
    assert list(stream) == []


def by_close_of_the_text(client: SparkClient) -> None:
    with client.stream(PROMPT) as stream:
        next(stream.text())


def by_generator_exit(client: SparkClient) -> None:
    def pieces() -> Generator[str]:
        with client.stream(PROMPT) as stream:
            yield from stream.text()

    running = pieces()
    next(running)
    running.close()


def by_forgetting(client: SparkClient) -> None:
    stream = client.stream(PROMPT)
    next(stream)
    del stream
    gc.collect()


SYNC_WAYS = [
    by_break,
    by_break_without_with,
    by_exception,
    by_close,
    by_close_of_the_text,
    by_generator_exit,
    by_forgetting,
]


@over_each_wire
@pytest.mark.parametrize("leave", SYNC_WAYS)
def test_a_thread_that_leaves(
    leave: Callable[[SparkClient], None], endless: Emulator, wire: Dialect
) -> None:
    with no_new_threads():
        leave(sync_client(endless, wire))
        assert endless.wait_until_idle(AT_ONCE)
        assert len(endless.requests) == 1


async def aby_break(client: AsyncSparkClient) -> None:
    async with client.stream(PROMPT) as stream:
        async for _ in stream:
            break


async def aby_break_without_with(client: AsyncSparkClient) -> None:
    async for _ in client.stream(PROMPT):
        break


async def aby_exception(client: AsyncSparkClient) -> None:
    with contextlib.suppress(OfMyOwnError):
        async with client.stream(PROMPT) as stream:
            async for _ in stream:
                raise OfMyOwnError


async def aby_close(client: AsyncSparkClient) -> None:
    stream = client.stream(PROMPT)
    await anext(stream)
    await stream.aclose()
    await stream.aclose()
    assert [event async for event in stream] == []


async def aby_generator_exit(client: AsyncSparkClient) -> None:
    async def pieces() -> AsyncGenerator[str]:
        async with client.stream(PROMPT) as stream:
            async for text in stream.text():
                yield text

    running = pieces()
    await anext(running)
    await running.aclose()


async def aby_cancel(client: AsyncSparkClient) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async with client.stream(PROMPT) as stream:
            async for _ in stream:
                begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def aby_cancel_of_a_chat(client: AsyncSparkClient) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.chat(PROMPT), 0.2)


async def aby_timeout(client: AsyncSparkClient) -> None:
    async def read() -> None:
        async with asyncio.timeout(0.2), client.stream(PROMPT) as stream:
            async for _ in stream:
                pass

    with pytest.raises(TimeoutError):
        await read()


async def aby_a_failing_neighbour(client: AsyncSparkClient) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in client.stream(PROMPT):
            begun.set()

    async def fail() -> None:
        await begun.wait()
        raise OfMyOwnError

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(read())
            group.create_task(fail())

    with pytest.raises(ExceptionGroup):
        await both()


ASYNC_WAYS = [
    aby_break,
    aby_break_without_with,
    aby_exception,
    aby_close,
    aby_generator_exit,
    aby_cancel,
    aby_cancel_of_a_chat,
    aby_timeout,
    aby_a_failing_neighbour,
]


@over_each_wire
@pytest.mark.parametrize("leave", ASYNC_WAYS)
def test_a_task_that_leaves(
    leave: Callable[[AsyncSparkClient], Awaitable[None]], endless: Emulator, wire: Dialect
) -> None:
    async def main() -> None:
        await leave(async_client(endless, wire))
        assert await left_alone(endless)
        assert len(endless.requests) == 1

    with no_new_threads():
        asyncio.run(main())


@over_each_wire
def test_a_task_that_is_cancelled_while_it_connects(emulator: Emulator, wire: Dialect) -> None:
    emulator.script(faults.HangHandshake())

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(async_client(emulator, wire).chat(PROMPT), 0.2)
        assert len(emulator.handshakes) == 1
        assert await left_alone(emulator)

    with no_new_threads():
        asyncio.run(main())


@over_each_wire
def test_a_stream_that_outlives_its_loop_is_closed_with_it(
    endless: Emulator, wire: Dialect
) -> None:
    streams = []

    async def main() -> None:
        stream = async_client(endless, wire).stream(PROMPT)
        await anext(stream)
        streams.append(stream)

    with no_new_threads():
        asyncio.run(main())
        assert endless.wait_until_idle(AT_ONCE)


@over_each_wire
def test_a_stop_string_closes_the_socket_while_the_service_goes_on(
    endless: Emulator, wire: Dialect
) -> None:
    first = sync_client(endless, wire).stream(PROMPT)
    seen = next(first)
    first.close()
    text = getattr(seen, "text", "")
    assert text
    endless.script(faults.Silence(after=2))
    response = sync_client(endless, wire).chat(PROMPT, stop=text[-1])
    assert response.finish_reason == "stop"
    assert response.text == text[: text.index(text[-1])]
    assert endless.wait_until_idle(AT_ONCE)


@over_each_wire
def test_an_error_closes_the_socket(emulator: Emulator, wire: Dialect) -> None:
    emulator.script((faults.Silence(after=2), faults.RawFrame("garbage", after=1)))
    with no_new_threads():
        with pytest.raises(ProtocolError):
            sync_client(emulator, wire).chat(PROMPT)
        assert emulator.wait_until_idle(AT_ONCE)


def test_a_stream_that_is_never_read_opens_nothing(emulator: Emulator) -> None:
    sync_client(emulator).stream(PROMPT).close()

    async def main() -> None:
        await async_client(emulator).stream(PROMPT).aclose()

    asyncio.run(main())
    assert emulator.handshakes == ()
