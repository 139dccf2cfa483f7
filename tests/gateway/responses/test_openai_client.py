"""OpenAI's client, unmodified, on ``/v1/responses``: what it asks for, it gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.responses import FunctionToolParam
from pydantic import BaseModel

from iflytek_spark.emulator import faults
from tests.gateway.chat_helpers import data_url
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.responses.conftest import MODEL
from tests.unit.images.drawing import drawn

Turns = Callable[[], list[dict[str, Any]]]
TIDES = "讲一讲潮汐"
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "the city's name"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


class City(BaseModel):
    name: str
    population: int


def test_a_whole_response(client: openai.OpenAI) -> None:
    response = client.responses.create(model="gpt-4o", input=TIDES, metadata={"a": "b"})
    assert TIDES in response.output_text
    assert (response.status, response.model, response.object) == ("completed", "gpt-4o", "response")
    assert (response.metadata, response.error, response.incomplete_details) == (
        {"a": "b"},
        None,
        None,
    )
    assert response.usage
    counts = response.usage
    assert counts.total_tokens == counts.input_tokens + counts.output_tokens > 0


async def test_a_stream_in_an_event_loop_is_the_whole_response(gateway: Gateway) -> None:
    async with openai.AsyncOpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        whole = await client.responses.create(model=MODEL, input=TIDES)
        async with client.responses.stream(model=MODEL, input=TIDES) as stream:
            texts = [e.delta async for e in stream if e.type == "response.output_text.delta"]
            final = await stream.get_final_response()
    assert "".join(texts) == final.output_text == whole.output_text
    assert len(texts) > 2
    assert final.usage == whole.usage


def test_messages_instructions_and_roles(client: openai.OpenAI, sent: Turns) -> None:
    said: Any = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "好", "annotations": []}],
        "status": "completed",
        "id": "msg_1",
    }
    given: Any = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "你好"}]},
        said,
        {"role": "user", "content": TIDES},
    ]
    client.responses.create(model=MODEL, instructions="Answer in one word.", input=given)
    assert [turn["role"] for turn in sent()] == ["system", "user", "assistant", "user"]
    assert [turn["content"] for turn in sent()][1:] == ["你好", "好", TIDES]
    assert "Answer in one word." in sent()[0]["content"]
    assert "Be kind." in sent()[0]["content"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_is_called_and_its_result_is_used(client: openai.OpenAI, streamed: bool) -> None:
    history: list[Any] = [{"role": "user", "content": "What is the weather in Hefei?"}]
    if streamed:
        with client.responses.stream(model=MODEL, input=history, tools=[WEATHER]) as stream:
            first: Any = stream.get_final_response()
    else:
        first = client.responses.create(model=MODEL, input=history, tools=[WEATHER])
    (call,) = [item for item in first.output if item.type == "function_call"]
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Hefei"})
    returned: Any = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": "light rain",
    }
    history += [item.to_dict() for item in first.output]
    second = client.responses.create(model=MODEL, input=[*history, returned], tools=[WEATHER])
    assert "light rain" in second.output_text


def test_calls_made_at_once_are_one_turn_of_the_assistants(
    client: openai.OpenAI, sent: Turns
) -> None:
    calls: list[Any] = [
        {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": f'{{"n":{n}}}'}
        for n in range(2)
    ]
    results: list[Any] = [
        {"type": "function_call_output", "call_id": f"c{n}", "output": f"result {n}"}
        for n in range(2)
    ]
    thoughts: Any = {"type": "reasoning", "id": "rs_1", "summary": []}
    question: Any = {"role": "user", "content": "go"}
    client.responses.create(model=MODEL, input=[question, thoughts, *calls, *results])
    roles = [turn["role"] for turn in sent()]
    assert roles == ["user", "assistant", "user"]
    assert "result 0" in sent()[-1]["content"]
    assert "result 1" in sent()[-1]["content"]


def test_one_tool_may_be_demanded_and_others_withheld(
    client: openai.OpenAI, gateway: Gateway
) -> None:
    other: FunctionToolParam = {**WEATHER, "name": "other"}
    allowed: Any = {
        "type": "allowed_tools",
        "mode": "required",
        "tools": [{"type": "function", "name": "get_weather"}],
    }
    named: Any = {"type": "function", "name": "get_weather"}
    for choice in (named, allowed):
        response = client.responses.create(
            model=MODEL, input="Good morning", tools=[other, WEATHER], tool_choice=choice
        )
        assert [item.type for item in response.output] == ["function_call"]
        assert "other" not in json.dumps(gateway.spark.requests[-1].body)


def test_json_of_a_schema_is_parsed(client: openai.OpenAI, gateway: Gateway) -> None:
    question = "Hefei has 9850000 inhabitants."
    gateway.spark.script(faults.ErrorFrame(10013))  # refused once, then whole
    with pytest.raises(openai.BadRequestError):
        client.responses.parse(model=MODEL, input=question, text_format=City)
    whole = client.responses.parse(model=MODEL, input=question, text_format=City)
    assert whole.output_parsed
    assert whole.output_parsed.population == 9850000
    with client.responses.stream(model=MODEL, input=question, text_format=City) as stream:
        assert stream.get_final_response().output_parsed == whole.output_parsed


def test_any_json(client: openai.OpenAI) -> None:
    response = client.responses.create(
        model=MODEL,
        input='Write JSON with the keys "name" and "population" for Hefei.',
        text={"format": {"type": "json_object"}, "verbosity": "low"},
    )
    assert set(json.loads(response.output_text)) == {"name", "population"}


def test_an_image_is_seen(client: openai.OpenAI, gateway: Gateway) -> None:
    shown: Any = [
        {"type": "input_text", "text": "What is in the picture?"},
        {"type": "input_image", "image_url": data_url(drawn((64, 60), "PNG")), "detail": "auto"},
    ]
    response = client.responses.create(model=MODEL, input=[{"role": "user", "content": shown}])
    assert "PNG of 64 by 60 pixels" in response.output_text


def test_a_file_is_refused_by_name_where_it_is_asked_about(client: openai.OpenAI) -> None:
    file: Any = {"type": "input_file", "filename": "a.pdf", "file_data": "data:;base64,QQ=="}
    with pytest.raises(openai.BadRequestError, match="file") as caught:
        client.responses.create(model=MODEL, input=[{"role": "user", "content": [file]}])
    assert caught.value.param == "input"


def test_a_model_thinks_aloud(client: openai.OpenAI) -> None:
    thinking: Any = {"effort": "high", "summary": "auto"}
    whole: Any = client.responses.create(model="x1.5", input=TIDES, reasoning=thinking)
    assert [item.type for item in whole.output] == ["reasoning", "message"]
    assert TIDES in whole.output[0].summary[0].text
    with client.responses.stream(model="x1.5", input=TIDES, reasoning=thinking) as stream:
        streamed: Any = stream.get_final_response()
    assert streamed.output[0].summary == whole.output[0].summary
    quiet = client.responses.create(model="x1.5", input=TIDES, reasoning={"effort": "none"})
    assert [item.type for item in quiet.output] == ["message"]


@pytest.mark.parametrize("kind", ["web_search", "web_search_preview"])
def test_the_pages_of_a_web_search_are_cited(client: openai.OpenAI, kind: Any) -> None:
    tools: Any = [{"type": kind, "search_context_size": "high"}]
    whole: Any = client.responses.create(model=MODEL, input="合肥明天的天气", tools=tools)
    (page, *_) = whole.output[0].content[0].annotations
    assert page.type == "url_citation"
    assert page.url.startswith("https://")
    with client.responses.stream(model=MODEL, input="合肥明天的天气", tools=tools) as stream:
        told = [e for e in stream if e.type == "response.output_text.annotation.added"]
        streamed: Any = stream.get_final_response()
    assert streamed.output[0].content[0].annotations == whole.output[0].content[0].annotations
    assert len(told) == len(whole.output[0].content[0].annotations)


@pytest.mark.parametrize("kind", ["file_search", "code_interpreter", "mcp", "custom"])
def test_other_tools_of_openais_are_refused_by_name(client: openai.OpenAI, kind: str) -> None:
    tools: Any = [{"type": kind, "name": "x"}]
    with pytest.raises(openai.BadRequestError, match=kind) as caught:
        client.responses.create(model=MODEL, input="x", tools=tools)
    assert caught.value.param == "tools"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_response_that_its_limit_cuts_is_incomplete(
    client: openai.OpenAI, streamed: bool
) -> None:
    options: Any = {"model": MODEL, "input": TIDES, "max_output_tokens": 3}
    if streamed:
        *_, last = client.responses.create(**options, stream=True)
        assert last.type == "response.incomplete"
        response = last.response
    else:
        response = client.responses.create(**options)
    assert response.status == "incomplete"
    assert response.incomplete_details
    assert response.incomplete_details.reason == "max_output_tokens"


def test_what_spark_has_nothing_for_is_left_out_and_told(client: openai.OpenAI) -> None:
    answer = client.responses.with_raw_response.create(
        model=MODEL,
        input=TIDES,
        top_p=0.3,
        include=["reasoning.encrypted_content"],
        max_output_tokens=10**6,
        reasoning={"effort": "high"},
        truncation="auto",
        service_tier="flex",
        prompt_cache_key="k",
        extra_body={"novelty": 1},
    )
    told = {*answer.headers["x-spark-ignored"].split(", ")}
    assert told == {
        "top_p", "include", "max_output_tokens", "reasoning", "truncation", "service_tier",
        "prompt_cache_key", "novelty",
    }  # fmt: skip
    assert TIDES in answer.parse().output_text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("background", True),
        ("conversation", "conv_1"),
        ("prompt", {"id": "p"}),
        ("top_logprobs", 2),
        ("tool_choice", {"type": "function"}),
    ],
)
def test_what_would_change_the_form_is_refused(
    client: openai.OpenAI, field: str, value: object
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="x", extra_body={field: value})
    assert (caught.value.param or "").startswith(field)
