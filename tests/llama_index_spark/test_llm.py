"""What a user of SparkLLM sees: the eight endpoints, deltas, counts, options, metadata."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    CitationBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
)
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.indices.prompt_helper import PromptHelper
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.prompts import PromptTemplate
from llama_index_instrumentation import get_dispatcher
from pydantic import BaseModel, SecretStr

from iflytek_spark import ModelSpec, list_models
from iflytek_spark.emulator import Emulator, faults
from llama_index_spark import SparkLLM
from tests._support.frames import USAGE, answer
from tests._support.llama_index import WAYS, chat, complete, raw_of
from tests._support.service import lead_to
from tests.llama_index_spark.conftest import MakeLLM, contents

PROMPT = "今天合肥天气如何"


@WAYS
async def test_every_way_of_chat_gives_the_same(llm: SparkLLM, how: str) -> None:
    expected = llm.chat([ChatMessage(PROMPT)])
    response = await chat(llm, PROMPT, how)
    assert PROMPT in str(response.message.content)
    assert response.message == expected.message
    counts = response.additional_kwargs
    assert counts == expected.additional_kwargs
    assert counts["prompt_tokens"] + counts["completion_tokens"] == counts["total_tokens"] > 0
    assert raw_of(response)["model"] == "4.0Ultra"
    assert raw_of(response)["finish_reason"] == "stop"
    assert raw_of(response)["sid"].startswith("cht")


@WAYS
async def test_every_way_of_complete_gives_the_same(llm: SparkLLM, how: str) -> None:
    expected = llm.chat([ChatMessage(PROMPT)])
    response = await complete(llm, PROMPT, how)
    assert response.text == expected.message.content
    assert response.additional_kwargs == expected.additional_kwargs


def test_a_stream_is_cumulative(llm: SparkLLM) -> None:
    text = ""
    responses = list(llm.stream_chat([ChatMessage(PROMPT)]))
    for response in responses:
        text += response.delta
        assert response.message.content == text
        assert response.message.role == MessageRole.ASSISTANT
    assert len(responses) > 3
    assert [response.raw is None for response in responses[:-1]] == [True] * (len(responses) - 1)
    completions = list(llm.stream_complete(PROMPT))
    assert "".join(str(each.delta) for each in completions) == completions[-1].text == text


def test_responses_share_nothing_that_can_change(llm: SparkLLM) -> None:
    first, second, *_ = llm.stream_chat([ChatMessage(PROMPT)])
    second.message.blocks[0].text = "changed"
    second.additional_kwargs["changed"] = True
    assert first.message.blocks is not second.message.blocks
    assert "changed" not in str(first)
    assert first.additional_kwargs == {}


async def test_thoughts_come_first(make_llm: MakeLLM) -> None:
    llm = make_llm(model="x1.5", thinking="enabled")
    whole = await llm.achat([ChatMessage(PROMPT)])
    thoughts, told = "", ""
    for response in llm.stream_chat([ChatMessage(PROMPT)]):
        thoughts += response.additional_kwargs.get("thinking_delta", "")
        told += response.delta
        first = response.message.blocks[0]
        assert isinstance(first, ThinkingBlock)
        assert first.content == thoughts
    assert [type(block) for block in response.message.blocks] == [ThinkingBlock, TextBlock]
    assert response.message == whole.message
    assert response.message.content == told
    assert PROMPT in thoughts


def test_thoughts_are_not_sent_back(llm: SparkLLM, spark: Emulator) -> None:
    history = [
        ChatMessage("一"),
        ChatMessage(
            role="assistant", blocks=[ThinkingBlock(content="心里话"), TextBlock(text="二")]
        ),
        ChatMessage("三"),
    ]
    llm.chat(history)
    assert contents(spark.requests[-1]) == [("user", "一"), ("assistant", "二"), ("user", "三")]


@WAYS
async def test_citations(make_llm: MakeLLM, how: str) -> None:
    response = await chat(make_llm(web_search=True), PROMPT, how)
    cited = [block for block in response.message.blocks if isinstance(block, CitationBlock)]
    assert [block.source for block in cited] == ["https://example.com/1", "https://example.com/2"]
    assert [block.additional_location_info for block in cited] == [{"index": 1}, {"index": 2}]
    assert PROMPT in str(response.message.content)


def test_options_are_seen_on_the_wire(make_llm: MakeLLM, spark: Emulator) -> None:
    llm = make_llm(temperature=0.7, top_k=2, max_tokens=50, model_kwargs={"auditing": "default"})
    llm.chat([ChatMessage("你好")], temperature=0.3, model="max", uid="u-1", model_kwargs={})
    request = spark.requests[-1]
    sent = request.body["parameter"]["chat"]
    assert request.path == "/v3.5/chat"
    assert request.body["header"]["uid"] == "u-1"
    expected = {"domain": "generalv3.5", "temperature": 0.3, "top_k": 2, "max_tokens": 50}
    assert expected.items() <= sent.items()
    assert sent["auditing"] == "default"


@WAYS
async def test_stop_strings_cut_the_answer(make_llm: MakeLLM, how: str) -> None:
    whole = make_llm().complete("一二三四五六七八九十").text
    response = await chat(make_llm(stop=["五六七"]), "一二三四五六七八九十", how)
    assert response.message.content == whole[: whole.index("五六七")]
    assert response.additional_kwargs == {}


def test_the_model_comes_from_the_environment(
    make_llm: MakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make_llm().model == "4.0Ultra"
    monkeypatch.setenv("SPARK_MODEL", "lite")
    assert make_llm().model == "lite"
    assert make_llm(model="Spark Max").metadata.model_name == "max"


def test_keys_come_from_the_environment(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(spark, monkeypatch)
    llm = SparkLLM()
    assert "你好" in llm.complete("你好").text
    assert llm.api_key == SecretStr(spark.credentials.api_key)


def test_metadata_is_the_catalogues(make_llm: MakeLLM) -> None:
    known = make_llm(model="4.0Ultra", max_tokens=100).metadata
    assert (known.context_window, known.num_output) == (32768, 100)
    assert known.is_function_calling_model
    assert known.system_role == MessageRole.SYSTEM
    lite = make_llm(model="lite").metadata
    assert (lite.context_window, lite.num_output) == (8192, 4096)
    assert not lite.is_function_calling_model
    assert lite.system_role == MessageRole.USER


@pytest.mark.parametrize("spec", list_models(), ids=lambda spec: spec.name)
def test_every_model_leaves_room_for_a_prompt(make_llm: MakeLLM, spec: ModelSpec) -> None:
    llm = make_llm(model=spec.name, maas_api_key="key:secret")
    helper = PromptHelper.from_llm_metadata(llm.metadata)
    (kept,) = helper.truncate(PromptTemplate("{context_str}"), ["tide " * 500])
    assert kept.strip() == ("tide " * 500).strip()


def test_a_model_of_your_own(spark: Emulator, make_llm: MakeLLM) -> None:
    mine = ModelSpec(name="mine", domain="lite", url="wss://example.com/v1.1/chat")
    llm = make_llm(model=mine)
    assert "你好" in llm.complete("你好").text
    again = SparkLLM.from_json(llm.to_json(), api_key="k", api_secret="s")
    assert again.model == mine


def test_what_is_not_known_is_no_promise(make_llm: MakeLLM) -> None:
    mine = ModelSpec(name="mine", domain="lite", url="wss://example.com/v1.1/chat")
    shortest = min(spec.context_tokens for spec in list_models() if spec.context_tokens)
    assert make_llm(model=mine).metadata.context_window == shortest
    told = replace(mine, context_tokens=65536)
    assert make_llm(model=told).metadata.context_window == 65536


@WAYS
async def test_tokens_are_those_that_spark_counted(
    make_llm: MakeLLM, spark: Emulator, how: str
) -> None:
    counter = TokenCountingHandler(tokenizer=lambda text: ["never"] * 1000)
    llm = make_llm(callback_manager=CallbackManager([counter]))
    spark.script(faults.Replay(tuple(answer("您", "好"))))
    found = await chat(llm, PROMPT, how)
    counts = {name: getattr(USAGE, name) for name in COUNTS}
    assert raw_of(found)["usage"] == counts
    assert json.dumps(raw_of(found))
    assert counter.prompt_llm_token_count == USAGE.prompt_tokens
    assert counter.completion_llm_token_count == USAGE.completion_tokens


COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def test_no_private_method_of_ours_is_in_a_trace(make_llm: MakeLLM) -> None:
    spans = SimpleSpanHandler()
    get_dispatcher().add_span_handler(spans)
    try:
        make_llm().structured_predict(City, PromptTemplate("城市是合肥，用 name 写出它。"))
    finally:
        get_dispatcher().span_handlers.remove(spans)
    names = {span.id_.split("-")[0] for span in spans.completed_spans}
    assert names == {"SparkLLM.structured_predict", "SparkLLM.chat"}


class City(BaseModel):
    name: str


def test_the_payload_of_events(make_llm: MakeLLM) -> None:
    payload = make_llm(temperature=0.2, model="ultra").to_payload()
    assert payload["class_name"] == "SparkLLM"
    assert payload["model"] == "4.0Ultra"
    assert payload["temperature"] == 0.2
    assert payload["context_window"] == 32768
    assert not any("key" in name or "secret" in name for name in payload)
