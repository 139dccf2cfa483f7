"""Tools: LlamaIndex's rules of tool_choice, calls in both places, the agents' way to read them."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    MessageRole,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.tools import FunctionTool

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.requests.tool_text import read_tool_text
from llama_index_spark import SparkLLM
from tests._support.frames import answer, function_call
from tests._support.llama_index import WAYS, raw_of
from tests.llama_index_spark.conftest import MakeLLM, contents, weather

QUESTION = "合肥的天气怎么样？"
Tools = list[FunctionTool]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "auto"),
        ({"tool_required": True}, "required"),
        ({"tool_choice": "auto", "tool_required": True}, "auto"),
        ({"tool_choice": "none", "tool_required": True}, "none"),
        ({"tool_choice": "weather"}, {"type": "function", "function": {"name": "weather"}}),
    ],
)
def test_tool_choices(llm: SparkLLM, tools: Tools, options: dict[str, Any], expected: Any) -> None:
    prepared = llm._prepare_chat_with_tools(tools, user_msg=QUESTION, **options)
    assert prepared["tool_choice"] == expected
    assert [tool["function"]["name"] for tool in prepared["tools"]] == [
        "weather", "add", "broken_stock",
    ]  # fmt: skip
    assert prepared["parallel_tool_calls"] is False


def test_without_tools_there_is_no_choice(llm: SparkLLM) -> None:
    prepared = llm._prepare_chat_with_tools([], user_msg=QUESTION, tool_required=True)
    assert prepared["tools"] is None
    assert prepared["tool_choice"] is None
    assert "parallel_tool_calls" not in prepared
    assert QUESTION in str(llm.chat(**prepared).message.content)


def test_the_callers_history_stays_as_it_was(llm: SparkLLM, tools: Tools) -> None:
    history = [ChatMessage("你好"), ChatMessage("你好！", role="assistant")]
    before = [message.model_copy(deep=True) for message in history]
    prepared = llm._prepare_chat_with_tools(tools, user_msg=QUESTION, chat_history=history)
    llm.chat(**prepared)
    assert history == before
    assert prepared["messages"] == [*before, ChatMessage(QUESTION)]


async def ask(llm: SparkLLM, tools: Tools, how: str, **options: Any) -> ChatResponse:
    """Ask with tools in one of the four ways, and return the last response."""
    if how == "plain":
        return llm.chat_with_tools(tools, QUESTION, **options)
    if how == "async":
        return await llm.achat_with_tools(tools, QUESTION, **options)
    if how == "stream":
        return [*llm.stream_chat_with_tools(tools, QUESTION, **options)][-1]
    stream = await llm.astream_chat_with_tools(tools, QUESTION, **options)
    return [response async for response in stream][-1]


@WAYS
async def test_a_call_stands_in_both_places(llm: SparkLLM, tools: Tools, how: str) -> None:
    response = await ask(llm, tools, how)
    (block,) = response.message.blocks
    assert isinstance(block, ToolCallBlock)
    assert (block.tool_name, block.tool_kwargs) == ("weather", {"city": "合肥"})
    (call,) = response.message.additional_kwargs["tool_calls"]
    assert call == {
        "id": block.tool_call_id,
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "合肥"}'},
    }
    (selection,) = llm.get_tool_calls_from_response(response)
    assert selection.tool_id == block.tool_call_id
    assert (selection.tool_name, selection.tool_kwargs) == ("weather", {"city": "合肥"})
    assert raw_of(response)["finish_reason"] == "tool_calls"


@WAYS
async def test_a_named_tool_is_forced(llm: SparkLLM, tools: Tools, how: str) -> None:
    response = await ask(llm, tools, how, tool_choice="add")
    assert [call.tool_name for call in llm.get_tool_calls_from_response(response)] == ["add"]


@WAYS
async def test_a_model_that_will_not_call(
    llm: SparkLLM, tools: Tools, spark: Emulator, how: str
) -> None:
    words = faults.Replay(tuple(answer("我", "不", "调用", "")))
    spark.script(words, words)
    with pytest.raises(errors.ToolNotCalledError):
        await ask(llm, tools, how, tool_required=True)
    assert len(spark.requests) == 2


def test_no_tool_is_called_when_none_is_allowed(llm: SparkLLM, tools: Tools) -> None:
    response = llm.chat_with_tools(tools, QUESTION, tool_choice="none")
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    for kind in (ValueError, errors.SparkError):
        with pytest.raises(kind, match="at least one tool call"):
            llm.get_tool_calls_from_response(response)


@pytest.mark.parametrize("arguments", ['{"city": "合', '{"days": [1, 2', "[1]", "}{", "[" * 5000])
def test_a_call_that_cannot_be_read_is_never_run(llm: SparkLLM, arguments: str) -> None:
    block = ToolCallBlock(tool_call_id="c1", tool_name="weather", tool_kwargs=arguments)
    response = ChatResponse(message=ChatMessage(role="assistant", blocks=[block]))
    for kind in (ValueError, errors.InvalidResponseError):
        with pytest.raises(kind, match="'weather' was not run"):
            llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)


def test_arguments_that_are_no_json_stay(llm: SparkLLM, tools: Tools, spark: Emulator) -> None:
    spark.script(faults.Replay((function_call("weather", '{"city": "合'),)))
    response = llm.chat_with_tools(tools, QUESTION)
    (block,) = response.message.blocks
    assert isinstance(block, ToolCallBlock)
    assert block.tool_kwargs == '{"city": "合'


@pytest.mark.parametrize(("parallel", "left"), [(False, 1), (True, 2)])
def test_one_call_is_kept_unless_more_are_allowed(
    llm: SparkLLM, tools: Tools, parallel: bool, left: int
) -> None:
    blocks = [ToolCallBlock(tool_call_id=name, tool_name="add") for name in ("c1", "c2")]
    extra = {"tool_calls": [{"id": "c1"}, {"id": "c2"}]}
    message = ChatMessage(
        role="assistant", blocks=[TextBlock(text="好"), *blocks], additional_kwargs=extra
    )
    response = ChatResponse(message=message)
    llm._validate_chat_with_tools_response(response, tools, allow_parallel_tool_calls=parallel)
    assert response.message.blocks == [TextBlock(text="好"), *blocks[:left]]
    assert len(response.message.additional_kwargs["tool_calls"]) == left


def test_a_chinese_tool_keeps_its_name(llm: SparkLLM, spark: Emulator) -> None:
    tool = FunctionTool.from_defaults(weather, name="查天气")
    answered = llm.predict_and_call([tool], QUESTION)
    assert str(answered) == "合肥：晴，26 度"
    offered = spark.requests[-1].body["payload"]["functions"]["text"]
    assert [function["name"] for function in offered] == ["查天气"]


OPENAI_CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


@pytest.mark.parametrize(
    "call",
    [
        ChatMessage(
            role="assistant",
            blocks=[ToolCallBlock(tool_call_id="c1", tool_name="weather", tool_kwargs={})],
        ),
        ChatMessage(role="assistant", content="", additional_kwargs={"tool_calls": [OPENAI_CALL]}),
    ],
    ids=["blocks", "openai"],
)
def test_a_conversation_with_tools_goes_back(
    llm: SparkLLM, spark: Emulator, call: ChatMessage
) -> None:
    result = ChatMessage(role="tool", content="晴", additional_kwargs={"tool_call_id": "c1"})
    response = llm.chat([ChatMessage(QUESTION), call, result])
    assert "晴" in str(response.message.content)
    sent = [item for _, text in contents(spark.requests[-1]) for item in read_tool_text(text)]
    assert [(item.id, item.name) for item in sent] == [("c1", "weather")] * 2


def test_a_result_without_a_call_is_taken(llm: SparkLLM, spark: Emulator) -> None:
    for extra, name in (({"tool_call_id": "c9", "name": "weather"}, "weather"), ({}, "unknown")):
        result = ChatMessage(role=MessageRole.TOOL, content="晴", additional_kwargs=extra)
        llm.chat([ChatMessage(QUESTION), result])
        _, text = contents(spark.requests[-1])[-1]
        (item,) = read_tool_text(text)
        assert (item.id, item.name) == (extra.get("tool_call_id", ""), name)


@WAYS
async def test_a_model_without_tools_refuses_them(
    make_llm: MakeLLM, tools: Tools, spark: Emulator, how: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=r"cannot call tools.*4\.0Ultra"):
        await ask(make_llm(model="lite"), tools, how)
    assert not spark.requests


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tools": ["weather"]}, "not a function"),
        ({"tools": [{"type": "code_interpreter"}]}, "not a function"),
        ({"tool_choice": {"type": "allowed_tools"}}, "names no function"),
        ({"tool_choice": 3}, "tool_choice is 3"),
        ({"tool_choice": "add"}, "no tool"),
        ({"temprature": 1}, "did you mean temperature"),
    ],
)
def test_wrong_options_are_refused(
    llm: SparkLLM, spark: Emulator, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        llm.chat([ChatMessage(QUESTION)], **options)
    assert not spark.requests
