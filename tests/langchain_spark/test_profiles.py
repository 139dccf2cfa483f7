"""What ChatSpark tells LangChain's agents and interfaces of itself."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.language_models.model_profile import ModelProfile

from iflytek_spark import ModelSpec, SparkClient, list_models
from iflytek_spark.emulator import Emulator
from langchain_spark import ChatSpark
from tests._support.service import lead_to

MAKE: dict[str, Callable[[Emulator], ChatSpark]] = {
    "nothing is named": lambda spark: ChatSpark(),
    "model": lambda spark: ChatSpark(model="4.0Ultra"),
    "a client of one's own": lambda spark: ChatSpark(
        client=SparkClient(spark.credentials, base_url=spark.base_url)
    ),
}


def profile(llm: ChatSpark) -> ModelProfile:
    assert llm.profile is not None
    return llm.profile


@pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
def test_every_model_has_a_profile(
    make: Callable[[Emulator], ChatSpark], spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(spark, monkeypatch)
    found = profile(make(spark))
    assert (found["name"], found["max_input_tokens"]) == ("Spark 4.0 Ultra", 32768)
    monkeypatch.setenv("SPARK_MODEL", "lite")
    assert profile(ChatSpark())["max_input_tokens"] == 8192


def test_an_image_may_be_given_where_it_is_routed(chat: Callable[..., ChatSpark]) -> None:
    for llm, taken in (
        (chat(), True),
        (chat(model="image", image_model=None), True),
        (chat(image_model=None), False),
    ):
        found = profile(llm)
        assert (found["image_inputs"], found["image_url_inputs"]) == (taken, taken)


@pytest.mark.parametrize("spec", list_models(), ids=lambda spec: spec.name)
def test_a_profile_says_what_is_true(chat: Callable[..., ChatSpark], spec: ModelSpec) -> None:
    found = profile(chat(model=spec, maas_api_key="key:secret"))
    assert set(found) <= set(typing.get_type_hints(ModelProfile))
    tools = any(row.tools for row in (spec, *spec.over))
    assert found["tool_calling"] == tools
    assert not found["image_tool_message"]
    if "tool_call_streaming" in typing.get_type_hints(ModelProfile):  # newer langchain-core
        assert found["tool_call_streaming"] == tools
        assert found["status"] == ("deprecated" if spec.retired else "active")


def test_a_middleware_summarises_by_a_fraction_of_the_window(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(spark, monkeypatch)
    monkeypatch.setenv("SPARK_MODEL", "lite")
    llm = ChatSpark()
    middleware = SummarizationMiddleware(model=llm, trigger=("fraction", 0.8), keep=("messages", 1))
    agent = create_agent(llm, middleware=[middleware])
    history = [("human", "潮汐是怎么来的？" * 500), ("ai", "月球的引力。" * 600)] * 5
    state: Any = {"messages": [*history, ("human", "说简单一些。")]}
    result = agent.invoke(state)
    last = spark.requests[-1].body["payload"]["message"]["text"]
    assert "summary of the conversation" in last[0]["content"]
    assert len(result["messages"]) == 3
