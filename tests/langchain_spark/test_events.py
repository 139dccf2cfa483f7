"""LangChain's streaming events: valid, complete, and told once."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.tools import tool
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import InternalServerError
from tests._support.frames import CALL_ID, USAGE, answer, function_call, last, piece, search
from tests.langchain_spark.asking import Make, replay

pytestmark = pytest.mark.filterwarnings("ignore:.*in beta:langchain_core._api.LangChainBetaWarning")
PAGES = '[{"index":1,"url":"https://example.com/a","title":"甲"}]'
RECORDINGS: dict[str, list[str]] = {
    "text": answer("您", "好", "！"),
    "one frame": [last(0, "好")],
    "thoughts": [piece(0, reasoning_content="想"), piece(1, reasoning_content="好"), last(2, "答")],
    "a call": [function_call("weather", '{"city": "合肥"}')],
    "a broken call": [function_call("weather", "合肥")],
    "both": [piece(0, "我查。"), last(1, function_call={"name": "f", "arguments": "{}"})],
    "a search": [search(PAGES), *answer("晴", "。")],
}  # fmt: skip


@tool
def weather(city: str = "") -> str:
    """Tell the weather of a city."""
    return city


def stream_of(llm: Any) -> Any:
    return llm.stream_events("问", version="v3")


@pytest.mark.parametrize("name", RECORDINGS)
def test_native_events_are_valid_and_say_what_chunks_say(
    chat: Make, spark: Emulator, name: str
) -> None:
    replay(spark, RECORDINGS[name], RECORDINGS[name], RECORDINGS[name])
    llm = chat(model="x2") if name == "thoughts" else chat(web_search=name == "a search")
    assert_valid_event_stream(list(stream_of(llm)))
    told, whole = stream_of(llm).output, llm.invoke("问")
    assert without_index(told.content_blocks) == without_index(whole.content_blocks)
    assert told.text == whole.text
    assert told.tool_calls == whole.tool_calls
    assert told.usage_metadata == whole.usage_metadata
    expected = {**whole.response_metadata, "output_version": "v1"}
    assert told.response_metadata == expected


def without_index(blocks: Any) -> list[dict[str, Any]]:
    return [{key: value for key, value in block.items() if key != "index"} for block in blocks]


@pytest.mark.parametrize("name", RECORDINGS)
async def test_async_events_are_the_same(chat: Make, spark: Emulator, name: str) -> None:
    replay(spark, RECORDINGS[name], RECORDINGS[name])
    llm: Any = chat(model="x2" if name == "thoughts" else "4.0Ultra")
    events = [event async for event in await llm.astream_events("问", version="v3")]
    assert_valid_event_stream(events)
    assert without_ids(events) == without_ids(list(stream_of(llm)))


def without_ids(events: list[Any]) -> list[Any]:
    return [{key: value for key, value in event.items() if key != "id"} for event in events]


def test_what_an_event_stream_shows(chat: Make, spark: Emulator) -> None:
    replay(spark, RECORDINGS["thoughts"], RECORDINGS["a call"])
    thinking = stream_of(chat(model="x2"))
    assert "".join(thinking.reasoning) == "想好"
    assert "".join(thinking.text) == "答"
    calling = stream_of(chat().bind_tools([weather]))
    message = calling.output
    assert message.tool_calls[0]["id"] == CALL_ID
    assert message.usage_metadata["total_tokens"] == USAGE.total_tokens
    assert message.id.startswith("lc_run--")


class Seen(BaseCallbackHandler):
    """Counts what a tracer is told."""

    def __init__(self) -> None:
        self.tokens = 0
        self.ends = 0
        self.errors = 0

    def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None:
        self.tokens += 1

    def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
        self.ends += 1

    def on_llm_error(self, *args: Any, **kwargs: Any) -> None:
        self.errors += 1


async def test_events_fire_no_tokens_of_the_old_style(chat: Make, spark: Emulator) -> None:
    seen = Seen()
    llm: Any = chat(callbacks=[seen])
    list(stream_of(llm))
    stream = await llm.astream_events("问", version="v3")
    assert [event async for event in stream]
    await stream
    assert (seen.tokens, seen.ends, seen.errors) == (0, 2, 0)


def test_a_failure_reaches_the_reader_and_the_tracer(chat: Make, spark: Emulator) -> None:
    seen = Seen()
    spark.script(faults.ErrorFrame(10012, after=1))
    with pytest.raises(InternalServerError):
        list(stream_of(chat(callbacks=[seen], max_retries=0)))
    assert (seen.ends, seen.errors) == (0, 1)
    assert spark.wait_until_idle(0.2)


async def test_leaving_early_closes_the_socket(chat: Make, spark: Emulator) -> None:
    spark.script(faults.Silence(after=2))
    llm: Any = chat()
    stream = await llm.astream_events("讲一个很长的故事", version="v3")
    async for event in stream:
        if event["event"] == "content-block-delta":
            break
    await stream.aclose()
    assert spark.wait_until_idle(0.5)


async def test_events_of_version_two(chat: Make, spark: Emulator) -> None:
    replay(spark, RECORDINGS["text"])
    events = [event async for event in chat().astream_events("问", version="v2")]
    kinds = [event["event"] for event in events]
    assert kinds == [
        "on_chat_model_start", *["on_chat_model_stream"] * 4, "on_chat_model_end",
    ]  # fmt: skip
    pieces = [e["data"]["chunk"].text for e in events if e["event"] == "on_chat_model_stream"]
    assert pieces == ["您", "好", "！", ""]
    assert events[-1]["data"]["output"].text == "您好！"
    assert events[0]["metadata"]["ls_provider"] == "iflytek_spark"
