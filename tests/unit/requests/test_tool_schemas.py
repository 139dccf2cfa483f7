"""Tool schemas are made flat: what they say stays the same, what cannot be said is refused."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

import pydantic
import pydantic.v1
import pytest
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.requests.tool_schemas import flatten_parameters

JSON = dict[str, Any]


def flat_property(schema: JSON, **root: Any) -> JSON:
    """Flatten a schema that stands as the property ``p``."""
    whole = {"type": "object", "properties": {"p": schema}, **root}
    found: JSON = flatten_parameters(whole, "t")["properties"]["p"]
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
    ({"properties": {"n": {}}}, {"type": "object", "properties": {"n": {"type": "string"}}}),
    ({"items": {"type": "number"}}, {"type": "array", "items": {"type": "number"}}),
    (
        {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/Place"}}},
        {"type": "array", "items": {"type": "array", "items": PLACE}},
    ),
    (
        {"type": "array", "prefixItems": [{"type": "number"}] * 2, "minItems": 2, "maxItems": 2},
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    ),
    ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
    ({}, {"type": "string"}),
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


REFUSED: list[tuple[JSON, str]] = [
    ({"$ref": "#/$defs/Node"}, r"p\.next contains itself through #/\$defs/Node"),
    ({"$ref": "#"}, "refers to #, which does not exist"),
    ({"$ref": "#/$defs/None"}, "does not exist"),
    ({"$ref": "#/$defs/List/0"}, "does not exist"),
    ({"$ref": "other.json#/Place"}, "does not exist"),
    ({"allOf": [PLACE, PLACE]}, "p is a combination of several schemas"),
    ({"allOf": []}, "a combination"),
    ({"anyOf": [PLACE, {"type": "string"}]}, "a choice between several kinds"),
    ({"oneOf": [{"type": "array"}, {"type": "string"}]}, "a choice between several kinds"),
    ({"anyOf": [{"type": "null"}]}, r"p is a choice between \[\]"),
    ({"type": ["object", "string"]}, "is a choice between"),
    ({"type": []}, "is a choice between"),
    ({"type": ["file"]}, "is a choice between"),
    ({"type": "file"}, "p is of type 'file', which Spark does not know"),
    ({"type": "null"}, "p is of type 'null'"),
    ({"type": "array", "items": [{"type": "string"}]}, r"p\[\] is not a schema of its own"),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}]},
        r"p\[\] is a row of several kinds of value",
    ),
    ({"type": "object", "additionalProperties": {"type": "file"}}, r"p\.\* is of type 'file'"),
    ({"type": "object", "properties": {"q": True}}, r"p\.q is not a schema of its own"),
    ({"type": "object", "properties": ["q"]}, "no JSON schema"),
    ({"type": "object", "properties": {}, "required": True}, "no JSON schema"),
    ({"anyOf": [True, False]}, "no JSON schema"),
    ({"$ref": "#/$defs/True"}, "no JSON schema"),
]
NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}


@pytest.mark.parametrize(("schema", "words"), REFUSED)
def test_what_has_no_flat_form_is_refused_by_tool_and_place(schema: JSON, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"tool 't': .*{words}"):
        flat_property(schema, **{"$defs": {"Node": NODE, "List": [PLACE], "True": True}})


@pytest.mark.parametrize("schema", [{"type": "array", "items": PLACE}, {"type": "string"}])
def test_parameters_are_an_object(schema: JSON) -> None:
    with pytest.raises(InvalidRequestError, match="not of type object"):
        flatten_parameters(schema, "t")


def test_a_refusal_of_the_whole_names_the_schema() -> None:
    with pytest.raises(InvalidRequestError, match="its schema is of type 'dict'"):
        flatten_parameters({"type": "dict"}, "t")


def test_a_tool_may_have_no_parameters() -> None:
    assert flatten_parameters({}, "t") == {"type": "object", "properties": {}}


def test_a_schema_without_an_end_is_refused() -> None:
    endless: JSON = {"type": "object", "properties": {}}
    endless["properties"]["p"] = endless
    with pytest.raises(InvalidRequestError, match="no JSON schema"):
        flatten_parameters(endless, "t")


def doubling(levels: int) -> JSON:
    """A short schema that says twice as much with each level."""
    twice = {
        f"d{level}": {"properties": {side: {"$ref": f"#/$defs/d{level + 1}"} for side in "lr"}}
        for level in range(levels)
    }
    return {"$ref": "#/$defs/d0", "$defs": {**twice, f"d{levels}": {"type": "string"}}}


def test_references_in_references_end_before_the_memory_does() -> None:
    assert flatten_parameters(doubling(12), "t")["type"] == "object"
    with pytest.raises(InvalidRequestError, match="tool 't': its schema has too many places"):
        flatten_parameters(doubling(14), "t")


class Unit(enum.Enum):
    C = "celsius"
    F = "fahrenheit"


class Spot(pydantic.BaseModel):
    """A place."""

    lat: float
    lon: float


class Forecast(pydantic.BaseModel):
    """Forecast the weather."""

    place: Spot
    unit: Unit = Unit.C
    days: int | None = None
    mode: Literal["short", "long"] = "short"
    stations: list[Spot] = pydantic.Field(default_factory=list)


class ForecastV1(pydantic.v1.BaseModel):
    """Forecast the weather."""

    days: int | None = None
    tags: list[str] = pydantic.v1.Field(..., description="words")


class ForecastDict(TypedDict):
    """Forecast the weather."""

    days: Annotated[int, ..., "how many"]
    unit: Annotated[Literal["C", "F"] | None, None, "of degrees"]


@tool
def forecast(city: str, days: int | float = 1, weights: dict[str, float] | None = None) -> str:
    """Forecast the weather."""
    return f"{city} {days} {weights}"


SPOT = {
    "type": "object",
    "description": "A place.",
    "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
    "required": ["lat", "lon"],
}


@pytest.mark.parametrize(
    ("source", "properties", "required"),
    [
        (
            Forecast,
            {
                "place": SPOT,
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "integer", "default": None},
                "mode": {"type": "string", "enum": ["short", "long"], "default": "short"},
                "stations": {"type": "array", "items": SPOT},
            },
            ["place"],
        ),
        (
            ForecastV1,
            {
                "days": {"type": "integer"},
                "tags": {"type": "array", "items": {"type": "string"}, "description": "words"},
            },
            ["tags"],
        ),
        (
            ForecastDict,
            {
                "days": {"type": "integer", "description": "how many"},
                "unit": {
                    "type": "string", "enum": ["C", "F"], "description": "of degrees",
                },
            },
            ["days"],
        ),
        (
            forecast,
            {
                "city": {"type": "string"},
                "days": {"type": "number", "default": 1},
                "weights": {
                    "type": "object",
                    "additionalProperties": {"type": "number"},
                    "default": None,
                },
            },
            ["city"],
        ),
    ],
)  # fmt: skip
def test_schemas_as_langchain_writes_them(
    source: Any, properties: Mapping[str, JSON], required: list[str]
) -> None:
    written = convert_to_openai_tool(source)["function"]
    flat = flatten_parameters(written["parameters"], written["name"])
    assert flat == {"type": "object", "properties": properties, "required": required}
