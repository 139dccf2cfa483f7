"""The official client against the gateway: JSON, thoughts and pages of the web."""

from __future__ import annotations

import json

import openai
from pydantic import BaseModel

from iflytek_spark.emulator import faults
from tests.gateway.chat_helpers import MODEL, asked, text_of
from tests.gateway.gateway_helpers import Gateway


class City(BaseModel):
    name: str
    population: int


def test_json_is_what_was_asked_for(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL,
        messages=asked('Write JSON with the keys "name" and "population" for Hefei.'),
        response_format={"type": "json_object"},
    )
    assert set(json.loads(answer.choices[0].message.content or "")) == {"name", "population"}


def test_json_of_a_schema_is_parsed(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(
        model=MODEL,
        messages=asked("Hefei has 9850000 inhabitants."),
        response_format=City,
    )
    assert isinstance(answer.choices[0].message.parsed, City)
    assert answer.choices[0].message.parsed.population == 9850000


def test_json_of_a_schema_is_streamed(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=asked("Hefei has 9850000 inhabitants."), response_format=City
    ) as stream:
        parsed = stream.get_final_completion().choices[0].message.parsed
    assert parsed
    assert parsed.population == 9850000


def test_json_that_does_not_fit_is_repaired_once(client: openai.OpenAI, gateway: Gateway) -> None:
    before = len(gateway.spark.requests)
    gateway.spark.script(faults.Replay((whole_frame("no JSON at all"),)))
    answer = client.chat.completions.parse(
        model=MODEL, messages=asked("Hefei has 9850000 inhabitants."), response_format=City
    )
    assert answer.choices[0].message.parsed
    turns = gateway.spark.requests[-1].body["payload"]["message"]["text"]
    assert "no JSON at all" in turns[-2]["content"]
    assert "not JSON" in turns[-1]["content"]
    assert len(gateway.spark.requests) == before + 2


def whole_frame(text: str) -> str:
    """An answer in one frame."""
    header = {"code": 0, "message": "Success", "sid": "cht1", "status": 2}
    piece = {"content": text, "role": "assistant", "index": 0}
    counts = {"question_tokens": 1, "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    payload = {"choices": {"status": 2, "seq": 0, "text": [piece]}, "usage": {"text": counts}}
    return json.dumps({"header": header, "payload": payload})


def test_a_model_thinks_aloud(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="x1.5", messages=asked("讲一讲潮汐"))
    thoughts = getattr(whole.choices[0].message, "reasoning_content", "")
    assert "讲一讲潮汐" in thoughts
    chunks = list(
        client.chat.completions.create(model="x1.5", messages=asked("讲一讲潮汐"), stream=True)
    )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    pieces = [getattr(delta, "reasoning_content", "") for delta in deltas]
    assert "".join(pieces) == thoughts
    assert text_of(chunks) == whole.choices[0].message.content
    quiet = client.chat.completions.create(
        model="x1.5", messages=asked("讲一讲潮汐"), reasoning_effort="none"
    )
    assert not hasattr(quiet.choices[0].message, "reasoning_content")


def test_the_pages_of_a_web_search_are_cited(client: openai.OpenAI, gateway: Gateway) -> None:
    messages = asked("合肥明天的天气")
    whole = client.chat.completions.create(
        model=MODEL, messages=messages, web_search_options={"search_context_size": "high"}
    )
    first = (whole.choices[0].message.annotations or [])[0]
    assert first.type == "url_citation"
    assert first.url_citation.url.startswith("https://")
    assert first.url_citation.title
    assert first.url_citation.end_index == len(whole.choices[0].message.content or "")
    assert "search_mode': 'deep'" in str(gateway.spark.requests[-1].body)
    chunks = client.chat.completions.create(
        model=MODEL, messages=messages, web_search_options={}, stream=True
    )
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert any(getattr(delta, "annotations", None) for delta in deltas)
