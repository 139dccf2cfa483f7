"""Schemas of tools are made plain: what they say stays, and what has no form is in words."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool
from iflytek_spark.requests.schemas.plain import plain_tools

JSON = dict[str, Any]


def flatten(schema: JSON) -> JSON:
    """Make the parameters of one tool plain."""
    (plain,) = plain_tools([Tool("t", "", schema)])
    return dict(plain.tool.parameters)


def is_exact(schema: JSON) -> bool:
    (plain,) = plain_tools([Tool("t", "", {"type": "object", "properties": {"p": schema}})])
    return plain.exact


def flat_property(schema: JSON, **root: Any) -> JSON:
    """Flatten a schema that stands as the property ``p``."""
    whole = {"type": "object", "properties": {"p": schema}, **root}
    found: JSON = flatten(whole)["properties"]["p"]
    return found


PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PROPERTIES: list[tuple[JSON, JSON]] = [
    ({"type": "string", "title": "P"}, {"type": "string"}),
    ({"$ref": "#/$defs/Place"}, PLACE),
    ({"$ref": "#/$defs/Place", "description": "d"}, {**PLACE, "description": "d"}),
    ({"$ref": "#/$defs/a~1b~0c"}, {"type": "integer"}),
    ({"$ref": "#/$defs/Alias"}, PLACE),
    ({"allOf": [{"$ref": "#/$defs/Place"}]}, PLACE),
    ({"allOf": [{"type": "string"}], "default": "x"}, {"type": "string", "default": "x"}),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, {"type": "integer"}),
    ({"oneOf": [{"type": "null"}, {"$ref": "#/$defs/Place"}]}, PLACE),
    ({"type": ["string", "null"]}, {"type": "string"}),
    ({"type": ["null", "string"], "enum": ["a", None]}, {"type": "string", "enum": ["a"]}),
    ({"type": ["integer", "number"]}, {"type": "number"}),
    ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, {"type": "number"}),
    (
        {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "string"}, {"type": "null"}]},
        {"type": "string"},
    ),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "an id"},
        {"type": "string", "description": "an id (string or integer)"},
    ),
    ({"type": ["boolean", "number"]}, {"type": "string", "description": "(boolean or number)"}),
    ({"const": "x"}, {"type": "string", "enum": ["x"]}),
    ({"const": True}, {"type": "boolean", "enum": [True]}),
    ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ({"enum": [1, 2.5]}, {"type": "number", "enum": [1, 2.5]}),
    ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    ({"items": {"type": "number"}}, {"type": "array", "items": {"type": "number"}}),
    (
        {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/Place"}}},
        {"type": "array", "items": {"type": "array", "items": PLACE}},
    ),
    (
        {"type": "array", "prefixItems": [{"type": "number"}] * 2, "minItems": 2, "maxItems": 2},
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    ),
    ({"type": "object", "additionalProperties": True}, {"type": "object", "properties": {}}),
    ({"type": "object", "additionalProperties": False}, {"type": "object", "properties": {}}),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
    ),
    (
        {**PLACE, "additionalProperties": {"type": "integer"}},
        {**PLACE, "additionalProperties": {"type": "integer"}},
    ),
    (
        {"type": "object", "required": ["any"]},
        {"type": "object", "properties": {}, "required": ["any"]},
    ),
    (
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "default": 2, "examples": [3]},
        {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "default": 2, "examples": [3]},
    ),
]  # fmt: skip
DEFS = {"Place": PLACE, "a/b~c": {"type": "integer"}, "Alias": {"$ref": "#/$defs/Place"}}


@pytest.mark.parametrize(("schema", "flat"), PROPERTIES)
def test_a_schema_is_made_flat(schema: JSON, flat: JSON) -> None:
    assert flat_property(schema, **{"$defs": DEFS}) == flat


@pytest.mark.parametrize("flat", [flat for _, flat in PROPERTIES])
def test_what_is_flat_stays_as_it_is(flat: JSON) -> None:
    assert flat_property(flat) == flat


ANY = {"type": "string", "description": "(any JSON value)"}
CAT = {"title": "Cat", "type": "object", "properties": {"kind": {"const": "cat"}}}
DOG = {"title": "Dog", "type": "object", "properties": {"kind": {"const": "dog"}, "age": {}}}
IN_WORDS: list[tuple[JSON, JSON]] = [
    ({}, ANY),
    ({"properties": {"n": True}}, {"type": "object", "properties": {"n": ANY}}),
    ({"type": "array"}, {"type": "array", "items": ANY}),
    (
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        {
            "type": "array",
            "items": {"type": "string"},
            "description": "(string or array of string)",
        },
    ),
    (
        {"anyOf": [{"type": "string", "enum": ["low", "high"]}, {"type": "integer"}]},
        {"type": "string", "description": '("low", "high" or integer)'},
    ),
    (
        {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^a$"}, {"type": "null"}]},
        {"type": "string", "description": '(number or string with pattern "^a$")'},
    ),
    (
        {"oneOf": [{**CAT, "required": ["kind"]}, {**DOG, "required": ["age", "kind"]}]},
        {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": ["cat", "dog"]}, "age": ANY},
            "required": ["kind"],
            "description": '(one of: Cat {kind: "cat"}, Dog {kind: "dog", age})',
        },
    ),
    (
        {"anyOf": [PLACE, {"type": "string"}]},
        {**PLACE, "description": "(one of: {city}, string)"} | {"required": ["city"]},
    ),
    (
        {"$ref": "#/$defs/Node"},
        {
            "type": "object",
            "properties": {
                "next": {"type": "object", "properties": {}, "description": "(again Node)"}
            },
        },
    ),
    ({"$ref": "#/$defs/None"}, {"type": "string", "description": "(see #/$defs/None)"}),
    ({"$ref": "other.json#/A"}, {"type": "string", "description": "(see other.json#/A)"}),
    ({"type": "file"}, {"type": "string", "description": '(of type "file")'}),
    ({"anyOf": [{"type": "null"}]}, {"type": "string", "description": "(null)"}),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
        {
            "type": "array",
            "items": {"type": "string", "description": "(string or number)"},
            "description": "(in this order: string, number)",
        },
    ),
    ({"type": "string", "not": {"const": "x"}}, {"type": "string", "description": '(not "x")'}),
    (
        {
            "type": "object",
            "if": {"properties": {"m": {"const": 1}}},
            "then": {"properties": {"z": {"type": "string"}}, "required": ["z"]},
        },
        {
            "type": "object",
            "properties": {"z": {"type": "string"}},
            "description": "(if object {m?: 1}, then object {z: string})",
        },
    ),
    (
        {"type": "object", "patternProperties": {"^x": {"enum": ["a", "b"]}}},
        {
            "type": "object",
            "properties": {},
            "description": '(names that match ^x: "a", "b")',
        },
    ),
    (
        {"type": "object", "dependentRequired": {"a": ["b"]}, "minProperties": 1},
        {
            "type": "object",
            "properties": {},
            "description": "(at least 1 properties; with a also b)",
        },
    ),
    (
        {"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]},
        {"type": "string", "pattern": "a", "description": '(and pattern "b")'},
    ),
]


@pytest.mark.parametrize(("schema", "flat"), IN_WORDS)
def test_what_has_no_plain_form_is_in_words(schema: JSON, flat: JSON) -> None:
    assert flat_property(schema, **{"$defs": {"Node": NODE}}) == flat
    assert not is_exact(schema)


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
EXACT: list[tuple[JSON, JSON]] = [
    (
        {"anyOf": [{"type": "string", "const": "asc"}, {"type": "string", "const": "desc"}]},
        {"type": "string", "enum": ["asc", "desc"]},
    ),
    (
        {"description": "order", "oneOf": [{"const": "a", "title": "up"}, {"enum": [1, None]}]},
        {"enum": ["a", 1], "type": "string", "description": 'order ("a": up; string or integer)'},
    ),
    (
        {"anyOf": [{"oneOf": [{"const": "a"}, {"anyOf": [{"const": "b"}]}]}, {"const": "c"}]},
        {"type": "string", "enum": ["a", "b", "c"]},
    ),
    (
        {"allOf": [PLACE, {"properties": {"n": {"type": "integer"}}, "required": ["n"]}]},
        {
            "type": "object",
            "properties": {"city": {"type": "string"}, "n": {"type": "integer"}},
            "required": ["city", "n"],
        },
    ),
    ({"type": "string", "description": None, "enum": None, "items": None}, {"type": "string"}),
    (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 1},
    ),
    ({"type": "string", "nullable": True}, {"type": "string"}),
    (
        {"properties": {"n": {"type": ["string", "null"]}}, "required": ["n"]},
        {
            "type": "object",
            "properties": {"n": {"type": "string", "description": "(or null)"}},
            "required": ["n"],
        },
    ),
    (
        {"properties": {"n": {"type": "string", "required": True}}},
        {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]},
    ),
    (
        {"oneOf": [CAT, CAT], "discriminator": {"propertyName": "of", "mapping": {"cat": "#/C"}}},
        {
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": ["cat"]},
                "of": {"type": "string", "enum": ["cat"]},
            },
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "flat"), EXACT)
def test_constants_and_parts_become_one(schema: JSON, flat: JSON) -> None:
    assert flat_property(schema) == flat


@pytest.mark.parametrize("flat", [flat for _, flat in (*IN_WORDS, *EXACT)])
def test_what_is_in_words_stays_as_it_is(flat: JSON) -> None:
    assert flat_property(flat) == flat


def test_a_choice_of_required_properties_is_in_words() -> None:
    """The properties stay, and nothing is refused: an anyOf beside them restricts only."""
    parts = {"a": {"type": "string"}, "b": {"type": "string"}}
    schema = {"type": "object", "properties": parts}
    flat = flatten({**schema, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]})
    assert flat == {**schema, "description": "(one of: {a}, {b})"}


@pytest.mark.parametrize(
    "broken",
    [{"properties": []}, {"properties": ["q"]}, {"required": True}, {"anyOf": "x"}, {"type": []}],
)
def test_a_keyword_of_a_wrong_form_is_passed_over(broken: JSON) -> None:
    assert flatten(broken)["type"] == "object"


@pytest.mark.parametrize("schema", [{"type": "array", "items": PLACE}, {"type": "string"}])
def test_parameters_are_an_object(schema: JSON) -> None:
    with pytest.raises(InvalidRequestError, match=r"tool 't': .* not of type object"):
        flatten(schema)


def test_a_tool_may_have_no_parameters() -> None:
    assert flatten({}) == {"type": "object", "properties": {}}
