"""The kit for writers of adapters: OpenAI's shapes, and an answer that is asked for once more."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark import InvalidRequestError, InvalidResponseError, Tool, ToolCall, Usage
from iflytek_spark.adapters import (
    ValidatedRequest,
    call_to_openai,
    choice_from_openai,
    schema_format,
    tool_from_openai,
    tool_to_openai,
    tools_from_openai,
    usage_to_openai,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = Tool("weather", "Tell the weather.", SCHEMA)


def function(**fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": fields}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            function(name="weather", description="Tell the weather.", parameters=SCHEMA),
            WEATHER,
        ),
        (function(name="weather"), Tool("weather", "")),
        (function(name="weather", description=None, parameters=None), Tool("weather", "")),
        (function(name="查天气", strict=True), Tool("查天气", "")),
        (WEATHER, WEATHER),
    ],
)
def test_a_tool_is_read(written: object, expected: Tool) -> None:
    assert tool_from_openai(written) == expected
    assert tool_from_openai(tool_to_openai(expected)) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"type": "code_interpreter"}, "'code_interpreter' is not a function"),
        ({"type": "function"}, "is not a function"),
        (function(description="no name"), "is not a function"),
        ("weather", "'str' is not a function"),
        (None, "'NoneType' is not a function"),
    ],
)
def test_what_is_no_function_is_refused(written: object, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        tools_from_openai([WEATHER, written])
    assert caught.value.param == "tools"


def test_no_tools_are_none() -> None:
    assert tools_from_openai(None) == tools_from_openai([]) == []


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        ("auto", "auto"),
        ("none", "none"),
        (False, "none"),
        ("any", "required"),
        ("required", "required"),
        (True, "required"),
        ("weather", "weather"),
        (function(name="weather"), "weather"),
        ({"type": "function", "name": "weather"}, "weather"),
        ({"type": "tool", "name": "weather"}, "weather"),
        ({"type": "auto"}, "auto"),
        ({"type": "none"}, "none"),
        ({"type": "any"}, "required"),
        ({"type": "required"}, "required"),
        ({}, None),
    ],
)
def test_a_choice_is_read(choice: object, expected: str | None) -> None:
    assert choice_from_openai(choice) == expected


@pytest.mark.parametrize(
    "choice", [3, ["weather"], {"type": "allowed_tools"}, function(), {"function": "weather"}]
)
def test_a_choice_of_another_form_is_refused(choice: object) -> None:
    with pytest.raises(InvalidRequestError, match="tool_choice") as caught:
        choice_from_openai(choice)
    assert caught.value.param == "tool_choice"


def test_calls_counts_and_schemas_are_written() -> None:
    called = {"name": "weather", "arguments": '{"city": "合肥"}'}
    assert call_to_openai(ToolCall("c1", **called)) == {
        "id": "c1",
        "type": "function",
        "function": called,
    }
    counts = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    assert usage_to_openai(Usage(**counts)) == counts
    assert schema_format("City", SCHEMA) == {
        "type": "json_schema",
        "json_schema": {"name": "City", "schema": SCHEMA},
    }


def number(answer: str) -> int:
    if not answer.isdecimal():
        raise InvalidResponseError(f"{answer!r} is not a number")
    return int(answer)


def asked() -> ValidatedRequest[list[str], str, int]:
    return ValidatedRequest(["how many?"], number, lambda answer, why: ["how many?", answer, why])


def test_an_answer_that_fits_is_the_value() -> None:
    request = asked()
    assert not request.done
    request.receive("3")
    assert (request.done, request.value, request.response) == (True, 3, "3")


def test_an_answer_that_does_not_fit_is_asked_for_once_more() -> None:
    request = asked()
    request.receive("many")
    assert not request.done
    first, refused, why = request.messages
    assert (first, refused) == ("how many?", "many")
    assert "'many' is not a number" in why
    request.receive("3")
    assert (request.done, request.value, request.response) == (True, 3, "3")


def test_a_second_answer_that_does_not_fit_is_an_error() -> None:
    request = asked()
    request.receive("many")
    request.receive("very many")
    assert request.done
    with pytest.raises(InvalidResponseError, match="'very many'"):
        _ = request.value
    assert request.response == "very many"


def test_other_errors_of_the_validation_are_not_the_models_fault() -> None:
    def broken(answer: str) -> int:
        raise KeyError(answer)

    request = ValidatedRequest("?", broken, lambda answer, why: why)
    with pytest.raises(KeyError):
        request.receive("3")
    assert not request.done
