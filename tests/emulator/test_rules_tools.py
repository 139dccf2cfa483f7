"""When the emulator calls a tool by itself, and with which arguments."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import ask

_Tool = tuple[str, str, dict[str, Any]]


def _functions(*tools: _Tool) -> dict[str, Any]:
    return {
        "text": [
            {
                "name": name,
                "description": description,
                "parameters": {
                    "type": "object",
                    "properties": properties,
                    "required": list(properties),
                },
            }
            for name, description, properties in tools
        ]
    }


_WEATHER: _Tool = (
    "get_weather",
    "查询一个城市的天气 (the weather of a city)",
    {"city": {"type": "string"}},
)
_ADD: _Tool = ("add", "Adds two numbers", {"a": {"type": "integer"}, "b": {"type": "integer"}})
_CLOCK: _Tool = ("clock", "Tells what time it is", {})


@pytest.mark.parametrize(
    ("question", "call"),
    [
        (
            "What is the weather in San Francisco, CA?",
            ("get_weather", {"city": "San Francisco, CA"}),
        ),
        ("请问北京今天的天气怎么样？", ("get_weather", {"city": "北京"})),
        ("Please add the numbers 17 and -4.", ("add", {"a": 17, "b": -4})),
        ("What time is it?", ("clock", {})),
        ("用 add 算一下 3 和 4", ("add", {"a": 3, "b": 4})),
        ("Hello!", None),
        ("你好", None),
        ("Sing me a song", None),
    ],
)
def test_it_uses_a_tool_that_fits(
    spark: Emulator, question: str, call: tuple[str, Any] | None
) -> None:
    assert ask(spark, question, functions=_functions(_WEATHER, _ADD, _CLOCK)).call == call


@pytest.mark.parametrize(
    ("instruction", "name"),
    [
        ("You must call one of the functions.", "get_weather"),
        ("你必须调用一个工具。", "get_weather"),
        ("You must use add.", "add"),
        ("必须使用 clock", "clock"),
        ("You may use the tools if needed.", None),
        ("Do not use any tool.", None),
        ("如果需要，可以使用工具。", None),
    ],
)
def test_it_obeys_an_instruction_about_tools(
    spark: Emulator, instruction: str, name: str | None
) -> None:
    functions = _functions(_WEATHER, _ADD, _CLOCK)
    system = {"role": "system", "content": instruction}
    in_system = ask(spark, system, "你好", functions=functions).call
    in_question = ask(spark, f"你好\n\n{instruction}", functions=functions).call
    for call in (in_system, in_question):
        assert (call[0] if call else None) == name


def test_a_function_can_be_forced(spark: Emulator) -> None:
    found = ask(spark, "你好", functions=_functions(_WEATHER, _CLOCK), function_choice="clock")
    assert found.call == ("clock", {})


_ASKED = {"role": "assistant", "content": '使用工具：get_weather，参数：{"city": "北京"}'}
_RETURNED = "工具 get_weather 的返回结果：\n晴，25 度"


def test_it_answers_with_what_a_tool_returned(spark: Emulator) -> None:
    found = ask(spark, "北京的天气怎么样？", _ASKED, _RETURNED, functions=_functions(_WEATHER))
    assert found.call is None
    assert "晴，25 度" in found.text
    assert "北京的天气怎么样？" in found.text


def test_it_answers_with_the_newest_result(spark: Emulator) -> None:
    question = "What is the weather in Oslo and in Rome?"
    called = {"role": "assistant", "content": "I call the tool get_weather."}
    turns = (question, called, "Result of the tool get_weather: rain", called,
             "Result of the tool get_weather: the function returned: sun")  # fmt: skip
    text = ask(spark, *turns, functions=_functions(_WEATHER)).text
    assert text.startswith(f"About “{question}”, the tool returned:")
    assert text.endswith("sun")


def test_a_question_about_a_result_is_no_result(spark: Emulator) -> None:
    reply = {"role": "assistant", "content": "ok"}
    text = ask(spark, "你好", reply, "What does a function return: a value?").text
    assert text.startswith("You asked")


def test_a_demand_is_met_by_a_tool_that_was_not_called_yet(spark: Emulator) -> None:
    system = {"role": "system", "content": "You must call a tool."}
    report = ("report", "Reports the answer", {"answer": {"type": "string"}})
    turns = (system, "北京的天气怎么样？", _ASKED, _RETURNED)
    assert ask(spark, *turns, functions=_functions(_WEATHER)).call is None
    call = ask(spark, *turns, functions=_functions(_WEATHER, report)).call
    assert call
    assert call[0] == "report"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        {},
    ],
)
def test_an_empty_schema_is_filled_with_nothing(spark: Emulator, schema: dict[str, Any]) -> None:
    functions = {"text": [{"name": "now", "description": "", "parameters": schema}]}
    assert ask(spark, "Use the tool now.", functions=functions).call == ("now", {})


@pytest.mark.parametrize(
    ("question", "schema", "value"),
    [
        ("Set 5000, then 7", {"type": "integer", "minimum": 1, "maximum": 100}, 7),
        ("Set 1 or 2", {"type": "integer", "exclusiveMinimum": 1}, 2),
        ("Set 2.5 or 3", {"type": "integer"}, 3),
        ("Set 2.5", {"type": "number"}, 2.5),
        ("Set 1,234,567", {"type": "integer"}, 1234567),
        ("Set it", {"type": "integer", "minimum": 10}, 10),
        ("Set it", {"type": "integer", "maximum": -10}, -10),
        ("Set it to low", {"enum": ["high", "low"]}, "low"),
        ("Set it", {"enum": ["high", "low"]}, "high"),
        ("Set it", {"enum": ["high", "low"], "default": "low"}, "low"),
        ("Set it", {"const": "fixed"}, "fixed"),
        ("Set it", {"type": "null"}, None),
        ("Set it", {"type": "boolean"}, True),
        ("Don't set it", {"type": "boolean"}, False),
        ("不要设置", {"type": "boolean"}, False),
        ("Set it for 'Ada Lovelace'", {"type": "string"}, "Ada Lovelace"),
        ("设置名称为“你好啊集团”", {"type": "string"}, "你好啊集团"),
        ("Set it for Ada Lovelace please", {"type": "string"}, "Ada Lovelace"),
        ("value: blue, size: 3", {"type": "string"}, "blue"),
        ("Set it for 'Ada Lovelace'", {"type": "string", "maxLength": 3}, "Ada"),
        ("Set a@b.cn", {"type": "string", "format": "email"}, "a@b.cn"),
        ("Set 2026-03-01", {"type": "string", "format": "date"}, "2026-03-01"),
        ("Set 4, 5 and 6", {"type": "array", "items": {"type": "integer"}}, [4, 5, 6]),
        ("Set 4, 5 and 6", {"type": "array", "items": {"type": "integer"}, "maxItems": 2}, [4, 5]),
        ("Set 'x'", {"type": "array", "items": {"type": "string"}}, ["x"]),
        ("Set 3", {"anyOf": [{"type": "null"}, {"type": "integer"}]}, 3),
        ("Set 3", {"type": ["null", "integer"]}, 3),
        ("Set 3", {"type": "object", "properties": {"n": {"type": "integer"}}}, {"n": 3}),
        ("Set 3", {"$ref": "#/$defs/Count"}, 3),
        ("Set 'x'", {"$ref": "#/$defs/Loop"}, "x"),
        ("Set 'x'", {"$ref": "#/nowhere"}, "x"),
    ],
)  # fmt: skip
def test_values_come_from_the_words(
    spark: Emulator, question: str, schema: dict[str, Any], value: object
) -> None:
    parameters = {
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
        "$defs": {"Count": {"type": "integer"}, "Loop": {"$ref": "#/$defs/Loop"}},
    }
    functions = {"text": [{"name": "f", "description": "", "parameters": parameters}]}
    call = ask(spark, question, functions=functions, function_choice="f").call
    assert call == ("f", {"value": value})


def test_an_optional_value_with_a_default_is_left_out(spark: Emulator) -> None:
    unit = {"enum": ["celsius", "fahrenheit"], "default": "celsius"}
    parameters = {"properties": {"unit": unit, "limit": {"type": "integer", "default": 5}}}
    functions = {"text": [{"name": "f", "description": "", "parameters": parameters}]}
    found = ask(spark, "Tell it", functions=functions, function_choice="f")
    assert found.call == ("f", {})
    found = ask(spark, "Tell it in Fahrenheit", functions=functions, function_choice="f")
    assert found.call == ("f", {"unit": "fahrenheit"})


def test_a_schema_that_holds_itself(spark: Emulator) -> None:
    node = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}, "minItems": 1},
        },
        "required": ["name", "children"],
    }
    parameters = {"properties": {"root": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}
    functions = {"text": [{"name": "f", "description": "", "parameters": parameters}]}
    found = ask(spark, "Draw a tree", functions=functions, function_choice="f")
    assert found.call
    assert found.call[1]["root"]["children"][0]["children"]
