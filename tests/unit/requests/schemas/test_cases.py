"""Schemas of real MCP servers, and random ones: none is refused, and no constant is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iflytek_spark.emulator.rules.json_schema import is_schema
from iflytek_spark.messages import Tool
from iflytek_spark.requests.schemas.plain import plain_tools
from tests._support.mcp_tools import MCP_TOOLS

JSON = dict[str, Any]


def constants(part: Any, root: JSON, inside: tuple[str, ...] = ()) -> Iterator[Any]:
    """Every constant that a schema names, through its references."""
    if isinstance(part, list):
        for item in part:
            yield from constants(item, root, inside)
    if not isinstance(part, dict):
        return
    yield from [part["const"]] if "const" in part else part.get("enum", ())
    reference = part.get("$ref", "")
    if reference and reference not in inside:
        target = root["$defs"][reference.rpartition("/")[2]]
        yield from constants(target, root, (*inside, reference))
    for key, value in part.items():
        if key not in ("$defs", "enum", "const", "default"):
            yield from constants(value, root, inside)


def descriptions(part: Any) -> Iterator[str]:
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, dict | list):
            yield from descriptions(value)
    if isinstance(part, dict) and isinstance(part.get("description"), str):
        yield part["description"]


def lost(schema: JSON, plain: JSON) -> list[Any]:
    """The constants of a schema that stand nowhere in its plain form."""
    values = {json.dumps(value) for value in constants(plain, plain)}
    words = "\n".join(descriptions(plain))
    return [
        value
        for value in constants(schema, schema)
        if value is not None
        and json.dumps(value) not in values
        and json.dumps(value, ensure_ascii=False) not in words
    ]


def check(schema: JSON) -> JSON:
    """Make a schema plain, and check all that must hold for any."""
    (plain,) = plain_tools([Tool("t", "", schema)])
    parameters = dict(plain.tool.parameters)
    assert is_schema(parameters)
    assert "null" not in json.dumps([part.get("type") for part in places(parameters)])
    assert lost(schema, parameters) == []
    assert plain_tools([plain.tool])[0].tool == plain.tool
    return parameters


def places(schema: JSON) -> Iterator[JSON]:
    yield schema
    inner = [*schema.get("properties", {}).values(), schema.get("items")]
    for part in (*inner, schema.get("additionalProperties")):
        if part is not None:
            yield from places(part)


@pytest.mark.parametrize("case", MCP_TOOLS, ids=lambda case: f"{case['server']}-{case['name']}")
def test_a_real_tool_is_plain_and_whole(case: JSON) -> None:
    assert list(check(case["parameters"])["properties"]) == list(case["parameters"]["properties"])


def test_all_the_cases_are_there() -> None:
    assert len(MCP_TOOLS) == 117


NAMES = st.sampled_from(["a", "b", "kind"])
TEXTS = st.text("xyz甲 ", max_size=5)
VALUES = st.one_of(TEXTS, st.integers(-9, 9), st.booleans())
SCALARS = st.one_of(
    st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": VALUES}, optional={"title": TEXTS, "description": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "null"])},
        optional={"pattern": TEXTS, "description": st.one_of(st.none(), TEXTS), "format": TEXTS},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", ["integer", "null"], ["string", "number"]])},
        optional={"minimum": st.integers(0, 9), "default": VALUES, "title": TEXTS},
    ),
    st.just({"$ref": "#/$defs/D"}),
    st.sampled_from([{}, True, False, {"type": "boolean"}, {"type": "string", "nullable": True}]),
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=3)
    names = st.lists(NAMES, max_size=2, unique=True)
    of_object = {
        "properties": named, "required": names, "additionalProperties": inner,
        "patternProperties": named, "propertyNames": inner, "dependentSchemas": named,
        "dependentRequired": st.dictionaries(NAMES, names, max_size=2),
        "minProperties": st.integers(0, 2), "not": inner, "description": TEXTS,
    }  # fmt: skip
    of_array = {
        "items": inner, "prefixItems": some, "contains": inner, "minItems": st.integers(0, 2),
        "uniqueItems": st.booleans(),
    }  # fmt: skip
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("object")}, optional=of_object),
        st.fixed_dictionaries({"type": st.just("array")}, optional=of_array),
        st.fixed_dictionaries({"anyOf": some}, optional={"description": TEXTS}),
        st.fixed_dictionaries({"oneOf": some}, optional={"default": VALUES}),
        st.fixed_dictionaries({"allOf": some}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    )


SCHEMAS = st.recursive(SCALARS, composed, max_leaves=8)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, SCHEMAS, max_size=3), SCHEMAS)
def test_any_schema_is_plain_and_whole(properties: JSON, referenced: Any) -> None:
    check({"type": "object", "properties": properties, "$defs": {"D": referenced}})
