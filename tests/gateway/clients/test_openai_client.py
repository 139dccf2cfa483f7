"""The official client, unmodified, against the gateway: what it asks for, it gets."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionToolParam

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.chat_helpers import MODEL, asked, data_url, shown, text_of
from tests.gateway.gateway_helpers import Gateway
from tests.unit.images.drawing import drawn
from tests.unit.images.fetch_helpers import always
from tests.unit.images.local_site import plain, running_site

WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "the city's name"}},
            "required": ["city"],
        },
    },
}


def sent(spark: Emulator) -> Any:
    """The options of the newest request, as they stand on the wire."""
    return spark.requests[-1].body["parameter"]["chat"]


def test_a_whole_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"))
    (choice,) = answer.choices
    assert "讲一讲潮汐" in (choice.message.content or "")
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert answer.object == "chat.completion"
    assert answer.model == MODEL
    assert answer.usage
    counts = answer.usage
    assert counts.total_tokens == counts.prompt_tokens + counts.completion_tokens > 0


async def test_a_whole_answer_in_an_event_loop(aclient: openai.AsyncOpenAI) -> None:
    answer = await aclient.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"))
    assert "讲一讲潮汐" in (answer.choices[0].message.content or "")


def test_a_streamed_answer(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"))
    with client.chat.completions.create(
        model=MODEL, messages=asked("讲一讲潮汐"), stream=True
    ) as stream:
        chunks = list(stream)
    first, *_, last = chunks
    assert first.choices[0].delta.role == "assistant"
    assert last.choices[0].finish_reason == "stop"
    assert {chunk.choices[0].finish_reason for chunk in chunks[:-1]} == {None}
    assert text_of(chunks) == whole.choices[0].message.content
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert {(chunk.model, chunk.usage) for chunk in chunks} == {(MODEL, None)}


async def test_a_streamed_answer_in_an_event_loop(aclient: openai.AsyncOpenAI) -> None:
    stream = await aclient.chat.completions.create(
        model=MODEL, messages=asked("讲一讲潮汐"), stream=True
    )
    async with stream:
        chunks = [chunk async for chunk in stream]
    assert "讲一讲潮汐" in text_of(chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_token_counts_come_last_when_they_are_asked_for(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"))
    stream = client.chat.completions.create(
        model=MODEL,
        messages=asked("讲一讲潮汐"),
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = list(stream)
    assert (last.choices, last.usage) == ([], whole.usage)
    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_an_answer_that_its_limit_cuts(client: openai.OpenAI, gateway: Gateway) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=asked("讲一讲潮汐"), max_completion_tokens=3
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage
    assert answer.usage.completion_tokens == sent(gateway.spark)["max_tokens"] == 3


def test_an_answer_that_moderation_flags(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script(faults.ErrorFrame(10019, after=4))
    answer = client.chat.completions.create(model=MODEL, messages=asked("讲一讲潮汐"))
    assert answer.choices[0].finish_reason == "content_filter"
    assert (answer.choices[0].message.content or "").startswith("你问的是")


def test_a_stop_word_ends_the_answer(client: openai.OpenAI) -> None:
    for stop in ("潮汐", ["无此词", "潮汐"]):
        answer = client.chat.completions.create(
            model=MODEL, messages=asked("讲一讲潮汐"), stop=stop
        )
        assert (answer.choices[0].message.content or "").endswith("讲一讲")
        assert answer.choices[0].finish_reason == "stop"


def test_a_tool_is_called_and_its_result_is_used(client: openai.OpenAI) -> None:
    messages = asked("What is the weather in Hefei?")
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    message: Any = first.choices[0].message
    assert message.content is None
    call = (message.tool_calls or [])[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Hefei"}
    returned: Any = {"role": "tool", "tool_call_id": call.id, "content": "light rain, 18 degrees"}
    second = client.chat.completions.create(
        model=MODEL, messages=[*messages, message, returned], tools=[WEATHER]
    )
    assert "light rain, 18 degrees" in (second.choices[0].message.content or "")
    assert second.choices[0].finish_reason == "stop"


def test_a_tool_call_is_streamed(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=asked("Good morning"),
        tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "get_weather"}},
        stream=True,
    )
    chunks = list(stream)
    (call,) = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert (call.index, call.type) == (0, "function")
    assert call.id
    assert call.function
    assert call.function.name == "get_weather"
    assert "city" in json.loads(call.function.arguments or "")
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def test_the_clients_own_accumulation_of_a_stream_fits(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=asked("What is the weather in Hefei?"), tools=[WEATHER]
    ) as stream:
        kinds = {event.type for event in stream}
        message = stream.get_final_completion().choices[0].message
    assert "tool_calls.function.arguments.done" in kinds
    assert message.tool_calls
    assert message.tool_calls[0].function.name == "get_weather"


def test_a_picture_in_a_data_url_is_seen(client: openai.OpenAI, gateway: Gateway) -> None:
    picture = drawn((64, 60), "PNG")
    for model in ("image", "gpt-4-vision-preview", MODEL):
        answer = client.chat.completions.create(model=model, messages=shown(data_url(picture)))
        assert "PNG of 64 by 60 pixels" in (answer.choices[0].message.content or "")
        assert answer.model == model
        assert gateway.spark.requests[-1].path == "/v2.1/image"


def test_a_picture_on_a_private_address_is_refused(client: openai.OpenAI, gateway: Gateway) -> None:
    before = len(gateway.spark.requests)
    with running_site(always(plain(drawn((64, 60), "PNG")))) as site:
        url = f"http://127.0.0.1:{site.port}/picture.png"
        with pytest.raises(openai.BadRequestError, match="not at a public address") as caught:
            client.chat.completions.create(model="image", messages=shown(url))
        assert site.requests == []
    assert caught.value.param == "messages"
    assert len(gateway.spark.requests) == before


def test_options_reach_the_wire(client: openai.OpenAI, gateway: Gateway) -> None:
    client.chat.completions.create(
        model=MODEL,
        messages=asked("讲一讲潮汐"),
        temperature=0.25,
        max_tokens=77,
        user="a" * 64,
        top_p=1,
        n=1,
        extra_body={"top_k": 3},
    )
    options = sent(gateway.spark)
    assert (options["temperature"], options["max_tokens"], options["top_k"]) == (0.25, 77, 3)
    assert len(gateway.spark.requests[-1].body["header"]["uid"]) <= 32


def test_names_of_the_configuration(client: openai.OpenAI, gateway: Gateway) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=asked("讲一讲潮汐"))
    assert answer.model == "gpt-4o"
    assert sent(gateway.spark)["domain"] == "lite"
