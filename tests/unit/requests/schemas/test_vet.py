"""Schemas of callers: whether one is a schema, what its patterns weigh, and numbers beyond size."""

from __future__ import annotations

import time
from typing import Any

import pytest

from iflytek_spark.adapters import SchemaCheck, TooManyStepsError, schema_problem
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool
from iflytek_spark.requests.schemas.patterns import Pattern
from iflytek_spark.requests.schemas.plain import plain_tools

HUGE = 10**5_000


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, ""),
        ({"properties": {"type": {"type": "string"}, "pattern": {}, "$ref": True}}, ""),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"const": {"type": "strin"}}}}, ""),
        ({"items": [{"type": "null"}], "additionalItems": False, "exclusiveMinimum": True}, ""),
        ({"type": "string", "pattern": r"^\w{1,64}$"}, ""),
        ({"type": "strin"}, "type is"),
        ({"properties": {"a": 5}}, "5 stands where a schema must"),
        ({"anyOf": []}, "anyOf is"),
        ({"allOf": [{"required": "a"}]}, "required is"),
        ({"items": {"$ref": "other.json"}}, "not in it"),
        ({"not": {"pattern": "(?=a)b"}}, "not matched"),
        ({"if": {"pattern": r"(\w{50}){20}"}}, "not matched"),
        ({"allOf": [{}] * 3_000}, "2000 places"),
        ({"patternProperties": {}}, "patternProperties"),
    ],
)
def test_a_schema_is_one_or_its_problem_is_named(schema: dict[str, Any], words: str) -> None:
    problem = schema_problem(schema)
    assert words in problem
    assert bool(problem) is bool(words)


@pytest.mark.parametrize(
    "pattern", [r"(\w{30}){10}", r"\w{900}", "((a{50}){50}){50}", r"(\w{10})*{50}", r"[[\w]]{200}"]
)
def test_a_pattern_that_is_heavy_is_not_made(pattern: str) -> None:
    begun = time.process_time()
    assert Pattern(pattern).matches("a" * 100) is None
    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^[A-Za-z0-9_-]{1,4096}$", "a-b", True),
        (r"^\w+@\w+\.\w{2,}$", "a@例子.cn", True),
        (r"(?i)^ABC$", "abc", True),
        (r"\{3\}[*+?]{2}", "{3}*+", True),
        (r"^(?:a|b){3}$", "abc", False),
    ],
)
def test_usual_patterns_are_matched(pattern: str, text: str, found: bool) -> None:
    assert Pattern(pattern).matches(text) is found


def test_long_texts_and_many_patterns_are_paid_for() -> None:
    begun = time.process_time()
    with pytest.raises(TooManyStepsError):
        SchemaCheck({"pattern": "(a{100}){100}b"}).problem("a" * 9_000)
    with pytest.raises(TooManyStepsError):
        SchemaCheck({"allOf": [{"pattern": rf"\w{{40}}|{at}"} for at in range(99)]}).problem(
            "a" * 50
        )
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "integer"}, HUGE, True),
        ({"type": "string"}, HUGE, False),
        ({"minLength": HUGE}, "a", False),
        ({"enum": [HUGE]}, 3, False),
        ({"type": "integer"}, float("inf"), False),
        ({"multipleOf": HUGE}, 1.5, True),
    ],
    ids=range(6),
)
def test_numbers_of_any_size_are_compared(schema: Any, value: object, fits: bool) -> None:
    assert (SchemaCheck(schema).problem(value) == "") is fits


def deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(50_000):
        value = [value]
    return value


@pytest.mark.parametrize("keyword", ["enum", "const", "default", "examples"])
def test_a_tool_with_a_constant_without_end_is_refused(keyword: str) -> None:
    tool = Tool("t", "", {"type": "object", "properties": {"a": {keyword: [deep()]}}})
    with pytest.raises(InvalidRequestError, match="cannot be written"):
        plain_tools([tool])
