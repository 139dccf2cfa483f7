"""Middleware of LangChain's that asks the model by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import LLMToolSelectorMiddleware, SummarizationMiddleware
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat
from tests.judges.langchain_spark.running import WAYS, messages_of
from tests.judges.replies import functions, in_turn, turns
from tests.langchain_spark.asking import Make


@tool
def weather(city: str) -> str:
    """查询城市的天气。"""
    return f"{city}：晴"


@tool
def stock(code: str) -> str:
    """查询股票的价格。"""
    return f"{code}：12 元"


@tool
def train(start: str, end: str) -> str:
    """查询火车的时刻。"""
    return f"{start}—{end}：12:30"


TOOLS = [weather, stock, train]


@pytest.mark.parametrize("trigger", [("fraction", 0.5), [("fraction", 0.5), ("messages", 99)]])
@WAYS
async def test_a_summary_at_a_fraction_of_the_context(
    chat: Make, spark: Emulator, how: str, trigger: Any
) -> None:
    """The model is not named: its profile must be known all the same."""
    llm = chat()
    assert llm.profile is not None
    tokens = llm.profile["max_input_tokens"]
    story = "Once upon a time. " * (tokens // 7)  # six tenths
    summary = SummarizationMiddleware(model=llm, trigger=trigger, keep=("messages", 1))
    asked = [
        ("user", story),
        ("ai", "好的。"),
        ("user", "讲吧。"),
        ("ai", "很久以前……"),
        ("user", "然后呢？"),
    ]
    spark.respond = in_turn("摘要：很久以前。", "然后下雨了。")
    agent: Any = create_agent(llm, TOOLS, middleware=[summary])
    (*_, last) = await messages_of(agent, asked, how)
    assert last.text == "然后下雨了。"
    told = "".join(text for _, text in turns(spark))
    assert "摘要：很久以前。" in told
    assert story not in told


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_a_thread_that_is_summarised_goes_on_calling_tools(
    chat: Make, spark: Emulator, how: str
) -> None:
    summary = SummarizationMiddleware(model=chat(), trigger=("messages", 4), keep=("messages", 1))
    agent: Any = create_agent(
        chat(), TOOLS, middleware=[summary], checkpointer=InMemorySaver()
    ).with_config(configurable={"thread_id": "1"})
    for turn in range(4):

        def respond(chat: SeenChat, turn: int = turn) -> Reply | Call | str:
            if "Context Extraction Assistant" in chat.text:
                return "摘要"
            if "晴" in chat.text:
                return f"第 {turn} 天晴。"
            return Call("weather", {"city": "合肥"})

        spark.respond = respond
        (*_, last) = await messages_of(agent, "天气呢？", how)
        assert last.text == f"第 {turn} 天晴。"


def selection(chosen: list[str]) -> Any:
    """Choose tools by whichever way the selector asks, and answer any other question."""

    def respond(chat: SeenChat) -> Reply | Call | str:
        if [function.name for function in chat.tools] == chosen:
            return "选好了。"
        if chat.tools:
            return Call(chat.tools[0].name, {"tools": chosen})
        return json.dumps({"tools": chosen})

    return respond


@WAYS
@pytest.mark.parametrize("model", ["4.0Ultra", "max"])
async def test_a_selector_of_tools(chat: Make, spark: Emulator, model: str, how: str) -> None:
    selector = LLMToolSelectorMiddleware(model=chat(model=model), max_tools=2)
    spark.respond = selection(["weather", "train"])
    (last,) = await messages_of(
        create_agent(chat(model=model), TOOLS, middleware=[selector]), "去合肥", how
    )
    assert last.text == "选好了。"
    asked = json.dumps(spark.requests[0].body["payload"], ensure_ascii=False)
    for each in TOOLS:
        assert f'"{each.name}"' in asked.replace('\\"', '"')
        assert each.description in asked
    assert set(functions(spark)) == {"weather", "train"}
