"""Values are checked against schemas as JSON Schema means it, and never for long."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from iflytek_spark.requests.schemas.check import SchemaCheck, TooManyStepsError

JSON = dict[str, Any]
WRONG: list[tuple[JSON, Any, str]] = [
    ({"type": "string"}, 5, "$: 5 is not of type string"),
    ({"type": ["integer", "null"]}, 1.5, "$: 1.5 is not of type integer or null"),
    ({"type": "integer"}, True, "$: True is not of type integer"),
    ({"enum": ["a", 1]}, True, "$: True is not one of 'a', 1"),
    ({"const": {"a": [1]}}, {"a": [2]}, "$: the object is not the object"),
    ({"properties": {"a": {"items": {"minimum": 2}}}}, {"a": [2, 1]}, "$.a[1]: 1 is not at least"),
    ({"required": ["a", "b"]}, {"a": 1}, "$: 'b' is required"),
    ({"additionalProperties": False, "properties": {"a": {}}}, {"z": 1}, "no property 'z'"),
    ({"additionalProperties": {"type": "null"}}, {"z": 1}, "$.z: 1 is not of type null"),
    ({"patternProperties": {"^x": {"type": "null"}}}, {"x1": 1}, "$.x1: 1 is not of type null"),
    ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, "$.ab: 'ab' has 2 characters"),
    ({"prefixItems": [{"type": "string"}], "items": {"type": "null"}}, ["a", 1], "$[1]: 1 is not"),
    ({"uniqueItems": True}, [1, 2, 1.0], "$: its items are not unique"),
    ({"pattern": "^a+$"}, "b", "$: 'b' does not match '^a+$'"),
    ({"multipleOf": 0.1}, 0.25, "$: 0.25 is not a multiple of 0.1"),
    ({"contains": {"const": 1}}, [2], "0 of its items are what it must contain"),
    ({"oneOf": [{"type": "integer"}, {"minimum": 1}]}, 2, "fits 2 of the alternatives"),
    ({"not": {"const": "x"}}, "x", "$: 'x' is what it must not be"),
    ({"if": {"const": 1}, "then": False}, 1, "$: 1 is not allowed"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "$: 'b' is required"),
    ({"dependentSchemas": {"a": {"maxProperties": 1}}}, {"a": 1, "b": 1}, "not maxProperties 1"),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}}, 1, "$: 1 is not of type null"),
    (
        {"anyOf": [{"type": "string"}, {"properties": {"a": {"type": "string"}}}]},
        {"a": 1},
        "$.a: 1 is not of type string",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "words"), WRONG)
def test_what_is_wrong_is_said_with_its_path(schema: JSON, value: Any, words: str) -> None:
    assert words in SchemaCheck(schema).problem(value)
    assert list(Draft202012Validator(schema).iter_errors(value))


def test_the_older_form_of_a_row_is_known() -> None:
    check = SchemaCheck({"items": [{"type": "string"}], "additionalItems": False})
    assert check.problem(["a"]) == ""
    assert check.problem([1]) == "$[0]: 1 is not of type string"
    assert check.problem(["a", 1]) == "$[1]: 1 is not allowed"


def test_what_is_no_keyword_or_no_schema_allows_everything() -> None:
    for schema in ({"format": "email"}, {"type": 3}, {"properties": 1}, {"pattern": "(?=a)b"}):
        assert SchemaCheck(schema).problem("x") == ""
    assert SchemaCheck({"$ref": "https://example.com/a.json"}).problem("x") == ""


def test_numbers_in_strings_fit_where_that_is_wanted() -> None:
    schema = {"properties": {"a": {"type": ["integer", "boolean"]}}}
    lenient = SchemaCheck(schema, lenient=True)
    assert lenient.problem({"a": "5"}) == lenient.problem({"a": "true"}) == ""
    assert "not of type" in lenient.problem({"a": "5.5"})
    assert "not of type" in SchemaCheck(schema).problem({"a": "5"})


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "ab"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=6,
)
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]
SCHEMAS = st.recursive(
    st.one_of(
        st.booleans(),
        st.builds(lambda kind: {"type": kind}, st.sampled_from(TYPES)),
        st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=3)),
        st.builds(lambda value: {"const": value}, VALUES),
        st.fixed_dictionaries({}, optional={"minimum": st.integers(-2, 2), "maxLength": st.just(1),
                                            "minItems": st.just(1), "maxProperties": st.just(1),
                                            "uniqueItems": st.booleans(), "pattern": st.just("a")}),
    ),
    lambda inner: st.fixed_dictionaries({}, optional={
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "additionalProperties": inner, "required": st.lists(st.sampled_from("ab"), unique=True),
        "patternProperties": st.dictionaries(st.sampled_from("ab"), inner, max_size=1),
        "propertyNames": inner, "items": inner, "contains": inner, "not": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2), "if": inner, "then": inner,
        "else": inner, "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "dependentSchemas": st.dictionaries(st.sampled_from("ab"), inner, max_size=1),
    }),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(SCHEMAS, VALUES)
def test_it_agrees_with_the_reference(schema: Any, value: Any) -> None:
    whole = {"allOf": [schema]}
    assert (SchemaCheck(whole).problem(value) == "") is Draft202012Validator(whole).is_valid(value)


def doubling(keyword: str) -> JSON:
    part = {f"d{at}": {keyword: [{"$ref": f"#/$defs/d{at + 1}"}] * 2} for at in range(40)}
    return {"$ref": "#/$defs/d0", "$defs": {**part, "d40": {"type": "null"}}}


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


ENDLESS: list[tuple[JSON, Any]] = [
    (doubling("allOf"), None),
    (doubling("anyOf"), 1),
    (doubling("oneOf"), 1),
    ({"$ref": "#"}, 1),
    ({"allOf": [{"$ref": "#"}]}, 1),
    ({"items": {"$ref": "#"}}, nested(3_000)),
    ({"const": 1}, nested(3_000)),
    ({"items": {"not": {"enum": [[at] for at in range(3_000)]}}}, [[1] * 20_000] * 20),
    ({"uniqueItems": True}, [{"a": at} for at in range(60_000)]),
    ({"contains": {"enum": list(range(500))}}, [[0]] * 60_000),
    ({"patternProperties": {f"{at}(a|aa)+$": False for at in range(200)}},
     {"a" * 30 + str(at): 1 for at in range(200)}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value"), ENDLESS)
def test_what_would_take_long_is_not_checked(schema: JSON, value: Any) -> None:
    begun = time.process_time()
    with pytest.raises(TooManyStepsError, match="takes more than"):
        SchemaCheck(schema).problem(value)
    assert time.process_time() - begun < 2


def test_a_long_enum_for_many_rows_is_weighed_once() -> None:
    schema = {"items": {"enum": [f"v{at}" for at in range(3_000)]}}
    begun = time.process_time()
    assert SchemaCheck(schema).problem(["v2999"] * 2_000) == ""
    assert time.process_time() - begun < 1
