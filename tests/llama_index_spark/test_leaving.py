"""Slow consumers lose nothing; leaving early closes the socket; events are complete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.llm import (
    LLMChatEndEvent,
    LLMChatInProgressEvent,
    LLMChatStartEvent,
)
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index_instrumentation import get_dispatcher
from pydantic import PrivateAttr

from iflytek_spark import Timeouts, errors
from iflytek_spark.emulator import Emulator, faults
from llama_index_spark import SparkLLM
from tests._support.frames import answer
from tests._support.llama_index import SONG_PROMPT, WAYS, Song, chat, complete
from tests.llama_index_spark.conftest import MakeLLM

LONG = "潮汐" * 400
SLOW = 0.02


def test_a_slow_consumer_loses_nothing(llm: SparkLLM, spark: Emulator) -> None:
    """The whole answer lies in the socket while the consumer takes its time for each token."""
    heard, responses = "", llm.stream_chat([ChatMessage(LONG)])
    for response in responses:
        heard += response.delta
        assert response.message.content == heard
        if len(heard) < 80:
            time.sleep(SLOW)  # what is tested: a consumer that takes 20 ms for a token
    assert LONG in heard


async def test_a_slow_async_consumer_loses_nothing(llm: SparkLLM) -> None:
    heard = ""
    async for response in await llm.astream_chat([ChatMessage(LONG)]):
        heard += response.delta
        assert response.message.content == heard
        if len(heard) < 80:
            await asyncio.sleep(SLOW)
    assert LONG in heard


@pytest.fixture
def endless(spark: Emulator) -> Emulator:
    """A Spark whose next answer stops in the middle, and leaves the connection open."""
    spark.script((faults.Replay(tuple(answer("一", "二", "三"))), faults.Silence(after=2)))
    return spark


def test_closing_a_generator_closes_the_socket(llm: SparkLLM, endless: Emulator) -> None:
    responses = llm.stream_chat([ChatMessage("数数")])
    assert next(responses).delta == "一"
    assert endless.open_connections == 1
    responses.close()
    assert endless.wait_until_idle(0.2)


def test_leaving_a_loop_closes_the_socket(llm: SparkLLM, endless: Emulator) -> None:
    for response in llm.stream_complete("数数"):
        assert response.text == "一"
        break
    assert endless.wait_until_idle(0.2)


async def test_closing_an_async_generator_closes_the_socket(
    llm: SparkLLM, endless: Emulator
) -> None:
    responses = await llm.astream_chat([ChatMessage("数数")])
    assert (await anext(responses)).delta == "一"
    await responses.aclose()
    assert await asyncio.to_thread(endless.wait_until_idle, 0.2)


async def test_cancelling_a_task_closes_the_socket(llm: SparkLLM, endless: Emulator) -> None:
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in await llm.astream_chat([ChatMessage("数数")]):
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(endless.wait_until_idle, 0.2)


async def test_a_stream_that_is_never_read_opens_nothing(llm: SparkLLM, spark: Emulator) -> None:
    llm.stream_chat([ChatMessage("你好")]).close()
    await (await llm.astream_chat([ChatMessage("你好")])).aclose()
    assert not spark.handshakes


class Listener(BaseEventHandler):
    """Keeps all events, as tracing does."""

    _seen: list[BaseEvent] = PrivateAttr(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "Listener"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        self._seen.append(event)

    @property
    def names(self) -> list[str]:
        """The events' names, repeated ones once."""
        names = [event.class_name() for event in self._seen]
        return [name for at, name in enumerate(names) if names[at - 1 : at] != [name]]

    @property
    def seen(self) -> list[BaseEvent]:
        return self._seen


@pytest.fixture
def listener() -> Iterator[Listener]:
    root = get_dispatcher()
    handler = Listener()
    before = root.event_handlers
    root.event_handlers = [*before, handler]
    yield handler
    root.event_handlers = before


@WAYS
async def test_the_events_of_chat(llm: SparkLLM, listener: Listener, how: str) -> None:
    await chat(llm, "你好", how)
    middle = ["LLMChatInProgressEvent"] if "stream" in how else []
    assert listener.names == ["LLMChatStartEvent", *middle, "LLMChatEndEvent"]
    start, end = listener.seen[0], listener.seen[-1]
    assert isinstance(start, LLMChatStartEvent)
    assert isinstance(end, LLMChatEndEvent)
    assert start.model_dict["model"] == "4.0Ultra"
    assert "你好" in str(end.response)
    assert start.span_id == end.span_id


@WAYS
async def test_the_events_of_complete(llm: SparkLLM, listener: Listener, how: str) -> None:
    await complete(llm, "你好", how)
    middle = ["LLMCompletionInProgressEvent"] if "stream" in how else []
    assert listener.names == ["LLMCompletionStartEvent", *middle, "LLMCompletionEndEvent"]


@pytest.mark.parametrize("how", ["stream", "astream"])
async def test_the_events_of_a_failure(
    llm: SparkLLM, spark: Emulator, listener: Listener, how: str
) -> None:
    spark.script(faults.ErrorFrame(11200, after=2))
    with pytest.raises(errors.PermissionDeniedError):
        await chat(llm, "今天合肥天气如何", how)
    assert listener.names == ["LLMChatStartEvent", "LLMChatInProgressEvent", "ExceptionEvent"]


def test_the_events_of_leaving_early(llm: SparkLLM, endless: Emulator, listener: Listener) -> None:
    """Although the listener keeps the exception, and it the generator, the socket is closed."""
    responses = llm.stream_chat([ChatMessage("数数")])
    next(responses)
    responses.close()
    assert listener.names == ["LLMChatStartEvent", "LLMChatInProgressEvent", "ExceptionEvent"]
    assert endless.wait_until_idle(0.2)


@pytest.mark.parametrize("how", ["plain", "stream"])
def test_the_events_of_a_prediction(llm: SparkLLM, listener: Listener, how: str) -> None:
    if how == "plain":
        llm.structured_predict(Song, SONG_PROMPT, topic="海")
    else:
        list(llm.stream_structured_predict(Song, SONG_PROMPT, topic="海"))
    assert listener.names[0] == "LLMStructuredPredictStartEvent"
    assert listener.names[-1] == "LLMStructuredPredictEndEvent"
    assert ("LLMStructuredPredictInProgressEvent" in listener.names) is (how == "stream")


def test_each_token_is_an_event(llm: SparkLLM, listener: Listener) -> None:
    responses = list(llm.stream_chat([ChatMessage("你好")]))
    events = [event for event in listener.seen if isinstance(event, LLMChatInProgressEvent)]
    assert [event.response for event in events] == responses


async def test_events_show_no_secret(
    llm: SparkLLM, spark: Emulator, listener: Listener, tools: list[FunctionTool]
) -> None:
    llm.chat_with_tools(tools, "合肥的天气怎么样？")
    await chat(llm, "你好", "astream")
    shown = repr([event.model_dump() for event in listener.seen])
    assert spark.credentials.api_key not in shown
    assert spark.credentials.api_secret not in shown


async def test_the_loop_is_never_stalled(make_llm: MakeLLM, spark: Emulator) -> None:
    """While one answer is awaited, another is asked for, comes and is read."""
    llm = make_llm(timeout=Timeouts(response=60))
    spark.script(faults.Silence())
    waiting = asyncio.create_task(llm.acomplete("慢"))
    assert await asyncio.to_thread(spark.wait_for_requests, 1)
    assert "你好" in (await llm.acomplete("你好")).text
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
