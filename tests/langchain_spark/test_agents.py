"""Agents solve tasks with two tools, a failing tool and no tool, in every way they can be run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pydantic
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelRetryMiddleware
from langchain.agents.structured_output import ProviderStrategy, ToolStrategy
from langchain_core.messages import AIMessage, AIMessageChunk, ToolMessage
from langchain_core.tools import ToolException, tool
from langgraph.prebuilt import ToolNode, create_react_agent

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import PermissionDeniedError, ToolNotCalledError
from iflytek_spark.requests.tool_text import ToolResult, read_tool_text
from langchain_spark import ChatSpark
from tests._support.frames import answer, function_call
from tests.langchain_spark.asking import Make, functions, replay, turns

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent has been moved")


@tool
def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}：晴，25 度"


@tool
def get_population(city: str) -> str:
    """Get the population of a city."""
    return f"{city}：946 万人"


def _told(error: ToolException) -> str:
    return f"failed: {error}"


@tool
def get_stock(code: str) -> str:
    """Get the price of a stock."""
    raise ToolException(f"no stock {code}")


get_stock.handle_tool_error = _told
TOOLS = [get_weather, get_population, get_stock]
BUILDERS: dict[str, Callable[[ChatSpark], Any]] = {
    "create_agent": lambda llm: create_agent(llm, TOOLS),
    "with middleware": lambda llm: create_agent(
        llm, TOOLS, middleware=[ModelRetryMiddleware(max_retries=2, initial_delay=0)]
    ),
    "create_react_agent": lambda llm: create_react_agent(llm, ToolNode(TOOLS)),
}
built = pytest.mark.parametrize("builder", BUILDERS)
WAYS = pytest.mark.parametrize(
    "how",
    ["invoke", "ainvoke", "messages", "amessages", "updates", "aupdates", "values", "avalues"],
)


def call(name: str, **arguments: str) -> list[str]:
    return [function_call(name, json.dumps(arguments, ensure_ascii=False))]


async def run(agent: Any, question: str, how: str) -> list[Any]:
    """Run an agent, and return its messages after the question."""
    given = {"messages": [("user", question)]}
    if how == "invoke":
        return list((await asyncio.to_thread(agent.invoke, given))["messages"][1:])
    if how == "ainvoke":
        return list((await agent.ainvoke(given))["messages"][1:])
    mode = how.removeprefix("a")
    if how == mode:
        parts = await asyncio.to_thread(lambda: list(agent.stream(given, stream_mode=mode)))
    else:
        parts = [part async for part in agent.astream(given, stream_mode=mode)]
    if mode == "values":
        return list(parts[-1]["messages"][1:])
    if mode == "updates":
        return [m for part in parts for update in part.values() for m in update["messages"]]
    return _joined([message for message, _ in parts])


def _joined(pieces: list[Any]) -> list[Any]:
    """Add up the chunks of each message."""
    messages: list[Any] = []
    for piece in pieces:
        before = messages[-1] if messages else None
        if isinstance(before, AIMessageChunk) and before.id == piece.id:
            messages[-1] = before + piece
        else:
            messages.append(piece)
    return messages


@built
@WAYS
async def test_a_task_with_two_tools(chat: Make, spark: Emulator, builder: str, how: str) -> None:
    replay(
        spark,
        call("get_weather", city="合肥"),
        call("get_population", city="合肥"),
        answer("合肥今天晴，", "有 946 万人。"),
    )
    messages = await run(BUILDERS[builder](chat()), "合肥的天气和人口", how)
    one, weather, two, population, last = messages
    assert one.tool_calls[0]["args"] == {"city": "合肥"}
    assert weather.content == "合肥：晴，25 度"
    assert two.tool_calls[0]["name"] == "get_population"
    assert population.content == "合肥：946 万人"
    assert last.text == "合肥今天晴，有 946 万人。"
    told = [item for _, text in turns(spark) for item in read_tool_text(text)]
    results = [item.content for item in told if isinstance(item, ToolResult)]
    assert results == ["合肥：晴，25 度", "合肥：946 万人"]
    assert len(functions(spark)) == 3


@built
@WAYS
async def test_a_tool_that_fails(chat: Make, spark: Emulator, builder: str, how: str) -> None:
    replay(spark, call("get_stock", code="000001"), answer("查不到", "这支股票。"))
    messages = await run(BUILDERS[builder](chat()), "000001 的股价", how)
    asked, failed, last = messages
    assert asked.tool_calls[0]["name"] == "get_stock"
    assert failed.status == "error"
    assert last.text == "查不到这支股票。"
    (result,) = read_tool_text(turns(spark)[-1][1])
    assert result == ToolResult(
        asked.tool_calls[0]["id"], "get_stock", "failed: no stock 000001", "error"
    )


@built
@WAYS
async def test_a_task_without_a_tool(chat: Make, spark: Emulator, builder: str, how: str) -> None:
    (message,) = await run(BUILDERS[builder](chat()), "嗨", how)
    assert isinstance(message, AIMessage)
    assert message.tool_calls == []
    assert "嗨" in message.text
    assert len(functions(spark)) == 3


@built
@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_arguments_that_are_no_json_are_told_to_the_model(
    chat: Make, spark: Emulator, builder: str, how: str
) -> None:
    """LangChain's agents end there; the message says what was wrong with the call."""
    replay(spark, [function_call("get_weather", "合肥")])
    (*_, last) = await run(BUILDERS[builder](chat()), "合肥天气", how)
    calls = getattr(last, "invalid_tool_calls", [])
    assert isinstance(last, ToolMessage) or calls[0]["name"] == "get_weather"


def test_the_emulator_alone_leads_an_agent_to_an_answer(chat: Make) -> None:
    agent: Any = create_agent(chat(), [get_weather])
    messages = agent.invoke({"messages": [("user", "What is the weather in Hefei?")]})["messages"]
    assert [message.type for message in messages] == ["human", "ai", "tool", "ai"]
    assert "Hefei：晴，25 度" in messages[-1].text


class City(pydantic.BaseModel):
    """What is known of a city."""

    name: str
    people: int


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
@pytest.mark.parametrize("response_format", [City, ToolStrategy(City)])
async def test_a_structured_answer_by_a_tool(
    chat: Make, spark: Emulator, how: str, response_format: Any
) -> None:
    replay(
        spark,
        call("get_population", city="合肥"),
        [function_call("City", '{"name": "合肥", "people": 9460000}')],
    )
    agent: Any = create_agent(chat(), TOOLS, response_format=response_format)
    given = {"messages": [("user", "合肥有多少人")]}
    state = agent.invoke(given) if how == "invoke" else await agent.ainvoke(given)
    assert state["structured_response"] == City(name="合肥", people=9460000)
    assert [function["name"] for function in functions(spark)][-1] == "City"


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_a_structured_answer_by_the_provider(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, call("get_population", city="合肥"), answer('{"name": "合肥"', ', "people": 9}'))
    agent: Any = create_agent(chat(), TOOLS, response_format=ProviderStrategy(City))
    given = {"messages": [("user", "合肥有多少人")]}
    state = agent.invoke(given) if how == "invoke" else await agent.ainvoke(given)
    assert state["structured_response"] == City(name="合肥", people=9)
    assert '"people"' in turns(spark)[-1][1]
    assert len(functions(spark)) == 3


def test_an_agent_never_loops_when_the_model_does_not_call(chat: Make, spark: Emulator) -> None:
    replay(spark, *[answer("合肥有", "很多人")] * 9)
    agent: Any = create_agent(chat(), [], response_format=ToolStrategy(City))
    with pytest.raises(ToolNotCalledError):
        agent.invoke({"messages": [("user", "合肥有多少人")]})
    assert len(spark.requests) == 2


@pytest.mark.parametrize("how", ["invoke", "ainvoke"])
async def test_the_middleware_tries_again_what_may_pass(
    chat: Make, spark: Emulator, how: str
) -> None:
    spark.script(faults.ErrorFrame(10110), faults.ErrorFrame(11202))
    (message,) = await run(BUILDERS["with middleware"](chat(max_retries=0)), "嗨", how)
    assert "嗨" in message.text
    assert len(spark.requests) == 3


def test_the_middleware_does_not_try_again_what_will_not_pass(chat: Make, spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11200))
    retrying = ModelRetryMiddleware(max_retries=2, initial_delay=0, on_failure="error")
    agent: Any = create_agent(chat(max_retries=0), TOOLS, middleware=[retrying])
    with pytest.raises(PermissionDeniedError):
        agent.invoke({"messages": [("user", "嗨")]})
    assert len(spark.requests) == 1
