"""Fills a JSON schema from the words of a text."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from iflytek_spark.emulator.rules.json_schema import (
    allows,
    allows_null,
    resolve,
    some_number,
    type_of,
)
from iflytek_spark.emulator.rules.words import (
    TIME,
    numbers,
    proper_names,
    quoted,
    terms,
    topics,
)
from iflytek_spark.messages import JSONObject

JSON: TypeAlias = str | float | list[Any] | dict[str, Any] | None

_NEGATION = re.compile(r"\b(?:no|not|don't|without|off|disabled?)\b|不|没|无|关闭", re.IGNORECASE)
_ABOUT_TIME = frozenset(("date", "time", "datetime", "day", "日期", "时间"))
_FORMATS = {
    "date": (re.compile(r"\d{4}-\d\d-\d\d"), "2025-01-01"),
    "time": (re.compile(r"\d\d:\d\d(?::\d\d)?"), "08:00:00"),
    "date-time": (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*"), "2025-01-01T08:00:00Z"),
    "email": (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII), "someone@example.com"),
    "uri": (re.compile(r"https?://[!-~]+"), "https://example.com/"),
}
_VALUE = r"(?:\s*[:：=]\s*|\s+is\s+|为|是|叫)[\"'“]?([^\s,，。;；\"'”]+)"
_CODE = re.compile(r"\d{3,}")
_MAX_DEPTH = 6
_LAST_DEPTH = 24
_MAX_VALUES = 1000
"""Below the depth, or with so many values, a value is as small as its schema allows; what its
schema gives no end is cut at the last depth."""

_MAX_ITEMS = 100


class Supply:
    """The words of a text, each handed out once."""

    def __init__(self, text: str, question: str, without: set[str]) -> None:
        """Sort the words.

        Args:
            text: where numbers and quotations come from.
            question: where all other words come from.
            without: terms that say nothing about a value, for instance a tool's own name.
        """
        self.text = text
        self.numbers = numbers(text)
        self._question = question
        telling = [one for one in quoted(text) if not terms(one) or terms(one) - without]
        words = [*telling, *proper_names(question), *topics(question, without)]
        self._strings = words or _CODE.findall(question)

    def number(self, schema: JSONObject, name: str) -> float | None:
        """Hand out the number behind ``name``, or the first that the schema allows."""
        for value in (*numbers(self.behind(name)), *self.numbers):
            if allows(schema, value):
                if value in self.numbers:
                    self.numbers.remove(value)
                return value
        return None

    def string(self, name: str) -> str:
        """Hand out the word behind ``name``, or the next one; at the end the whole question."""
        behind = self.behind(name)
        if behind:
            return behind
        return self._strings.pop(0) if self._strings else self._question

    def names(self, choices: list[JSON]) -> list[JSON]:
        """Return those of ``choices`` that stand in the text."""
        text = self.text.lower()
        return [choice for choice in choices if str(choice).lower() in text]

    def behind(self, name: str) -> str:
        """Return the word that the text gives for ``name``, as in ``name: value``."""
        match = re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}{_VALUE}", self.text, re.IGNORECASE)
        return match[1] if name and match else ""


def fill(schema: JSONObject, text: str, question: str, without: set[str]) -> JSON:
    """Build a value that fits a JSON schema.

    Args:
        schema: the schema.
        text: where numbers and quotations come from.
        question: where all other words come from.
        without: terms that say nothing about a value.

    Returns:
        The value. Properties that are not required and have a default are left out.
    """
    return _Filler(schema, Supply(text, question, without)).fill(schema, "", 0)


class _Filler:
    def __init__(self, root: JSONObject, supply: Supply) -> None:
        self._root = root
        self._supply = supply
        self._left = _MAX_VALUES

    def _ending(self, depth: int) -> bool:
        return depth >= _MAX_DEPTH or self._left < 0

    def fill(self, schema: JSONObject, name: str, depth: int) -> JSON:
        self._left -= 1
        ending = self._ending(depth)
        if ending and allows_null(schema, self._root):
            return None
        schema = resolve(schema, self._root, ending=ending)
        if "const" in schema:
            constant: JSON = schema["const"]
            return constant
        if "enum" in schema:
            return self._choice(schema["enum"], schema)
        return self._of_kind(type_of(schema), schema, name, depth)

    def _choice(self, choices: list[JSON], schema: JSONObject) -> JSON:
        named = self._supply.names(choices)
        default: JSON = schema.get("default", choices[0])
        return named[0] if named else default

    def _of_kind(self, kind: str, schema: JSONObject, name: str, depth: int) -> JSON:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number":
                return self._number(schema, name)
            case "boolean":
                return _NEGATION.search(self._supply.text) is None
            case "null":
                return None
        return self._string(schema, name)

    def _object(self, schema: JSONObject, depth: int) -> dict[str, JSON]:
        required = schema.get("required", ())
        endless = depth >= _LAST_DEPTH or self._left < -_MAX_VALUES
        properties = {} if endless else schema.get("properties", {})
        return {
            name: self.fill(inner, name, depth + 1)
            for name, inner in properties.items()
            if name in required or not (self._ending(depth) or self._is_default(inner))
        }

    def _is_default(self, schema: JSONObject) -> bool:
        """Leave out what has a default, unless the text names one of its values."""
        choices = resolve(schema, self._root).get("enum", [])
        return "default" in schema and not self._supply.names(choices)

    def _array(self, schema: JSONObject, name: str, depth: int) -> list[JSON]:
        given = schema.get("items")
        items = given if isinstance(given, dict) else {}
        count = int(schema.get("minItems", 0))
        if not self._ending(depth):
            count = max(count, 1)
        if type_of(resolve(items, self._root)) in ("integer", "number"):
            count = max(count, len(self._supply.numbers))
        count = min(count, int(schema.get("maxItems", count)), _MAX_ITEMS)
        return [self.fill(items, name, depth + 1) for _ in range(count)]

    def _number(self, schema: JSONObject, name: str) -> float:
        value = self._supply.number(schema, name)
        if value is None:
            value = float(schema.get("default") or some_number(schema))
        return int(value) if value.is_integer() else value

    def _string(self, schema: JSONObject, name: str) -> str:
        text = self._supply.text
        form = _FORMATS.get(str(schema.get("format")))
        if form:
            found = form[0].search(text)
            return found[0] if found else form[1]
        moment = TIME.search(text)
        if moment and terms(name) & _ABOUT_TIME:
            return moment[0]
        value = self._supply.string(name)
        return value[: int(schema.get("maxLength", len(value)))]
