"""Reads which JSON object a prompt asks for: by a schema, by keys in words, or by a sample."""

from __future__ import annotations

import re

from iflytek_spark.emulator.responder.json_text import json_values, without_json
from iflytek_spark.emulator.responder.schema import is_schema
from iflytek_spark.emulator.responder.words import quoted, sentences
from iflytek_spark.messages import JSONObject

ABOUT_FORM = re.compile(r"json|schema|\bkeys?\b|\bfields?\b|字段|键", re.IGNORECASE)
"""Known by these words, a sentence is about the answer's form and not its content."""

_LIST = re.compile(
    r"(?:包含|包括|含有|字段|键|\bkeys?\b|\bfields?\b|\bproperties\b)(?:为|是|有|分别是)?\s*[:：]?\s*"
    r"([^。！？!?.;；\n]+)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[、，,/]|\band\b|和|及|与")
_KEY = re.compile(r"[\w-]{1,40}")
_MEMBERS = (
    re.compile(r"[\"“']([\w-]{1,40})[\"”']\s*[:：]\s*(?![\[{])([^\n,}]+)"),
    re.compile(r"^[ \t]*[-*•][ \t]*[`\"“]?([\w-]{1,40})[`\"”]?\s*[:：]\s*([^\n]+)", re.MULTILINE),
)
_IN_BRACKETS = re.compile(
    r"(?<![\w-])([A-Za-z_][\w-]{0,39})[\"”'`]?\s*[（(]([^()（）\n]{1,80})[)）]"
)
_RANGE = re.compile(r"\d+(?:\.\d+)?\s*(?:-|–|—|~|～|to|到|至)\s*(?P<to>\d+(?:\.\d+)?)")
_KINDS_IN_WORDS = (
    ("boolean", re.compile(r"\bbool|true|布尔|是否|真假", re.IGNORECASE)),
    ("array", re.compile(r"\blist\b|\barray\b|列表|数组", re.IGNORECASE)),
    ("integer", re.compile(r"\bint|整数", re.IGNORECASE)),
    ("number", re.compile(r"\bnumber|\bfloat|数字|浮点|小数|分数|得分|\bscore\b", re.IGNORECASE)),
)
_ANYTHING = {"answer": ""}
_KINDS = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def asked_form(text: str) -> JSONObject:
    """Return the schema of the object that a prompt asks for.

    Args:
        text: the prompt, without the text that it gives to answer from.

    Returns:
        The last schema in it; else what its words say about keys; else the form of the last JSON
        object; else an object with the key ``answer``.
    """
    found: list[JSONObject] = list(json_values(text))
    schema = next((value for value in reversed(found) if describes(value)), None)
    if schema is not None:
        return schema
    properties = _in_words(without_json(text))
    return _object(properties) if properties else _from_sample(found[-1] if found else _ANYTHING)


def describes(value: JSONObject) -> bool:
    """Tell whether a JSON object is a schema of an object or an array."""
    has_members = bool(value.get("properties") or value.get("items") or "$ref" in value)
    return has_members and is_schema(value)


def _in_words(text: str) -> JSONObject:
    """Return the properties that a text describes.

    Either members of an object that is no JSON (``"score": 1-5``), items of a list
    (``- score: 1-5``), words before brackets (``score (1-5)``), or the keys that it names.
    """
    begin = ABOUT_FORM.search(text)
    behind = text[begin.start() :] if begin else ""
    for form in _MEMBERS:
        if found := form.findall(behind):
            return {key: _described(said) for key, said in found}
    about = "\n".join(said for said in sentences(text) if ABOUT_FORM.search(said))
    described = {key: _described(said) for key, said in _IN_BRACKETS.findall(about)}
    keys = _keys(_IN_BRACKETS.sub(r"\1", text)) or described
    return {key: described.get(key, {"type": "string"}) for key in keys}


def _described(said: str) -> JSONObject:
    """Return a schema for a description in words: of a range, of a kind, else of a text."""
    kind = next((kind for kind, form in _KINDS_IN_WORDS if form.search(said)), "string")
    span = _RANGE.search(said)
    if span and kind in ("string", "number"):
        kind = "integer" if kind == "string" and float(span["to"]) > 1 else "number"
    return {"type": kind, "description": said.strip(" \"'”,")}


def _keys(text: str) -> list[str]:
    """Return the keys that a text asks for: quoted ones, else the members of a list."""
    about = [sentence for sentence in sentences(text) if ABOUT_FORM.search(sentence)]
    named = [key for sentence in about for key in quoted(sentence) if _KEY.fullmatch(key)]
    if not named:
        lists = [match[1] for sentence in about for match in _LIST.finditer(sentence)]
        named = [key.strip() for found in lists for key in _BETWEEN.split(found)]
        named = [key for key in map(_bare, named) if _KEY.fullmatch(key)]
    return list(dict.fromkeys(named))


def _bare(key: str) -> str:
    return re.sub(r"^(?:字段|键)|(?:等|这)?[两三四五几]?个?(?:字段|键)$", "", key.strip())


def _object(properties: JSONObject) -> JSONObject:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _from_sample(sample: JSONObject) -> JSONObject:
    return _object({key: _like(value) for key, value in sample.items()})


def _like(value: object) -> JSONObject:
    if isinstance(value, dict):
        return _from_sample(value)
    if isinstance(value, list) and value:
        return {"type": "array", "items": _like(value[0])}
    return {"type": _KINDS.get(type(value), "string")}
