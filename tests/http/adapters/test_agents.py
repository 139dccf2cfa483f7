"""Agents of both frameworks over HTTP: real tool turns, reasoning and calls in their order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.prebuilt import create_react_agent
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ToolCallResult
from llama_index.core.tools import FunctionTool

from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat, running_emulator
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.http.asking import model_settings

pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:create_react_agent has been moved"),
]
MODELS = pytest.mark.parametrize("model", ["x2", "spark-x2.5"])
CITIES = ["合肥", "北京"]


def respond(asked: SeenChat) -> Reply:
    """Two calls at once, then one more, then the answer."""
    results = sum(message.role == "tool" for message in asked.messages)
    if results == 0:
        calls = tuple(Call("weather", {"city": city}) for city in CITIES)
        return Reply("我查一下。", reasoning="先查天气", calls=calls)
    if results == len(CITIES):
        return Reply(reasoning="还差上海", calls=(Call("weather", {"city": "上海"}),))
    return Reply("都晴。", reasoning="够了")


@pytest.fixture
def spark() -> Iterator[Emulator]:
    with running_emulator(respond=respond) as running:
        yield running


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}晴"


def check_wire(spark: Emulator, model: str) -> None:
    """Every turn of tools is one on the wire, and answers a call before it."""
    bodies = [request.body for request in spark.requests]
    turns = bodies[-1]["messages"]
    assert len(bodies) == 3
    roles = [turn["role"] for turn in turns if turn["role"] != "system"]
    assert roles == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    calls = [call for turn in turns for call in turn.get("tool_calls", ())]
    results = [turn for turn in turns if turn["role"] == "tool"]
    assert [result["tool_call_id"] for result in results] == [call["id"] for call in calls]
    assert len({call["id"] for call in calls}) == 3
    cities = [json.loads(call["function"]["arguments"])["city"] for call in calls]
    assert cities == [*CITIES, "上海"]
    assert [result["content"] for result in results] == [f"{city}晴" for city in cities]
    thought = [turn.get("reasoning_content") for turn in turns if turn["role"] == "assistant"]
    kept = ["先查天气", "还差上海"] if model == "spark-x2.5" else [None, None]
    assert thought == kept


QUESTION: Any = {"messages": [HumanMessage("天气？")]}


async def alast(states: Any) -> Any:
    return [state async for state in states][-1]


async def of_events(agent: Any) -> Any:
    event = await alast(agent.astream_events(QUESTION, version="v2"))
    return event["data"]["output"]


WAYS: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda agent: agent.invoke(QUESTION),
    "stream": lambda agent: list(agent.stream(QUESTION, stream_mode="values"))[-1],
    "messages": lambda agent: list(agent.stream(QUESTION, stream_mode=["messages", "values"]))[-1][
        1
    ],
    "ainvoke": lambda agent: asyncio.run(agent.ainvoke(QUESTION)),
    "astream": lambda agent: asyncio.run(alast(agent.astream(QUESTION, stream_mode="values"))),
    "events": lambda agent: asyncio.run(of_events(agent)),
}


def said(message: AnyMessage) -> tuple[Any, ...]:
    """What a message says, but for the ids that each answer has of its own."""
    if isinstance(message, AIMessage):
        calls = [(call["name"], call["args"]) for call in message.tool_calls]
        metadata = message.response_metadata
        thought = message.additional_kwargs.get("reasoning_content")
        return "ai", message.text, thought, calls, metadata["finish_reason"], metadata["wire"]
    return message.type, message.text


CALLS = [("weather", {"city": city}) for city in CITIES]
EXPECTED = [
    ("human", "天气？"),
    ("ai", "我查一下。", "先查天气", CALLS, "tool_calls", "http"),
    ("tool", "合肥晴"),
    ("tool", "北京晴"),
    ("ai", "", "还差上海", [("weather", {"city": "上海"})], "tool_calls", "http"),
    ("tool", "上海晴"),
    ("ai", "都晴。", "够了", [], "stop", "http"),
]


@MODELS
@pytest.mark.parametrize("make", [create_agent, create_react_agent])
@pytest.mark.parametrize("way", WAYS)
def test_an_agent_of_langchain(
    spark: Emulator, model: str, make: Callable[..., Any], way: str
) -> None:
    agent = make(ChatSpark(model=model, **model_settings(spark)), [weather])
    messages = WAYS[way](agent)["messages"]
    assert list(map(said, messages)) == EXPECTED
    ids = [call["id"] for message in messages for call in getattr(message, "tool_calls", ())]
    assert [m.tool_call_id for m in messages if isinstance(m, ToolMessage)] == ids
    check_wire(spark, model)


def own_tool() -> FunctionTool:
    return FunctionTool.from_defaults(lambda city: f"{city}晴", name="weather", description="天气")


@MODELS
@pytest.mark.parametrize("workflow", [False, True], ids=["FunctionAgent", "AgentWorkflow"])
def test_an_agent_of_llama_index(spark: Emulator, model: str, workflow: bool) -> None:
    async def ask() -> tuple[str, list[Any]]:
        llm = SparkLLM(model=model, **model_settings(spark))
        agent = FunctionAgent(name="a", description="d", tools=[own_tool()], llm=llm)
        running = (AgentWorkflow(agents=[agent]) if workflow else agent).run("天气？")
        events = [event async for event in running.stream_events()]
        return str(await running), events

    answer, events = asyncio.run(ask())
    assert answer == "都晴。"
    ran = [event.tool_kwargs for event in events if isinstance(event, ToolCallResult)]
    assert sorted(each["city"] for each in ran) == sorted([*CITIES, "上海"])
    check_wire(spark, model)
