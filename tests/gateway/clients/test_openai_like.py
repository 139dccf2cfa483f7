"""LlamaIndex's client for OpenAI-like services, unmodified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

from tests.gateway.gateway_helpers import Gateway

QUESTION = "合肥今天的天气怎么样？"


def weather(city: str) -> str:
    """查询一个城市今天的天气。"""
    return f"{city}：晴，26 度"


@pytest.fixture
async def llm(gateway: Gateway) -> AsyncIterator[OpenAILike]:
    """The client, with HTTP clients handed in, because its own are never closed."""
    with httpx.Client() as client:
        async with httpx.AsyncClient() as aclient:
            clients: dict[str, Any] = {"http_client": client, "async_http_client": aclient}
            yield OpenAILike(
                model="4.0Ultra",
                api_base=gateway.url,
                api_key="any",
                is_chat_model=True,
                is_function_calling_model=True,
                context_window=32768,
                max_retries=0,
                **clients,
            )


def test_chat(llm: OpenAILike) -> None:
    answer = llm.chat([ChatMessage("请重复：秋天")])
    assert "秋天" in str(answer.message.content)
    assert answer.raw is not None
    assert answer.raw.usage.total_tokens > 0


async def test_a_stream_is_the_whole_answer(llm: OpenAILike) -> None:
    whole = llm.chat([ChatMessage("你好")]).message.content
    *_, last = llm.stream_chat([ChatMessage("你好")])
    assert last.message.content == whole
    pieces = [piece.delta async for piece in await llm.astream_chat([ChatMessage("你好")])]
    assert "".join(filter(None, pieces)) == whole
    assert len(pieces) > 2


def test_complete(llm: OpenAILike) -> None:
    assert llm.complete("你好").text == llm.chat([ChatMessage("你好")]).message.content


def test_a_function_is_called(llm: OpenAILike) -> None:
    tool = FunctionTool.from_defaults(weather)
    answer = llm.chat_with_tools([tool], user_msg=QUESTION)
    calls = llm.get_tool_calls_from_response(answer)
    assert [(call.tool_name, call.tool_kwargs) for call in calls] == [("weather", {"city": "合肥"})]


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211")
@pytest.mark.filterwarnings("ignore:is_running called from within a step:DeprecationWarning")
async def test_an_agent_answers_from_its_tool(llm: OpenAILike) -> None:
    agent = FunctionAgent(tools=[FunctionTool.from_defaults(weather)], llm=llm)
    assert "26" in str(await agent.run(QUESTION))
