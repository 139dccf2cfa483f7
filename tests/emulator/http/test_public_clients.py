"""The official OpenAI client and ChatOpenAI, unmodified, talk to the emulator over HTTP.

What goes wrong with them here is what public threads report of the real service.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from iflytek_spark.emulator import (
    Call,
    Emulator,
    HttpOptions,
    Reply,
    faults,
    running_emulator,
)
from iflytek_spark.messages import Usage
from tests.emulator.http.raw import MODELS, QUESTION, WEATHER, Kind, key

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

_BASES: dict[Kind, str] = {"open": "/v1", "maas": "/v2"}
_ASKED: Any = [{"role": "user", "content": QUESTION}]
_WEATHER_ASKED: Any = [{"role": "user", "content": "合肥的天气怎么样？"}]
_SWITCH = {"tool_calls_switch": True}
both = pytest.mark.parametrize("kind", ["open", "maas"])
_USAGE = Usage(4, 2, 6)


@pytest.fixture
def clients(spark: Emulator) -> Iterator[dict[Kind, openai.OpenAI]]:
    made: dict[Kind, openai.OpenAI] = {
        kind: openai.OpenAI(
            base_url=spark.http_url + base, api_key=key(spark, kind), max_retries=0, timeout=10
        )
        for kind, base in _BASES.items()
    }
    yield made
    for client in made.values():
        client.close()


def chat_openai(spark: Emulator, kind: Kind, **settings: Any) -> ChatOpenAI:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model=MODELS[kind],
        base_url=spark.http_url + _BASES[kind],
        api_key=lambda: key(spark, kind),
        max_retries=0,
        timeout=10,
        **settings,
    )


@both
def test_openai_asks(clients: dict[Kind, openai.OpenAI], kind: Kind) -> None:
    found = clients[kind].chat.completions.create(model=MODELS[kind], messages=_ASKED)
    assert QUESTION in (found.choices[0].message.content or "")
    assert found.usage is not None
    assert found.usage.total_tokens > 0


@both
def test_openai_streams(clients: dict[Kind, openai.OpenAI], kind: Kind) -> None:
    stream = clients[kind].chat.completions.create(model=MODELS[kind], messages=_ASKED, stream=True)
    chunks = list(stream)
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert QUESTION in "".join(texts)
    assert chunks[-1].usage is not None


@both
@pytest.mark.parametrize("stream", [False, True])
def test_openai_calls_a_function(
    clients: dict[Kind, openai.OpenAI], kind: Kind, stream: bool
) -> None:
    tools: Any = [WEATHER]
    create = clients[kind].chat.completions.create
    found: Any = create(
        model=MODELS[kind], messages=_WEATHER_ASKED, tools=tools, extra_body=_SWITCH, stream=stream
    )
    parts = [found.choices[0].message] if not stream else [
        chunk.choices[0].delta for chunk in found if chunk.choices
    ]  # fmt: skip
    (call,) = [call for part in parts for call in part.tool_calls or ()]
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "合肥"}


def test_openai_embeds(clients: dict[Kind, openai.OpenAI]) -> None:
    found = clients["maas"].embeddings.create(
        model="xop3qwen8bembedding",
        input=["签名", "云海"],
        dimensions=1024,
        encoding_format="float",
    )
    assert [len(item.embedding) for item in found.data] == [1024, 1024]


@both
def test_openai_gets_a_typed_error_of_a_wrong_key(spark: Emulator, kind: Kind) -> None:
    base = spark.http_url + _BASES[kind]
    client = openai.OpenAI(base_url=base, api_key="wrong", max_retries=0)
    with client, pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(model=MODELS[kind], messages=_ASKED)


def test_openai_tries_an_account_without_a_right_again(spark: Emulator) -> None:
    """A tells of a missing entitlement with 500, which that client takes for a passing fault."""
    spark.script(*[faults.ErrorFrame(11200, "AppIdNoAuthError")] * 3)
    base = spark.http_url + _BASES["open"]
    client = openai.OpenAI(base_url=base, api_key=key(spark, "open"), max_retries=2)
    with client, pytest.raises(openai.InternalServerError, match="AppIdNoAuthError"):
        client.chat.completions.create(model=MODELS["open"], messages=_ASKED)
    assert len(spark.requests) == 3


def test_openai_hears_of_an_error_inside_a_stream_of_status_200(
    spark: Emulator, clients: dict[Kind, openai.OpenAI]
) -> None:
    spark.script(faults.ErrorFrame(10012, "EngineInternalError:busy", after=2))
    stream = clients["maas"].chat.completions.create(
        model=MODELS["maas"], messages=_ASKED, stream=True
    )
    with pytest.raises(openai.APIError, match="code: 10012") as caught:
        list(stream)
    assert not isinstance(caught.value, openai.APIStatusError)


def test_openai_takes_an_error_of_open_inside_a_stream_for_an_answer(
    spark: Emulator, clients: dict[Kind, openai.OpenAI]
) -> None:
    spark.respond = lambda _: Reply("一二三四五六七八", fault=faults.ErrorFrame(10014, after=1))
    stream = clients["open"].chat.completions.create(
        model=MODELS["open"], messages=_ASKED, stream=True
    )
    chunks = list(stream)
    assert len(chunks) == 2
    assert chunks[1].choices is None


@both
def test_openai_takes_a_clean_cut_for_a_whole_answer(
    spark: Emulator, clients: dict[Kind, openai.OpenAI], kind: Kind
) -> None:
    spark.respond = lambda _: Reply("一二三四五六七八", fault=faults.Cut(after=2, how="close"))
    stream = clients[kind].chat.completions.create(model=MODELS[kind], messages=_ASKED, stream=True)
    assert len(list(stream)) == 2


def test_openai_loses_the_usage_when_it_stops_at_the_end_of_the_text(
    clients: dict[Kind, openai.OpenAI],
) -> None:
    """X2.5 counts in a chunk of its own, behind the one with ``finish_reason``."""
    stream = clients["maas"].chat.completions.create(
        model=MODELS["maas"], messages=_ASKED, stream=True
    )
    seen = []
    for chunk in stream:
        seen.append(chunk)
        if chunk.choices[0].finish_reason:
            break
    stream.close()
    assert all(chunk.usage is None for chunk in seen)


def test_openai_s_stream_breaks_with_an_error_of_its_http_library(
    spark: Emulator, clients: dict[Kind, openai.OpenAI]
) -> None:
    spark.script(faults.Cut(after=2, how="eof"))
    stream = clients["maas"].chat.completions.create(
        model=MODELS["maas"], messages=_ASKED, stream=True
    )
    with pytest.raises(httpx.RemoteProtocolError):
        list(stream)


def test_openai_reads_no_vectors_out_of_order() -> None:
    """That client hands vectors out in the order that they came in."""
    with running_emulator(http_options=HttpOptions(shuffled=True)) as spark:
        base = f"{spark.http_url}/v2"
        with openai.OpenAI(base_url=base, api_key=key(spark, "maas")) as client:
            found = client.embeddings.create(
                model="xop3qwen8bembedding", input=["一", "二", "三"], encoding_format="float"
            )
    assert [item.index for item in found.data] == [1, 0, 2]


@both
def test_chat_openai_asks_and_streams(spark: Emulator, kind: Kind) -> None:
    chat = chat_openai(spark, kind)
    assert QUESTION in chat.invoke(QUESTION).text
    assert QUESTION in "".join(chunk.text for chunk in chat.stream(QUESTION))


def test_chat_openai_calls_a_function_and_reads_its_result(spark: Emulator) -> None:
    chat = chat_openai(spark, "maas")
    tooled = chat.bind_tools([WEATHER])
    asked = tooled.invoke("合肥的天气怎么样？")
    (call,) = asked.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "合肥"})
    result = {"role": "tool", "tool_call_id": call["id"], "content": "晴，25 度"}
    assert "晴" in tooled.invoke([("user", "合肥的天气怎么样？"), asked, result]).text
    assert [turn["role"] for turn in spark.requests[-1].body["messages"]] == [
        "user", "assistant", "tool",
    ]  # fmt: skip


def test_chat_openai_breaks_on_a_call_that_is_an_object(spark: Emulator) -> None:
    """Nobody has set ``tool_calls_switch``, so that A sends no array."""
    spark.respond = lambda _: Call("get_weather", {"city": "合肥"})
    tooled = chat_openai(spark, "open").bind_tools([WEATHER])
    with pytest.raises((TypeError, AttributeError, ValueError)):
        tooled.invoke("合肥的天气怎么样？")
    switched = chat_openai(spark, "open", extra_body=_SWITCH).bind_tools([WEATHER])
    assert switched.invoke("合肥的天气怎么样？").tool_calls[0]["name"] == "get_weather"


def test_chat_openai_adds_up_the_usage_of_each_chunk(spark: Emulator) -> None:
    """The older engine sends zeros in each chunk and counts in the last: the sum is right."""
    spark.respond = lambda _: Reply("好的", usage=_USAGE)
    chat = chat_openai(spark, "maas").model_copy(update={"model_name": "xopkimik25"})
    counts = [chunk.usage_metadata for chunk in chat.stream(QUESTION) if chunk.usage_metadata]
    assert [count["total_tokens"] for count in counts] == [0, 0, 6]


def test_chat_openai_loses_the_reasoning(spark: Emulator) -> None:
    spark.respond = lambda _: Reply("四", reasoning="先看题")
    message = chat_openai(spark, "maas").invoke(QUESTION)
    assert message.text == "四"
    assert "先看题" not in repr(message)
