"""Thoughts are complete, in order and never sent back; pages of a search are annotations."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, HumanMessage

from iflytek_spark import WebSearch
from iflytek_spark.emulator import Emulator
from tests._support.frames import answer, last, piece, search
from tests.langchain_spark.asking import WAYS, Make, ask, chunks_of, replay, turns

THOUGHTS = ["先看", "题目，", "再作答。"]


def thinking() -> list[str]:
    thoughts = [piece(seq, reasoning_content=text) for seq, text in enumerate(THOUGHTS)]
    return [*thoughts, piece(3, "答案"), last(4, "是 42。")]


@WAYS
@pytest.mark.parametrize("version", [None, "v1"])
async def test_thoughts_are_whole_and_come_first(
    chat: Make, spark: Emulator, how: str, version: str | None
) -> None:
    replay(spark, thinking())
    message = await ask(chat(model="x2", output_version=version), "问", how)
    assert message.additional_kwargs["reasoning_content"] == "先看题目，再作答。"
    assert message.text == "答案是 42。"
    first, second = message.content_blocks
    assert (first["type"], first["reasoning"]) == ("reasoning", "先看题目，再作答。")
    assert (second["type"], second["text"]) == ("text", "答案是 42。")


def test_thoughts_stream_one_by_one_before_the_text(chat: Make, spark: Emulator) -> None:
    replay(spark, thinking())
    chunks = chunks_of(chat(model="x2"), "问")
    thoughts = [chunk.additional_kwargs.get("reasoning_content", "") for chunk in chunks]
    assert thoughts[:3] == THOUGHTS
    assert not any(thoughts[3:])
    assert [chunk.text for chunk in chunks[:4]] == ["", "", "", "答案"]


@pytest.mark.parametrize("model", ["x1.5", "x2"])
@pytest.mark.parametrize(
    ("switch", "thinks"), [(None, True), ("enabled", True), ("auto", True), ("disabled", False)]
)
def test_the_switch(
    chat: Make, spark: Emulator, model: str, switch: str | None, thinks: bool
) -> None:
    message = chat(model=model, thinking=switch).invoke("潮汐是怎么回事")
    assert bool(message.additional_kwargs.get("reasoning_content")) is thinks
    sent = spark.requests[-1].body["parameter"]["chat"].get("thinking")
    assert sent == ({"type": switch} if switch else None)


def test_the_switch_of_a_call_wins_and_others_have_none(chat: Make, spark: Emulator) -> None:
    chat(model="x2", thinking="enabled").invoke("问", thinking="disabled")
    assert spark.requests[-1].body["parameter"]["chat"]["thinking"] == {"type": "disabled"}
    with pytest.raises(core.ModelInvalidRequestError, match="has no thinking"):
        chat(thinking="enabled").invoke("问")


@pytest.mark.parametrize("version", [None, "v1"])
def test_thoughts_are_not_sent_back_unless_asked(
    chat: Make, spark: Emulator, version: str | None
) -> None:
    replay(spark, thinking())
    llm = chat(model="x2", output_version=version)
    thought = llm.invoke("问")
    history = [HumanMessage("问"), thought, HumanMessage("为什么")]
    llm.invoke(history)
    assert turns(spark) == [("user", "问"), ("assistant", "答案是 42。"), ("user", "为什么")]
    chat(model="x2", replay_reasoning=True).invoke(history)
    assert turns(spark)[1][1] == "<think>先看题目，再作答。</think>\n答案是 42。"


def test_thoughts_of_other_providers_are_passed_over(chat: Make, spark: Emulator) -> None:
    blocks: list[Any] = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "好"},
    ]
    chat().invoke([HumanMessage("问"), AIMessage(blocks), HumanMessage("然后")])
    assert turns(spark)[1] == ("assistant", "好")


def switch(spark: Emulator) -> dict[str, Any] | None:
    tools = spark.requests[-1].body["parameter"]["chat"].get("tools")
    return None if tools is None else tools[0]["web_search"]


OFF = {"enable": False}
NORMAL = {"enable": True, "search_mode": "normal", "show_ref_label": True}
DEEP = {**NORMAL, "search_mode": "deep"}


@pytest.mark.parametrize(
    ("model", "of_model", "of_call", "on_the_wire"),
    [
        ("4.0Ultra", None, {}, OFF),
        ("pro", None, {}, OFF),
        ("lite", None, {}, None),
        ("4.0Ultra", True, {}, NORMAL),
        ("4.0Ultra", {"mode": "deep"}, {}, DEEP),
        ("4.0Ultra", WebSearch("deep"), {}, DEEP),
        ("4.0Ultra", {"citations": False}, {}, {**NORMAL, "show_ref_label": False}),
        ("pro", True, {}, {**NORMAL, "show_ref_label": False}),
        ("4.0Ultra", False, {"web_search": True}, NORMAL),
        ("4.0Ultra", True, {"web_search": False}, OFF),
        ("4.0Ultra", True, {"web_search": {"mode": "deep"}}, DEEP),
    ],
)
def test_search_on_the_wire(
    chat: Make, spark: Emulator, model: str, of_model: Any, of_call: Any, on_the_wire: Any
) -> None:
    settings = {} if of_model is None else {"web_search": of_model}
    chat(model=model, **settings).invoke("今天的新闻", **of_call)
    assert switch(spark) == on_the_wire


@pytest.mark.parametrize("value", ["deep", {"mode": "deepest"}, {"depth": 1}])
def test_a_search_of_another_form_is_refused(chat: Make, spark: Emulator, value: Any) -> None:
    with pytest.raises(core.ModelInvalidRequestError, match="web_search is"):
        chat().invoke("问", web_search=value)
    assert not spark.requests


PAGES = '[{"index":1,"url":"https://example.com/a","title":"甲"},{"index":2,"url":"https://example.com/b","title":"乙"}]'
CITED = [
    {"type": "citation", "url": "https://example.com/a", "title": "甲", "extras": {"index": 1}},
    {"type": "citation", "url": "https://example.com/b", "title": "乙", "extras": {"index": 2}},
]


@WAYS
@pytest.mark.parametrize("version", [None, "v1"])
async def test_pages_are_annotations_of_the_text(
    chat: Make, spark: Emulator, how: str, version: str | None
) -> None:
    replay(spark, [search(PAGES), *answer("据[1]，", "天气晴。")])
    message = await ask(chat(web_search=True, output_version=version), "天气", how)
    assert message.text == "据[1]，天气晴。"
    assert message.additional_kwargs["citations"] == CITED
    (block,) = message.content_blocks
    assert (block["type"], block["text"]) == ("text", "据[1]，天气晴。")
    assert block["annotations"] == CITED
    plugins = message.response_metadata["plugins"]
    assert plugins == [{"name": "ifly_search", "content": PAGES}]


@WAYS
async def test_another_plugins_result_is_kept_as_it_came(
    chat: Make, spark: Emulator, how: str
) -> None:
    replay(spark, [search("25 度", name="weather"), *answer("晴", "。")])
    message = await ask(chat(web_search=True), "天气", how)
    assert "citations" not in message.additional_kwargs
    plugins = message.response_metadata["plugins"]
    assert plugins == [{"name": "weather", "content": "25 度"}]
