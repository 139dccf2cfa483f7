"""The schemas that LangChain writes of classes and functions are made plain."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

import pydantic
import pydantic.v1
import pytest
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool

from tests.unit.requests.schemas.test_plain import JSON, flatten


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
    flat = flatten(written["parameters"])
    assert flat == {"type": "object", "properties": properties, "required": required}
