"""The function schemas of a public corpus go out, and come back unchanged in meaning.

They are the data files of the Berkeley Function-Calling Leaderboard, which the wheel
``bfcl-eval`` carries; its code is not imported.
"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iflytek_spark.messages import Tool
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.wire.chat_client import encode_request
from iflytek_spark.protocol.wire.chat_server import decode_request
from iflytek_spark.requests.build import build_request

JSON = dict[str, Any]

TYPES = {
    "dict": "object", "HashMap": "object",
    "Array": "array", "ArrayList": "array", "tuple": "array",
    "float": "number", "double": "number", "long": "integer",
    "String": "string", "char": "string", "Boolean": "boolean",
    "any": "string",  # a value of Java or JavaScript, which the corpus expects as source text
}  # fmt: skip
"""The corpus' own words for types, which are Python's, Java's and JavaScript's."""

IN_WORDS = {"createAuthToken"}
"""Functions that have a place of no type, which is told in words."""

SAID = ("description", "enum", "default", "format", "maximum", "minItems", "maxItems")
"""What a schema of the corpus says besides its structure."""


def corpus() -> Iterator[JSON]:
    """Every function of every data file; a line is a question with functions, or a function."""
    found = importlib.util.find_spec("bfcl_eval")
    if found is None or found.origin is None:
        pytest.skip("bfcl-eval is not installed")
    for path in sorted((Path(found.origin).parent / "data").rglob("*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from _functions(line)


def _functions(line: str) -> list[JSON]:
    try:
        entry = json.loads(line)
    except ValueError:  # two files are one JSON text of many lines; neither holds a function
        return []
    if not isinstance(entry, dict):
        return []
    found = entry.get("function", entry if "parameters" in entry else [])
    return [found] if isinstance(found, dict) else list(found)


def translated(schema: JSON) -> JSON:
    """Write JSON Schema's words for types."""
    schema = {**schema, "type": TYPES.get(schema["type"], schema["type"])}
    if "properties" in schema:
        inner = schema["properties"].items()
        schema["properties"] = {name: translated(value) for name, value in inner}
    for key in ("items", "additionalProperties"):
        if key in schema:
            schema[key] = translated(schema[key])
    return schema


def meaning(schema: JSON) -> JSON:
    """Everything that a schema says, in one form."""
    said: JSON = {key: schema[key] for key in SAID if key in schema}
    said["type"] = schema["type"]
    if schema["type"] == "object":
        inner = schema.get("properties", {}).items()
        said["properties"] = {name: meaning(value) for name, value in inner}
        said["required"] = set(schema.get("required", ()))
    for key in ("items", "additionalProperties"):
        if key in schema:
            said[key] = meaning(schema[key])
    return said


def sent_and_read(tool: Tool) -> Tool:
    """What the service reads after the library has checked and written a tool."""
    request = build_request(find_model("4.0Ultra"), "你好", {"tools": [tool]})
    (read,) = decode_request(encode_request(request, "app", "uid")).tools or ()
    return read


def test_every_function_comes_back_unchanged(record_property: Any) -> None:
    functions = list(corpus())
    distinct = {json.dumps(function, sort_keys=True): function for function in functions}
    counts = Counter(_outcome(function) for function in distinct.values())
    figures = f"{len(functions)} functions, {len(distinct)} distinct: {dict(counts)}"
    print(figures)
    record_property("corpus", figures)
    assert len(distinct) == 3526
    assert counts == {"unchanged": 3525, "in words": len(IN_WORDS)}


def _outcome(function: JSON) -> str:
    name = function["name"]
    tool = Tool(name, function["description"], translated(function["parameters"]))
    read = sent_and_read(tool)
    if name in IN_WORDS:
        assert "(any JSON value)" in json.dumps(read.parameters)
        return "in words"
    assert (read.name, read.description) == (tool.name, tool.description)
    assert meaning(dict(read.parameters)) == meaning(dict(tool.parameters)), name
    return "unchanged"
