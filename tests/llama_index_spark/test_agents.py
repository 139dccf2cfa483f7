"""Agents: FunctionAgent, AgentWorkflow and ReActAgent, with two tools and one that fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from llama_index.core.agent.workflow import (
    AgentOutput,
    AgentStream,
    AgentWorkflow,
    FunctionAgent,
    ReActAgent,
    ToolCallResult,
)
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.tools import FunctionTool

from iflytek_spark import InvalidResponseError, errors
from iflytek_spark.emulator import Call, Emulator, Reply, faults, running_emulator
from llama_index_spark import SparkLLM
from tests._support.service import settings_of
from tests.llama_index_spark.conftest import MakeLLM, contents
from tests.llama_index_spark.scripted_replies import react_in, react_to_weather, step

Tools = list[FunctionTool]
pytestmark = [
    # LlamaIndex's workflows read every attribute of an agent, also pydantic's old ones.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]


def memory() -> ChatMemoryBuffer:
    """One of its own, since the default one opens a database."""
    return ChatMemoryBuffer.from_defaults()


async def run(agent: Any, question: str) -> tuple[str, list[Any]]:
    """Run an agent, and return its answer and all its events."""
    handler = agent.run(question, memory=memory())
    events = [event async for event in handler.stream_events()]
    return str(await handler), events


def results(events: Sequence[Any]) -> list[tuple[str, bool]]:
    """What each tool returned, and whether it failed."""
    found = [event for event in events if isinstance(event, ToolCallResult)]
    return [(str(event.tool_output), event.tool_output.is_error) for event in found]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("question", "result", "failed"),
    [
        ("合肥的天气怎么样？", "合肥：晴，26 度", False),
        ("What is the sum of the numbers 17 and 25?", "42", False),
        ("查询股票 600519 的价格", "no connection to the exchange", True),
    ],
)
async def test_a_function_agent(
    llm: SparkLLM, tools: Tools, streaming: bool, question: str, result: str, failed: bool
) -> None:
    agent = FunctionAgent(tools=[*tools], llm=llm, streaming=streaming)
    told, events = await run(agent, question)
    ((returned, is_error),) = results(events)
    assert result in returned
    assert is_error is failed
    assert result in told


async def test_the_events_of_a_function_agent(llm: SparkLLM, tools: Tools) -> None:
    told, events = await run(FunctionAgent(tools=[*tools], llm=llm), "合肥的天气怎么样？")
    streamed = [event for event in events if isinstance(event, AgentStream)]
    assert "".join(event.delta for event in streamed) == told
    assert streamed[-1].response == told
    called = [event.tool_calls for event in streamed if event.tool_calls]
    assert {call.tool_name for calls in called for call in calls} == {"weather"}
    assert [event for event in events if isinstance(event, AgentOutput)]


async def test_a_function_agent_that_thinks(
    make_llm: MakeLLM, tools: Tools, spark: Emulator
) -> None:
    """Where a model has no tools over any wire the agent says so, and nothing is sent."""
    with pytest.raises(ValueError, match="FunctionCallingLLM"):
        await run(FunctionAgent(tools=[*tools], llm=make_llm(model="kjwx")), "合肥的天气怎么样？")
    assert not spark.requests


async def test_a_forced_first_tool(llm: SparkLLM, tools: Tools, spark: Emulator) -> None:
    agent = FunctionAgent(tools=[*tools], llm=llm, initial_tool_choice="add")
    told, events = await run(agent, "我有 17 个苹果和 25 个梨")
    assert results(events)[0] == ("42", False)
    assert "42" in told
    assert "务必调用函数" in contents(spark.requests[0])[-1][1]


async def test_a_return_direct_tool(llm: SparkLLM) -> None:
    def weather(city: str) -> str:
        """查询城市的天气。"""
        return f"{city}：雨"

    tool = FunctionTool.from_defaults(weather, return_direct=True)
    agent = FunctionAgent(tools=[tool], llm=llm)
    chat_memory = memory()
    assert str(await agent.run("合肥的天气怎么样？", memory=chat_memory)) == "合肥：雨"
    assert "北京" in str(await agent.run("北京的天气怎么样？", memory=chat_memory))


async def test_an_agent_workflow(llm: SparkLLM, tools: Tools) -> None:
    workflow = AgentWorkflow.from_tools_or_functions([*tools], llm=llm)
    told, events = await run(workflow, "合肥的天气怎么样？")
    assert results(events) == [("合肥：晴，26 度", False)]
    assert "26 度" in told
    streamed = [event for event in events if isinstance(event, AgentStream)]
    assert "".join(event.delta for event in streamed) == told


async def test_an_agent_hands_over(llm: SparkLLM, tools: Tools, spark: Emulator) -> None:
    weather, add, _ = tools
    asker = FunctionAgent(
        name="asker", description="Takes questions.", tools=[], llm=llm, can_handoff_to=["teller"]
    )
    teller = FunctionAgent(name="teller", description="查询天气。", tools=[weather, add], llm=llm)
    workflow = AgentWorkflow(agents=[asker, teller], root_agent="asker")
    told, events = await run(
        workflow, "必须调用 handoff 工具。to_agent：teller。合肥的天气怎么样？"
    )
    assert "teller" in {event.current_agent_name for event in events if hasattr(event, "delta")}
    assert told


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("model", ["lite", "4.0Ultra"])
async def test_a_react_agent(
    make_llm: MakeLLM, tools: Tools, spark: Emulator, model: str, streaming: bool
) -> None:
    """Two tools that work and one that fails; none of them is sent as a function."""
    spark.respond = react_in(
        step("weather", city="合肥"), step("add", a=17, b=25), step("broken_stock", symbol="600519")
    )
    agent = ReActAgent(tools=[*tools], llm=make_llm(model=model), streaming=streaming)
    question = (
        "合肥的天气怎么样？What is the sum of the numbers 17 and 25? 600519 的股票价格是多少？"
    )
    told, events = await run(agent, question)
    returned = results(events)
    assert sorted(failed for _, failed in returned) == [False, False, True]
    assert {result for result, failed in returned if not failed} == {"合肥：晴，26 度", "42"}
    for part in ("合肥：晴，26 度", "42", "no connection to the exchange for 600519"):
        assert part in told
    assert len(spark.requests) == 4
    assert not any("functions" in request.body["payload"] for request in spark.requests)


async def test_a_react_agent_remembers_its_conversation(
    make_llm: MakeLLM, tools: Tools, spark: Emulator
) -> None:
    spark.respond = react_to_weather
    agent = ReActAgent(tools=[*tools], llm=make_llm(model="lite"))
    chat_memory = memory()
    assert "合肥：晴" in str(await agent.run("合肥的天气怎么样？", memory=chat_memory))
    assert "北京：晴" in str(await agent.run("北京的天气怎么样？", memory=chat_memory))
    assert "你好！" in str(await agent.run("你好", memory=chat_memory))
    assert "合肥的天气怎么样？" in contents(spark.requests[-1])[0][1]


async def test_a_react_agent_mends_a_step_that_cannot_be_read(
    make_llm: MakeLLM, tools: Tools, spark: Emulator
) -> None:
    broken = "Thought: 需要工具。\nAction: weather\nAction Input: 合肥"
    steps = iter([broken, step("weather", city="合肥")])
    spark.respond = lambda request: next(steps, None) or react_to_weather(request)
    told, events = await run(
        ReActAgent(tools=[*tools], llm=make_llm(model="lite")), "合肥的天气怎么样？"
    )
    assert results(events) == [("合肥：晴，26 度", False)]
    assert "26 度" in told


async def test_an_agent_meets_an_error(llm: SparkLLM, tools: Tools, spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(11200))
    with pytest.raises(errors.PermissionDeniedError, match="11200"):
        await run(FunctionAgent(tools=[*tools], llm=llm), "合肥的天气怎么样？")


@pytest.mark.parametrize("streaming", [True, False])
async def test_a_cut_off_call_is_not_run(streaming: bool) -> None:
    ran: list[str] = []

    def delete(path: str = "") -> str:
        """Delete a file."""
        ran.append(path)
        return "deleted"

    reply = Reply(calls=(Call("delete", '{"path": "/data/2024'),))
    with running_emulator(respond=lambda _: reply) as spark:
        llm = SparkLLM(**settings_of(spark))
        agent = FunctionAgent(tools=[delete], llm=llm, streaming=streaming)
        with pytest.raises(InvalidResponseError, match="'delete' was not run"):
            await agent.run("删")
    assert ran == []
