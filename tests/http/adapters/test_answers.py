"""Both adapters say the same over every wire: answers, two calls in one, agents, metadata."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

from iflytek_spark.emulator import Call, Emulator, Reply, SeenChat, running_emulator
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.http.asking import model_settings

pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]
WIRES = pytest.mark.parametrize(
    ("model", "wire"),
    [("4.0Ultra", "websocket"), ("4.0Ultra", "http"), ("x2", "http"), ("spark-x2.5", "auto")],
)
WITH_TOOLS = pytest.mark.parametrize("model", ["x2", "spark-x2.5", "xopqwen36v35b"])
CITIES = ["合肥", "北京"]
seen: list[SeenChat] = []


def respond(asked: SeenChat) -> Any:
    seen.append(asked)
    if asked.tools and asked.messages[-1].role == "user":
        return [Call("weather", {"city": city}) for city in CITIES]
    return Reply("都晴。", reasoning="想一想")


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}晴"


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator(respond=respond) as running:
        yield running


@pytest.fixture
def settings(spark: Emulator) -> dict[str, Any]:
    seen.clear()
    return model_settings(spark)


@WIRES
def test_langchain(settings: dict[str, Any], model: str, wire: Any) -> None:
    chat = ChatSpark(model=model, wire=wire, **settings)

    async def astream() -> Any:
        return await _added(chat.astream("天气？"))

    chunks = list(chat.stream("天气？"))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    answers = [
        chat.invoke("天气？"), whole, asyncio.run(chat.ainvoke("天气？")), asyncio.run(astream()),
    ]  # fmt: skip
    over = "websocket" if wire == "websocket" else "http"
    for answer in answers:
        assert answer.text == "都晴。"
        assert answer.additional_kwargs["reasoning_content"] == "想一想"
        assert answer.response_metadata["finish_reason"] == "stop"
        assert answer.response_metadata["wire"] == over
        assert answer.usage_metadata == answers[0].usage_metadata


async def _added(chunks: Any) -> Any:
    whole = None
    async for chunk in chunks:
        whole = chunk if whole is None else whole + chunk
    return whole


@WIRES
def test_llama_index(settings: dict[str, Any], model: str, wire: Any) -> None:
    llm = SparkLLM(model=model, wire=wire, **settings)
    question = [ChatMessage("天气？")]
    answers = [
        llm.chat(question),
        list(llm.stream_chat(question))[-1],
        asyncio.run(llm.achat(question)),
    ]
    over = "websocket" if wire == "websocket" else "http"
    assert {answer.message.content for answer in answers} == {"都晴。"}
    assert {answer.raw["wire"] for answer in answers if answer.raw} == {over}


@WITH_TOOLS
def test_two_calls_in_one_answer(settings: dict[str, Any], model: str) -> None:
    bound = ChatSpark(model=model, **settings).bind_tools([weather])
    whole = asyncio.run(_added(bound.astream("天气？")))
    for answer in (bound.invoke("天气？"), whole):
        assert isinstance(answer, AIMessage)
        assert [call["args"]["city"] for call in answer.tool_calls] == CITIES
        assert len({call["id"] for call in answer.tool_calls}) == len(CITIES)
        assert answer.invalid_tool_calls == []


@WITH_TOOLS
def test_an_agent_of_langchain(settings: dict[str, Any], model: str) -> None:
    agent: Any = create_agent(ChatSpark(model=model, **settings), [weather])
    found = agent.invoke({"messages": [HumanMessage("天气？")]})["messages"]
    results = [message for message in found if isinstance(message, ToolMessage)]
    assert [result.text for result in results] == ["合肥晴", "北京晴"]
    assert found[-1].text == "都晴。"
    _, assistant, *tools = seen[-1].messages
    assert [message.role for message in tools] == ["tool", "tool"]
    assert [message.tool_call_id for message in tools] == [c.id for c in assistant.tool_calls]


@WITH_TOOLS
def test_an_agent_of_llama_index(settings: dict[str, Any], model: str) -> None:
    llm = SparkLLM(model=model, **settings)
    assert llm.metadata.is_function_calling_model

    def told(city: str) -> str:
        return f"{city}晴"

    async def ask() -> str:
        own = FunctionTool.from_defaults(told, name="weather", description="天气")
        return str(await FunctionAgent(tools=[own], llm=llm).run("天气？"))

    assert asyncio.run(ask()) == "都晴。"
    assert [message.role for message in seen[-1].messages][-2:] == ["tool", "tool"]
