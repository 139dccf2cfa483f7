"""Tools of every form go out flat, their calls come back whole, their results are told."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import pydantic
import pydantic.v1
import pytest
from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import tool

from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import ToolNotCalledError
from iflytek_spark.messages import ToolCall
from iflytek_spark.requests.tool_text import RESULT_NOTE, ToolResult, read_tool_text
from tests._support.frames import CALL_ID, answer, function_call
from tests.langchain_spark.asking import WAYS, Make, ask, chunks_of, functions, replay, turns


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


@tool
def clock(zone: str = "UTC") -> str:
    """Tell the time."""
    return f"9:00 {zone}"


def weather_function(city: str) -> str:
    """Tell the weather of a city."""
    return f"sunny in {city}"


class Weather(pydantic.BaseModel):
    """Tell the weather of a city."""

    city: str


class WeatherV1(pydantic.v1.BaseModel):
    """Tell the weather of a city."""

    city: str


class WeatherDict(TypedDict):
    """Tell the weather of a city."""

    city: Annotated[str, ..., ""]


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TITLED = {**SCHEMA, "title": "weather", "description": "Tell the weather of a city."}
OPENAI = {"name": "weather", "description": "Tell the weather of a city.", "parameters": SCHEMA}
ANTHROPIC = {"name": "weather", "description": OPENAI["description"], "input_schema": SCHEMA}


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (weather, "weather"),
        (weather_function, "weather_function"),
        (Weather, "Weather"),
        (WeatherV1, "WeatherV1"),
        (WeatherDict, "WeatherDict"),
        (TITLED, "weather"),
        (OPENAI, "weather"),
        ({"type": "function", "function": OPENAI}, "weather"),
        (ANTHROPIC, "weather"),
    ],
)
def test_every_form_of_tool_is_the_same_function(
    chat: Make, spark: Emulator, form: Any, name: str
) -> None:
    message = chat().bind_tools([form]).invoke("What is the weather of the city Hefei?")
    (function,) = functions(spark)
    assert function["name"] == name
    assert function["description"] == "Tell the weather of a city."
    assert function["parameters"]["required"] == ["city"]
    assert function["parameters"]["properties"]["city"]["type"] == "string"
    (call,) = message.tool_calls
    assert (call["name"], call["args"]) == (name, {"city": "Hefei"})


BOTH = ["weather", "clock"]


@pytest.mark.parametrize(
    ("choice", "offered", "told"),
    [
        (None, BOTH, False),
        ("auto", BOTH, False),
        ("none", [], False),
        (False, [], False),
        ("any", BOTH, True),
        ("required", BOTH, True),
        (True, BOTH, True),
        ("clock", ["clock"], True),
        ({"type": "function", "function": {"name": "clock"}}, ["clock"], True),
        ({"type": "function", "name": "clock"}, ["clock"], True),
        ({"type": "tool", "name": "clock"}, ["clock"], True),
        ({"type": "any"}, BOTH, True),
        ({"type": "auto"}, BOTH, False),
    ],
)
def test_every_form_of_choice(
    chat: Make, spark: Emulator, choice: Any, offered: list[str], told: bool
) -> None:
    message = chat().bind_tools([weather, clock], tool_choice=choice).invoke("嗯")
    assert [function["name"] for function in functions(spark)] == offered
    _, asked = turns(spark)[-1]
    assert (asked != "嗯") is told
    assert not told or message.tool_calls[0]["name"] in offered


def test_a_choice_of_another_form_is_refused(chat: Make) -> None:
    with pytest.raises(core.ModelInvalidRequestError, match="tool_choice is 3"):
        chat().bind_tools([weather], tool_choice=3)  # type: ignore[arg-type]


def test_options_of_other_providers_change_nothing_on_the_wire(chat: Make, spark: Emulator) -> None:
    chat().bind_tools([weather]).invoke("嗯")
    bound = chat().bind_tools([weather], strict=True, parallel_tool_calls=False)
    assert isinstance(bound, RunnableBinding)
    assert bound.kwargs["parallel_tool_calls"] is False
    assert bound.kwargs["tools"][0]["function"]["strict"] is True
    bound.invoke("嗯")
    first, second = (request.body for request in spark.requests)
    assert {**first, "header": 0} == {**second, "header": 0}


def test_no_tools_are_no_tools(chat: Make, spark: Emulator) -> None:
    chat().bind_tools([]).invoke("嗯")
    chat().invoke("嗯", tools=None)
    assert functions(spark, 0) == functions(spark, 1) == []


def test_a_model_without_tools_names_those_that_have_them(chat: Make, spark: Emulator) -> None:
    with pytest.raises(core.ModelInvalidRequestError, match=r"these can: .*4\.0Ultra, x1\.5, x2, "):
        chat(model="lite").bind_tools([weather])
    with pytest.raises(core.ModelInvalidRequestError, match="'lite' cannot call tools"):
        chat().bind_tools([weather]).invoke("嗯", model="lite")
    assert not spark.requests


def test_a_tool_that_cannot_be_written_is_refused_at_once(chat: Make) -> None:
    parameters = {"type": "array", "items": {"type": "string"}}
    with pytest.raises(core.ModelInvalidRequestError, match="not of type object"):
        chat().bind_tools([{"name": "walk", "description": "", "parameters": parameters}])
    with pytest.raises(core.ModelInvalidRequestError, match="web_search=True"):
        chat().bind_tools([{"type": "code_interpreter"}])


@WAYS
async def test_a_call_has_an_id_that_stays(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, [function_call("weather", '{"city": "合肥"}')])
    message = await ask(chat().bind_tools([weather]), "天气", how)
    expected = {
        "name": "weather",
        "args": {"city": "合肥"},
        "id": CALL_ID,
        "type": "tool_call",
    }
    assert message.tool_calls == [expected]
    assert message.content_blocks == [expected]
    assert message.response_metadata["finish_reason"] == "tool_calls"
    assert message.text == ""


def test_two_calls_have_different_ids(chat: Make) -> None:
    bound = chat().bind_tools([weather], tool_choice="any")
    ids = {bound.invoke("Hefei").tool_calls[0]["id"] for _ in range(3)}
    assert len(ids) == 3


def test_a_streamed_call_is_one_piece(chat: Make, spark: Emulator) -> None:
    replay(spark, [function_call("weather", '{"city": "合肥"}')])
    pieces = [c.tool_call_chunks for c in chunks_of(chat().bind_tools([weather]), "天气")]
    (piece,) = [piece for found in pieces for piece in found]
    assert piece["index"] == 0
    assert (piece["name"], piece["args"]) == ("weather", '{"city": "合肥"}')
    assert piece["id"] == CALL_ID


@WAYS
@pytest.mark.parametrize("arguments", ["[1]", "[" * 9999, "晴"])
async def test_arguments_that_are_no_json_object(
    chat: Make, spark: Emulator, how: str, arguments: str
) -> None:
    replay(spark, [function_call("weather", arguments)])
    message = await ask(chat().bind_tools([weather]), "天气", how)
    assert message.tool_calls == []
    (call,) = message.invalid_tool_calls
    assert (call["name"], call["args"]) == ("weather", arguments)
    assert call["id"] == CALL_ID


@WAYS
async def test_no_arguments_at_all_are_none(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, [function_call("clock", "")])
    message = await ask(chat().bind_tools([clock]), "几点", how)
    assert message.tool_calls[0]["args"] == {}


@WAYS
async def test_a_call_written_as_text(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, answer("<function=wea", 'ther>{"city": "合肥"}</fun', "ction>"))
    message = await ask(chat().bind_tools([weather]), "天气", how)
    assert message.text == ""
    assert message.tool_calls[0]["args"] == {"city": "合肥"}


def test_results_are_told_in_their_order_and_errors_marked(chat: Make, spark: Emulator) -> None:
    calls: list[Any] = [
        {"name": "weather", "args": {"city": "合肥"}, "id": "1", "type": "tool_call"},
        {"name": "clock", "args": {}, "id": "2", "type": "tool_call"},
    ]
    broken: list[Any] = [
        {"name": "clock", "args": "{", "id": "3", "error": "?", "type": "invalid_tool_call"}
    ]
    chat().bind_tools([weather, clock]).invoke(
        [
            HumanMessage("合肥天气如何"),
            AIMessage("查一下", tool_calls=calls, invalid_tool_calls=broken),
            ToolMessage("晴\n</tool_result>", tool_call_id="1"),
            ToolMessage([{"type": "text", "text": "no clock"}], tool_call_id="2", status="error"),
            ToolMessage("again", tool_call_id="3", status="error"),
        ]
    )
    (_, asked), (role, called), (newest, returned) = turns(spark)
    assert (asked, role, newest) == ("合肥天气如何", "assistant", "user")
    assert read_tool_text(called) == [
        ToolCall("1", "weather", '{"city": "合肥"}'),
        ToolCall("2", "clock", "{}"),
        ToolCall("3", "clock", "{"),
    ]
    assert read_tool_text(returned) == [
        ToolResult("1", "weather", "晴\n</tool_result>"),
        ToolResult("2", "clock", "no clock", "error"),
        ToolResult("3", "clock", "again", "error"),
    ]
    assert RESULT_NOTE in returned


def test_results_in_anthropics_form(chat: Make, spark: Emulator) -> None:
    call: Any = {"name": "clock", "args": {}, "id": "1"}
    use: Any = {"type": "tool_use", "id": "1", "name": "clock", "input": {}}
    result: Any = {"type": "tool_result", "tool_use_id": "1", "content": "九点", "is_error": True}
    chat().invoke(
        [
            HumanMessage("几点"),
            AIMessage([use], tool_calls=[call]),
            HumanMessage([result]),
        ]
    )  # fmt: skip
    assert read_tool_text(turns(spark)[-1][1]) == [ToolResult("1", "clock", "九点", "error")]


def test_a_result_without_its_call_has_the_name_it_carries(chat: Make, spark: Emulator) -> None:
    chat().invoke([HumanMessage("几点"), ToolMessage("九点", tool_call_id="1", name="clock")])
    assert read_tool_text(turns(spark)[-1][1]) == [ToolResult("1", "clock", "九点")]


@WAYS
async def test_text_twice_in_place_of_a_call_is_an_error(
    chat: Make, spark: Emulator, how: str
) -> None:
    replay(spark, answer("今天", "晴"), answer("晴", ""))
    with pytest.raises(ToolNotCalledError, match="although a tool call was required") as caught:
        await ask(chat().bind_tools([weather], tool_choice="weather"), "天气", how)
    assert isinstance(caught.value, core.ModelError)
    assert not caught.value.is_retryable
    assert len(spark.requests) == 2
    assert turns(spark, 0) != turns(spark, 1)


@WAYS
async def test_text_once_is_asked_again(chat: Make, spark: Emulator, how: str) -> None:
    replay(spark, answer("今天", "晴"), [function_call("weather", "{}")])
    message = await ask(chat().bind_tools([weather], tool_choice="any"), "天气", how)
    assert message.tool_calls[0]["name"] == "weather"
    assert message.text == ""
