"""Requests that are small for what they make a server do, and what the model answers to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from iflytek_spark.emulator import Reply, SeenChat

JSON = dict[str, Any]

ANSWERS = {
    "a pair": '{"a":1,"b":2}',
    "rows": json.dumps(["v2999"] * 2_000),
    "lists": json.dumps([[{"a": at}] * 40 for at in range(40)]),
    "many a": "a" * 4_000,
    "a long word": json.dumps("a" * 9_000),
    "deep": "[" * 50_000,
}
"""What the model answers when the question says so."""


def respond(request: SeenChat) -> Reply | None:
    """Answer as the bomb needs it."""
    found = (answer for name, answer in ANSWERS.items() if f"answer {name}" in request.text)
    text = next(found, None)
    return None if text is None else Reply(text)


def body(answer: str = "a pair", **fields: Any) -> bytes:
    """A request to which the model gives one of the answers."""
    messages = [{"role": "user", "content": f"answer {answer}"}]
    return json.dumps({"model": "4.0Ultra", "messages": messages, **fields}).encode()


def wanted(schema: Any, answer: str = "a pair") -> bytes:
    """A request for JSON of a schema."""
    named = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    return body(answer, response_format=named)


def offered(schema: Any, count: int = 1) -> bytes:
    """A request with tools of a schema."""
    function = {"description": "d", "parameters": schema}
    tools = [
        {"type": "function", "function": {"name": f"f{at}", **function}} for at in range(count)
    ]
    return body(tools=tools)


def doubling(levels: int, level: Callable[[JSON], JSON]) -> JSON:
    """A schema of a few lines that stands for 2 to the power of its levels places."""
    names = [f"d{at}" for at in range(levels + 1)]
    defs = {name: level({"$ref": f"#/$defs/{below}"}) for name, below in pairwise(names)}
    root = {"type": "object", "properties": {"r": {"$ref": "#/$defs/d0"}}, "allOf": [defs["d0"]]}
    return {**root, "$defs": {**defs, names[-1]: {}}}


DOUBLING: dict[str, Callable[[JSON], JSON]] = {
    "properties": lambda part: {"type": "object", "properties": {"a": part, "b": part}},
    "allOf": lambda part: {"allOf": [part, part]},
    "anyOf": lambda part: {"anyOf": [part, part]},
    "oneOf": lambda part: {"oneOf": [part, part]},
    "dependentSchemas": lambda part: {"dependentSchemas": {"a": part, "b": part}},
    "if": lambda part: {"if": part, "then": part, "else": part},
    "not": lambda part: {"not": part, "allOf": [part]},
    "items": lambda part: {"items": part, "contains": part},
}


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    """A field of a request that is deep."""
    return body()[:-1] + f',"metadata":{opening * depth}{closing * depth}}}'.encode()


def repeated(field: str, item: str, count: int) -> bytes:
    """A field of a request that is a list of one thing."""
    return body()[:-1] + f',"{field}":[{",".join([item] * count)}]}}'.encode()


def content(item: str, count: int) -> bytes:
    """A message of many parts."""
    parts = ",".join([item] * count)
    return f'{{"model":"lite","messages":[{{"role":"user","content":[{parts}]}}]}}'.encode()


PNG = "iVBORw0KGgo" + "A"
"""How a file of an image begins."""


def shown(data: str) -> bytes:
    """A request with an image."""
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
    text = {"type": "text", "text": "what is it?"}
    return json.dumps(
        {"model": "image", "messages": [{"role": "user", "content": [text, image]}]}
    ).encode()


def _with_image(field: str, **part: Any) -> bytes:
    words = {"type": "input_text" if field == "input" else "text", "text": "what is it?"}
    turn = {"role": "user", "content": [words, part]}
    return json.dumps({"model": "image", "max_tokens": 9, field: [turn]}).encode()


IMAGES: dict[str, Callable[[str], bytes]] = {
    "chat/completions": shown,
    "responses": lambda data: (
        _with_image("input", type="input_image", image_url=f"data:image/png;base64,{data}")
        .replace(b"max_tokens", b"max_output_tokens")
        .replace(b": 9", b": 99")
    ),
    "messages": lambda data: _with_image(
        "messages",
        type="image",
        source={"type": "base64", "media_type": "image/png", "data": data},
    ),
}
"""A request with an image in the form of each route."""

_PLAIN = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_TEXT = '{"type":"text","text":"x"}'
_STOPS = ["a" * 2_000 + "b", *("a" * 1_000 + chr(0x4E00 + at) + "a" * 1_000 for at in range(63))]
_CHAIN = doubling(18, DOUBLING["dependentSchemas"])

BOMBS: dict[str, bytes] = {
    "a chain of dependent schemas": wanted({"unevaluatedProperties": False, **_CHAIN}),
    "the chain alone": wanted(_CHAIN),
    "an enum for each row": wanted({"items": {"enum": [f"v{at}" for at in range(3_000)]}}, "rows"),
    "contains and enum": wanted(
        {"items": {"contains": {"enum": [{"b": at} for at in range(1_500)]}}}, "lists"
    ),
    "unique objects": wanted({"uniqueItems": True, "items": {"uniqueItems": True}}, "lists"),
    "8,000 empty parts": wanted({"title": "1", "allOf": [{}] * 8_000}),
    "a heavy pattern": wanted({"pattern": "(a{100}){100}b"}, "a long word"),
    "2,000 patterns": wanted({"allOf": [{"pattern": rf"\w{{40}}{at}"} for at in range(1_200)]}),
    "an answer of brackets": wanted({"type": "array"}, "deep"),
    "stop strings that nearly fit": body("many a", stop=_STOPS),
    "short stop strings that nearly fit": body("many a", stop=["a" * 8_000 + "b"]),
    "zeros for parts": content("0", 600_000),
    "zeros for parts that are few enough": content("0", 49_000),
    "zeros for modalities": repeated("modalities", "0", 600_000),
    "zeros for tools": repeated("tools", "0", 40_000),
    "16 MB of zeros": content("0", 8_000_000),
    "fields that there are not": body()[:-1]
    + b"".join(b',"f%d":0' % at for at in range(40_000))
    + b"}",
    "60 tools that double": offered(doubling(12, DOUBLING["properties"]), 60),
    "80,000 plain tools": offered(_PLAIN, 80_000),
    "2,000 plain tools": offered(_PLAIN, 2_000),
    "400,000 parts": content(_TEXT, 400_000),
    "15,000 parts": content(_TEXT, 15_000),
    "15 MB of text": body(user="x" * 15_000_000),
    "15 MB of wide text": body(user="x" * 15_000_000 + "😀"),
    "an image of 15 MB that is none": shown("A" * 15_000_000),
    "quotes": body(user='"' * 8_000_000),
    "backslashes": body(user="\\" * 7_900_000),
    "commas in a text": content('{"type":"text","text":"' + "," * 1_000_000 + '"}', 3),
    "closing brackets": content("0", 60_000) + b"]" * 15_000_000,
    "strings without end": content('""', 20_000) + b'""' * 7_000_000,
    "brackets": nested(100_000),
    "objects": nested(100_000, '{"a":', "}"),
}
