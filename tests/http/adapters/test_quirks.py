"""Every answer and fault of ``tests/http`` through ChatSpark's four ways and LlamaIndex's two."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import pytest
from langchain_core.messages import AIMessage
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

from iflytek_spark import SparkError
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests.http.asking import KEYS
from tests.http.faults import FAULTS, Fault
from tests.http.maas_answers import MAAS_ANSWERS
from tests.http.quirks import Quirk
from tests.http.raw_server import RawServer, raw_server
from tests.http.spark_open_answers import SPARK_OPEN_ANSWERS

ANSWERS = {**SPARK_OPEN_ANSWERS, **MAAS_ANSWERS}
MODELS = {"A": "x2-flash", "B": "spark-x2.5"}
FIELDS = {"type": "object", "properties": {"city": {"type": "string"}}}
OFFERED = [{"name": name, "description": "", "parameters": FIELDS} for name in ("weather", "time")]


class Said(NamedTuple):
    """What an answer says, whichever way it was asked for."""

    text: str
    reasoning: str
    calls: list[tuple[str, Any]]
    finish: str
    usage: int | None


def of_message(message: Any) -> Said:
    assert isinstance(message, AIMessage)
    assert message.invalid_tool_calls == []
    usage = message.usage_metadata
    return Said(
        message.text,
        message.additional_kwargs.get("reasoning_content", ""),
        [(call["name"], call["args"]) for call in message.tool_calls],
        message.response_metadata["finish_reason"],
        usage["total_tokens"] if usage else None,
    )


def run(awaitable: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await awaitable

    return asyncio.run(wait())


async def added(chunks: Any) -> Any:
    return reduce(add, [chunk async for chunk in chunks])


WAYS: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda model: model.invoke("你好"),
    "stream": lambda model: reduce(add, model.stream("你好")),
    "ainvoke": lambda model: run(model.ainvoke("你好")),
    "astream": lambda model: run(added(model.astream("你好"))),
}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        yield running


def settings(server: RawServer, name: str) -> dict[str, Any]:
    return {
        "app_id": KEYS.app_id,
        "api_key": KEYS.api_key,
        "api_secret": KEYS.api_secret,
        "maas_api_key": KEYS.maas_api_key,
        "base_url": server.url,
        "model": MODELS[name[0]],
        "max_retries": 0,
        "timeout": 20,
    }


def meant(quirk: Quirk) -> Said:
    calls = [(name, json.loads(arguments)) for name, arguments in quirk.calls]
    return Said(quirk.text, quirk.reasoning, calls, quirk.finish, quirk.usage)


@pytest.mark.parametrize(("name", "quirk"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer_in_langchain(server: RawServer, name: str, quirk: Quirk) -> None:
    server.answers = [quirk.response]
    bound = ChatSpark(**settings(server, name)).bind_tools(OFFERED)
    assert {way: of_message(ask(bound)) for way, ask in WAYS.items()} == dict.fromkeys(
        WAYS, meant(quirk)
    )


@pytest.mark.parametrize(("name", "fault"), FAULTS.items(), ids=FAULTS)
def test_a_fault_in_langchain(server: RawServer, name: str, fault: Fault) -> None:
    server.answers = [fault.response]
    bound = ChatSpark(**settings(server, name)).bind_tools(OFFERED)
    for ask in WAYS.values():
        with pytest.raises(fault.kind) as caught:
            ask(bound)
        assert isinstance(caught.value, SparkError)
        assert caught.value.code == fault.code


def weather(city: str = "") -> str:
    """Tell the weather."""
    return city


def time(city: str = "") -> str:
    """Tell the time."""
    return city


TOOLS = [FunctionTool.from_defaults(weather), FunctionTool.from_defaults(time)]
ASKED: dict[str, Any] = {
    "chat_history": [ChatMessage("你好")],
    "allow_parallel_tool_calls": True,
}
LLAMA_WAYS: dict[str, Callable[[Any], Any]] = {
    "chat": lambda llm: llm.chat_with_tools(TOOLS, **ASKED),
    "stream": lambda llm: list(llm.stream_chat_with_tools(TOOLS, **ASKED))[-1],
}


@pytest.mark.parametrize(("name", "quirk"), ANSWERS.items(), ids=ANSWERS)
def test_an_answer_in_llama_index(server: RawServer, name: str, quirk: Quirk) -> None:
    server.answers = [quirk.response]
    llm = SparkLLM(**settings(server, name))
    for ask in LLAMA_WAYS.values():
        answer = ask(llm)
        calls = llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
        assert [(call.tool_name, call.tool_kwargs) for call in calls] == meant(quirk).calls
        assert (answer.message.content or "") == quirk.text
