"""A tool may have any name: the service gets one that it takes, and the user has his own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import StructuredTool
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.tools import FunctionTool
from openai import OpenAI

from iflytek_spark import AsyncSparkClient, InvalidRequestError, SparkClient, Tool
from iflytek_spark.emulator import Call, Emulator, SeenChat, running_emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests._support.service import keys_of, lead_to
from tests.gateway.serving import serving
from tests.http.asking import model_settings

pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning"),
]
FORMS = {"x2": r"[A-Za-z0-9_]{1,32}", "spark-x2.5": r"[A-Za-z0-9_-]{1,64}"}
NAMES = ["天气", "mcp.files.read", "read file", "x" * 70, "天气_a", "plain"]
FIELDS = {"type": "object", "properties": {}}
TOOLS = [Tool(name, "", FIELDS) for name in NAMES]
MODELS = pytest.mark.parametrize("model", FORMS)
seen: list[SeenChat] = []


def respond(asked: SeenChat) -> Any:
    """Call each tool that is offered, by the name that it is offered under."""
    seen.append(asked)
    if asked.messages[-1].role == "tool":
        return "好"
    return [Call(tool.name, {}) for tool in asked.tools]


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator(respond=respond) as running:
        yield running


@pytest.fixture(autouse=True)
def forget() -> None:
    seen.clear()


def check_wire(model: str) -> None:
    """The service saw legal names only, each another one."""
    for asked in seen:
        offered = [tool.name for tool in asked.tools]
        called = [call.name for message in asked.messages for call in message.tool_calls]
        assert all(re.fullmatch(FORMS[model], name) for name in offered + called)
        assert len(set(offered)) == len(offered)
        assert set(called) <= set(offered)


@MODELS
def test_the_clients(spark: Emulator, model: str) -> None:
    settings: dict[str, Any] = {"credentials": keys_of(spark), "base_url": spark.base_url}
    client, aclient = SparkClient(**settings), AsyncSparkClient(**settings)
    answers = [
        client.chat("做", model=model, tools=TOOLS),
        asyncio.run(aclient.chat("做", model=model, tools=TOOLS)),
    ]
    assert [[call.name for call in answer.tool_calls] for answer in answers] == [NAMES] * 2
    check_wire(model)


@MODELS
def test_a_choice_by_name(spark: Emulator, model: str) -> None:
    client = SparkClient(keys_of(spark), base_url=spark.base_url)
    answer = client.chat("做", model=model, tools=TOOLS, tool_choice="天气")
    assert [call.name for call in answer.tool_calls] == ["天气"]
    with pytest.raises(InvalidRequestError, match=r"'天', but there is 天气, mcp\.files\.read"):
        client.stream("做", model=model, tools=TOOLS, tool_choice="天")


@MODELS
def test_a_model_that_writes_its_call_as_text_may_use_either_name(model: str) -> None:
    def text(asked: SeenChat) -> str:
        name = asked.tools[0].name if asked.messages[-1].text == "一" else "天气"
        return f'<tool_call>{{"name": "{name}", "arguments": {{}}}}</tool_call>'

    with running_emulator(respond=text) as spark:
        client = SparkClient(keys_of(spark), base_url=spark.base_url, model=model)
        for question in ("一", "二"):
            (call,) = client.chat(question, tools=TOOLS).tool_calls
            assert call.name == "天气"


def added(chunks: Any) -> Any:
    first, *others = chunks
    for chunk in others:
        first += chunk
    return first


async def last_of(events: Any) -> Any:
    return [event async for event in events][-1]["data"]["output"]


WAYS: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda model: model.invoke("做"),
    "stream": lambda model: added(model.stream("做")),
    "ainvoke": lambda model: asyncio.run(model.ainvoke("做")),
    "events": lambda model: asyncio.run(last_of(model.astream_events("做", version="v2"))),
}


def structured(name: str) -> StructuredTool:
    return StructuredTool.from_function(lambda: f"{name}好", name=name, description="d")


@MODELS
@pytest.mark.parametrize("way", WAYS)
def test_langchain(spark: Emulator, model: str, way: str) -> None:
    bound = ChatSpark(model=model, **model_settings(spark)).bind_tools(list(map(structured, NAMES)))
    assert [call["name"] for call in WAYS[way](bound).tool_calls] == NAMES
    check_wire(model)


@MODELS
def test_an_agent_of_langchain(spark: Emulator, model: str) -> None:
    chat = ChatSpark(model=model, **model_settings(spark))
    agent: Any = create_agent(chat, list(map(structured, NAMES)))
    found = agent.invoke({"messages": [HumanMessage("做")]})["messages"]
    assert [message.text for message in found[2:]] == [*(f"{name}好" for name in NAMES), "好"]
    assert len(seen) == 2
    check_wire(model)


@MODELS
def test_an_agent_of_llama_index(spark: Emulator, model: str) -> None:
    ran: list[str] = []

    def own(name: str) -> FunctionTool:
        return FunctionTool.from_defaults(lambda: ran.append(name), name=name, description="d")

    async def ask() -> str:
        llm = SparkLLM(model=model, **model_settings(spark))
        return str(await FunctionAgent(tools=list(map(own, NAMES)), llm=llm).run("做"))

    assert asyncio.run(ask()) == "好"
    assert sorted(ran) == sorted(NAMES)
    check_wire(model)


@MODELS
def test_the_gateway(spark: Emulator, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lead_to(spark, monkeypatch)
    monkeypatch.setenv("SPARK_MAAS_API_KEY", spark.http_keys.maas_key)
    tools: Any = [
        {"type": "function", "function": {"name": tool.name, "parameters": FIELDS}}
        for tool in TOOLS
    ]
    with (
        serving(create_app(load_settings())) as url,
        OpenAI(base_url=f"{url}/v1", api_key="any") as client,
    ):
        ask: Any = {
            "model": model,
            "messages": [{"role": "user", "content": "做"}],
            "tools": tools,
        }
        whole = client.chat.completions.create(**ask).choices[0].message.tool_calls
        assert [call.function.name for call in whole or ()] == NAMES
        streamed = [
            call.function.name
            for chunk in client.chat.completions.create(**ask, stream=True)
            for choice in chunk.choices
            for call in choice.delta.tool_calls or ()
        ]
        assert [name for name in streamed if name] == NAMES
    check_wire(model)
