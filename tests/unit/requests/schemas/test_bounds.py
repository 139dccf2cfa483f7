"""No schema takes long: what is too large is cut with a word, or refused by its size."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Tool
from iflytek_spark.requests.schemas.plain import plain_tools

JSON = dict[str, Any]


def tools(count: int, schema: JSON) -> list[Tool]:
    return [Tool(f"t{number}", "", schema) for number in range(count)]


def doubling(levels: int, kind: str = "properties") -> JSON:
    """A short schema that says twice as much with each level."""

    def twice(level: int) -> JSON:
        part = {"$ref": f"#/$defs/d{level + 1}"}
        return {kind: {"l": part, "r": part}} if kind == "properties" else {kind: [part, part]}

    defs: JSON = {f"d{level}": twice(level) for level in range(levels)}
    defs[f"d{levels}"] = {"type": "object", "description": "x" * 50}
    return {"$ref": "#/$defs/d0", "$defs": defs}


@pytest.mark.parametrize("kind", ["properties", "anyOf", "oneOf", "allOf"])
def test_references_that_double_are_cut_for_all_tools_together(kind: str) -> None:
    begun = time.process_time()
    plain = plain_tools(tools(60, doubling(30, kind)))
    assert time.process_time() - begun < 3
    written = json.dumps([each.tool.parameters for each in plain])
    assert len(written) < 3_000_000
    assert all(each.tool.parameters["type"] == "object" for each in plain)
    if kind == "properties":
        assert "left out here because the schema is too large" in written


def test_a_short_doubling_is_written_whole() -> None:
    (plain,) = plain_tools(tools(1, doubling(7)))
    assert "left out" not in json.dumps(plain.tool.parameters)
    assert json.dumps(plain.tool.parameters).count("x" * 50) == 2**7


def test_more_places_than_any_model_reads_are_refused() -> None:
    wide = {"type": "object", "properties": {f"p{at}": {"type": "string"} for at in range(600)}}
    with pytest.raises(InvalidRequestError, match="too many places") as refused:
        plain_tools(tools(100, wide))
    assert refused.value.param == "tools"


@pytest.mark.parametrize("keyword", ["enum", "description", "default"])
def test_what_is_copied_counts_too(keyword: str) -> None:
    long = {"enum": ["x"] * 3_000, "description": "x" * 200_000, "default": [["x"] * 3_000]}
    one = {"type": "object", "$defs": {"d": {"type": "string", keyword: long[keyword]}}}
    schema = {**one, "properties": {f"p{at}": {"$ref": "#/$defs/d"} for at in range(1_000)}}
    (plain,) = plain_tools(tools(1, schema))
    assert len(json.dumps(plain.tool.parameters)) < 1_000_000


@pytest.mark.parametrize("keyword", ["properties", "items", "anyOf", "allOf", "not"])
def test_a_deep_schema_ends(keyword: str) -> None:
    schema: JSON = {"type": "string"}
    for _ in range(5_000):
        inner = {"properties": {"p": schema}, "anyOf": [schema], "allOf": [schema]}
        schema = {keyword: inner.get(keyword, schema)}
    (plain,) = plain_tools([Tool("t", "", {"type": "object", "properties": {"p": schema}})])
    assert "deeper levels are left out" in json.dumps(plain.tool.parameters)
    assert not plain.exact


def test_a_schema_without_an_end_is_cut() -> None:
    endless: JSON = {"type": "object", "properties": {}}
    endless["properties"]["p"] = endless
    (plain,) = plain_tools([Tool("t", "", endless)])
    assert "deeper levels are left out" in json.dumps(plain.tool.parameters)


def test_a_class_that_names_itself_in_many_ways_is_cut() -> None:
    defs = {
        f"B{at}": {"properties": {f"b{to}": {"$ref": f"#/$defs/B{to}"} for to in range(30)}}
        for at in range(30)
    }
    begun = time.process_time()
    (plain,) = plain_tools([Tool("t", "", {"$ref": "#/$defs/B0", "$defs": defs})])
    assert time.process_time() - begun < 2
    assert len(json.dumps(plain.tool.parameters)) < 1_000_000
