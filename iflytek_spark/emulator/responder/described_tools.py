"""Reads tools that a prompt describes in words, in the ways of LangChain and LlamaIndex."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from iflytek_spark.emulator.responder.json_text import json_values
from iflytek_spark.emulator.responder.schema import is_schema
from iflytek_spark.messages import JSONObject, Tool

_SIGNATURE = re.compile(r"^[^\n(]{0,80}\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)", re.MULTILINE)
_PARAMETER = re.compile(r"(\w+)\s*(?::\s*'?([\w.]+)[^,=]*)?(=[^,]+)?(?:,|$)")
_ARGS = re.compile(r"\bargs:\s*(\{.*\})", re.IGNORECASE)
_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
_ANY_TEXT: JSONObject = {"properties": {"input": {"type": "string"}}, "required": ["input"]}


def described_tools(text: str, names: Sequence[str]) -> tuple[Tool, ...]:
    """Read the tools of a prompt.

    Args:
        text: the prompt.
        names: the tools' names. The description of a tool goes from the first line that begins
            with its name, or with a label before it, to that of another tool or an empty line.

    Returns:
        The tools that are described. The parameters come from a JSON schema, from ``args: {…}``
        or from a signature; a tool without any takes one text.
    """
    blocks = ((name, _block(text, name, names)) for name in names)
    return tuple(Tool(name, block, _parameters(block)) for name, block in blocks if block)


def _block(text: str, name: str, names: Sequence[str]) -> str:
    first = re.search(rf"^{_begin(name)}[^\n]*", text, re.MULTILINE)
    if first is None:
        return ""
    others = "|".join(_begin(other) for other in names if other != name)
    end = re.compile(rf"^\s*$|{others}" if others else r"^\s*$", re.MULTILINE)
    stop = end.search(text, first.end() + 1)
    return text[first.start() : stop.start() if stop else len(text)].strip()


def _begin(name: str) -> str:
    """Match the start of a tool's line: a bullet or a label may stand before its name."""
    border = r"(?!\w)" if name.isascii() else ""
    return rf"[ \t>*\-\d.]*(?:[\w ]{{1,20}}[:：][ \t]*)?\W{{0,2}}{re.escape(name)}{border}"


def _parameters(block: str) -> JSONObject:
    schema = next(filter(is_schema, json_values(block)), None)
    if schema and "properties" in schema:
        return {"type": "object", **schema}
    properties = _args(block)
    if properties is not None:
        wanted = [name for name, form in properties.items() if "default" not in form]
        return {"type": "object", "properties": properties, "required": wanted}
    return {"type": "object", **(_signature(block) or _ANY_TEXT)}


def _args(block: str) -> JSONObject | None:
    """Read the properties behind ``args:``, which LangChain writes as Python."""
    match = _ARGS.search(block)
    if match is None:
        return None
    try:
        properties = ast.literal_eval(match[1])
    except (ValueError, SyntaxError):
        return None
    return properties if is_schema({"properties": properties}) else None


def _signature(block: str) -> JSONObject | None:
    match = _SIGNATURE.search(block)
    if match is None:
        return None
    found = _PARAMETER.findall(match[1])
    properties = {name: {"type": _TYPES.get(kind, "string")} for name, kind, _ in found}
    return {"properties": properties, "required": [name for name, _, given in found if not given]}
