"""Anthropic's client, unmodified, on ``/v1/messages``: what it asks for, it gets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from tests.gateway.anthropic.conftest import CLAUDE, MODEL, asked
from tests.gateway.gateway_helpers import Gateway
from tests.unit.images.drawing import drawn

Turns = Callable[[], list[dict[str, Any]]]
TIDES = "讲一讲潮汐"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "the city's name"}},
        "required": ["city"],
    },
    "cache_control": {"type": "ephemeral"},
}


class City(BaseModel):
    name: str
    population: int


def test_a_whole_message(messages: Any) -> None:
    message = messages.create(model=CLAUDE, max_tokens=1000, messages=asked(TIDES))
    (block,) = message.content
    assert (block.type, message.role, message.type) == ("text", "assistant", "message")
    assert TIDES in block.text
    assert (message.model, message.stop_reason, message.stop_sequence) == (CLAUDE, "end_turn", None)
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0
    assert message.id.startswith("msg_")
    assert message._request_id.startswith("req_")


async def test_a_stream_in_an_event_loop_is_the_whole_message(gateway: Gateway) -> None:
    options: Any = {"model": MODEL, "max_tokens": 1000, "messages": asked(TIDES)}
    url = gateway.url.removesuffix("/v1")
    async with anthropic.AsyncAnthropic(base_url=url, api_key="any", max_retries=0) as client:
        whole: Any = await client.messages.create(**options)
        async with client.messages.stream(**options) as stream:
            texts = [text async for text in stream.text_stream]
            final = await stream.get_final_message()
    assert "".join(texts) == whole.content[0].text
    assert len(texts) > 2
    assert final.usage == whole.usage
    assert final.stop_reason == "end_turn"


def test_system_roles_and_blocks(messages: Any, sent: Turns) -> None:
    thinking = {"type": "thinking", "thinking": "hidden", "signature": "s"}
    said = [thinking, {"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "好"}]
    document = {
        "type": "document",
        "title": "a.txt",
        "source": {"type": "text", "media_type": "text/plain", "data": "the document"},
    }
    history = [
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": said},
        *asked([document, {"type": "text", "text": TIDES, "cache_control": {"type": "ephemeral"}}]),
    ]
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    messages.create(model=MODEL, max_tokens=9, system=system, messages=history)
    assert [turn["role"] for turn in sent()] == ["system", "user", "assistant", "user"]
    assert sent()[0]["content"] == "Be brief."
    assert sent()[2]["content"] == "好"
    assert "the document" in sent()[3]["content"]
    assert TIDES in sent()[3]["content"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_is_called_and_its_result_is_used(messages: Any, streamed: bool) -> None:
    history = asked("What is the weather in Hefei?")
    options = {"model": MODEL, "max_tokens": 1000, "tools": [WEATHER]}
    if streamed:
        with messages.stream(**options, messages=history) as stream:
            first = stream.get_final_message()
    else:
        first = messages.create(**options, messages=history)
    call = first.content[-1]
    assert (first.stop_reason, call.type, call.name) == ("tool_use", "tool_use", "get_weather")
    assert call.input == {"city": "Hefei"}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "light rain, 18 degrees"}
    history += [{"role": "assistant", "content": first.content}, *asked([result])]
    second = messages.create(**options, messages=history)
    assert "light rain, 18 degrees" in second.content[0].text
    assert second.stop_reason == "end_turn"


def test_a_failed_tool_and_words_beside_its_result(messages: Any, sent: Turns) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "f", "input": {"n": 1}}
    failed = {"type": "text", "text": "no such city"}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [failed], "is_error": True}
    history = [
        *asked("go"),
        {"role": "assistant", "content": [use]},
        *asked([result, {"type": "text", "text": "try again"}]),
    ]
    messages.create(model=MODEL, max_tokens=99, messages=history)
    assert [turn["role"] for turn in sent()] == ["user", "assistant", "user"]
    assert "no such city" in sent()[-1]["content"]
    assert sent()[-1]["content"].endswith("try again")


@pytest.mark.parametrize(
    ("choice", "kind"),
    [
        ({"type": "any", "disable_parallel_tool_use": True}, "tool_use"),
        ({"type": "tool", "name": "get_weather"}, "tool_use"),
        ({"type": "none"}, "text"),
        ({"type": "auto"}, "text"),
    ],
)
def test_a_tool_is_demanded_or_not(messages: Any, choice: object, kind: str) -> None:
    message = messages.create(
        model=MODEL,
        max_tokens=1000,
        messages=asked("Good morning"),
        tools=[WEATHER],
        tool_choice=choice,
    )
    assert message.content[0].type == kind


def test_a_model_thinks_aloud(messages: Any) -> None:
    options = {"model": "x1.5", "max_tokens": 2000, "messages": asked(TIDES)}
    enabled = {"type": "enabled", "budget_tokens": 1024}
    whole = messages.create(**options, thinking=enabled)
    thought, said = whole.content
    assert (thought.type, said.type) == ("thinking", "text")
    assert TIDES in thought.thinking
    with messages.stream(**options, thinking={"type": "adaptive"}) as stream:
        final = stream.get_final_message()
    assert [block.type for block in final.content] == ["thinking", "text"]
    assert final.content[0] == thought
    assert final.content[1].text == said.text
    quiet = messages.create(**options, thinking={"type": "disabled"})
    assert [block.type for block in quiet.content] == ["text"]
    history = [*asked(TIDES), {"role": "assistant", "content": whole.content}, *asked("go on")]
    assert messages.create(**{**options, "messages": history}).content


def test_an_image_is_seen(messages: Any) -> None:
    data = base64.b64encode(drawn((64, 60), "PNG")).decode()
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": data},
    }
    question = asked([image, {"type": "text", "text": "What is in the picture?"}])
    message = messages.create(model=CLAUDE, max_tokens=100, messages=question)
    assert "PNG of 64 by 60 pixels" in message.content[0].text


def test_an_image_by_its_address_is_fetched_with_care(messages: Any) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1:9/a.png"}}
    with pytest.raises(anthropic.BadRequestError, match="not at a public address"):
        messages.create(model=MODEL, max_tokens=100, messages=asked([image]))


def test_a_large_image_is_no_long_text(messages: Any) -> None:
    data = base64.b64encode(drawn((64, 60), "PNG") + bytes(3_200_000)).decode()
    image = {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": data},
    }
    messages.create(model=MODEL, max_tokens=100, messages=asked([image]))
    with pytest.raises(anthropic.RequestTooLargeError):
        messages.create(model=MODEL, max_tokens=100, messages=asked("a" * len(data)))


def test_a_document_that_spark_cannot_read_is_refused_where_it_is_asked_about(
    messages: Any, sent: Turns
) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "QUJD"}
    pdf = asked([{"type": "document", "source": source, "title": "a.pdf"}])
    with pytest.raises(anthropic.BadRequestError, match="document"):
        messages.create(model=MODEL, max_tokens=100, messages=pdf)
    messages.create(model=MODEL, max_tokens=100, messages=[*pdf, *asked("And now?")])
    assert "a.pdf, application/pdf" in sent()[0]["content"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_stop_sequence_is_named(messages: Any, streamed: bool) -> None:
    options = {"model": MODEL, "max_tokens": 1000, "messages": asked(TIDES)}
    stops = {"stop_sequences": ["无此词", "潮汐"]}
    if streamed:
        with messages.stream(**options, **stops) as stream:
            message = stream.get_final_message()
    else:
        message = messages.create(**options, **stops)
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "潮汐")
    assert message.content[0].text.endswith("讲一讲")
    assert message.usage.output_tokens > 0


def test_a_message_that_its_limit_cuts(messages: Any) -> None:
    message = messages.create(model=MODEL, max_tokens=3, messages=asked(TIDES))
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 3)


def test_what_spark_has_nothing_for_is_left_out_and_told(messages: Any) -> None:
    raw = messages.with_raw_response.create(
        model="lite",
        max_tokens=20_000,
        messages=asked(TIDES),
        thinking={"type": "enabled", "budget_tokens": 1024},
        metadata={"user_id": "u" * 64},
        service_tier="auto",
        output_config={"effort": "high"},
        extra_body={"novelty": 1, "top_p": 0.3},
    )
    told = {*raw.headers["x-spark-ignored"].split(", ")}
    assert told == {"max_tokens", "top_p", "thinking", "output_config", "novelty"}


def test_json_of_a_schema_is_parsed(messages: Any) -> None:
    question = asked("Hefei has 9850000 inhabitants.")
    message = messages.parse(model=MODEL, max_tokens=500, messages=question, output_format=City)
    assert message.parsed_output.population == 9850000


@pytest.mark.parametrize("streamed", [False, True])
def test_the_pages_of_a_web_search_are_cited(messages: Any, streamed: bool) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]
    options = {"model": MODEL, "max_tokens": 500, "messages": asked("合肥明天的天气")}
    if streamed:
        with messages.stream(**options, tools=tools) as stream:
            message = stream.get_final_message()
    else:
        message = messages.create(**options, tools=tools)
    (page, *_) = message.content[0].citations
    assert page.type == "web_search_result_location"
    assert page.url.startswith("https://")


@pytest.mark.parametrize("kind", ["bash_20250124", "code_execution_20250825"])
def test_other_tools_of_anthropics_are_refused_by_name(messages: Any, kind: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=kind):
        messages.create(
            model=MODEL,
            max_tokens=100,
            messages=asked("x"),
            tools=[{"type": kind, "name": "x"}],
        )


def test_tokens_are_counted_without_asking_spark(messages: Any, gateway: Gateway) -> None:
    before = len(gateway.spark.requests)
    bare = messages.count_tokens(model=CLAUDE, messages=asked(TIDES)).input_tokens
    more = messages.count_tokens(
        model=CLAUDE,
        system="You are kind.",
        messages=asked(TIDES),
        tools=[WEATHER],
        thinking={"type": "disabled"},
    ).input_tokens
    assert 0 < bare < 10 < more
    assert len(gateway.spark.requests) == before
    raw = messages.with_raw_response.count_tokens(model=MODEL, messages=asked(TIDES))
    assert json.loads(raw.text()) == {"input_tokens": bare, "estimated": True}
