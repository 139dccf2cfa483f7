"""Makes a tool's JSON schema flat, in the words that Spark's function calling knows.

PROTOCOL.md §3 shows ``type``, ``properties``, ``required`` and ``description`` and nothing else
of JSON Schema. References are put in place, a choice with null becomes optional, and what has no
plain form is refused rather than sent with another meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import JSONObject

_KEPT = (
    "description", "enum", "default", "format", "pattern", "minimum", "maximum",
    "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems",
    "maxItems", "uniqueItems", "examples",
)  # fmt: skip
_SCALARS = ("string", "number", "integer", "boolean")
_TYPES = (*_SCALARS, "array", "object")
_MAX_PLACES = 10_000
"""References in references can make a short schema longer than any memory."""


def flatten_parameters(schema: JSONObject, tool: str) -> dict[str, Any]:
    """Write the parameters of a tool as Spark takes them.

    Args:
        schema: a JSON schema of type object, with or without ``$defs``; empty for a tool
            without parameters.
        tool: the tool's name, for errors.

    Returns:
        A schema of ``type``, ``properties``, ``required`` and ``description``, without
        references, of the types string, number, integer, boolean, array and object.

    Raises:
        InvalidRequestError: for a schema that has no such form: one that contains itself, a
            choice between objects, a type that is not one of the six; it names the place.
    """
    if not schema:
        return {"type": "object", "properties": {}}
    try:
        flat = _Flattener(schema, tool).flatten(schema, "", ())
    except (AttributeError, TypeError, RecursionError) as error:
        raise _refusal(tool, "its parameters are no JSON schema") from error
    if flat.get("type") != "object":
        raise _refusal(tool, "its parameters are not of type object")
    return flat


class _Flattener:
    def __init__(self, root: JSONObject, tool: str) -> None:
        self._root = root
        self._tool = tool
        self._places = 0

    def flatten(self, schema: Any, place: str, above: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(schema, Mapping):
            raise self._refusal(place, "is not a schema of its own")
        self._places += 1
        if self._places > _MAX_PLACES:
            raise self._refusal("", "has too many places")
        schema, above = self._in_place(schema, place, above)
        flat = {key: schema[key] for key in _KEPT if key in schema}
        if "const" in schema:
            flat["enum"] = [schema["const"]]
        if "enum" in flat:
            flat["enum"] = [value for value in flat["enum"] if value is not None]
        flat["type"] = self._type(schema, flat, place)
        if flat["type"] == "object":
            flat |= self._object(schema, place, above)
        elif flat["type"] == "array":
            flat["items"] = self._items(schema, f"{place}[]", above)
        return flat

    def _items(self, schema: JSONObject, place: str, above: tuple[str, ...]) -> dict[str, Any]:
        if "prefixItems" not in schema:
            return self.flatten(schema.get("items") or {}, place, above)
        first, *others = (self.flatten(item, place, above) for item in schema["prefixItems"])
        if any(item != first for item in others):
            raise self._refusal(place, "is a row of several kinds of value")
        return first

    def _in_place(
        self, schema: JSONObject, place: str, above: tuple[str, ...]
    ) -> tuple[JSONObject, tuple[str, ...]]:
        """Put what a schema refers to, or is composed of, in its place."""
        while True:
            if "$ref" in schema:
                reference = str(schema["$ref"])
                if reference in above:
                    raise self._refusal(place, f"contains itself through {reference}")
                above = (*above, reference)
                schema = {**self._target(reference, place), **_without(schema, "$ref")}
            elif "allOf" in schema:
                schema = self._merged(schema, place)
            elif choice := schema.get("anyOf") or schema.get("oneOf"):
                schema = self._chosen(schema, choice, place)
            else:
                return schema, above

    def _target(self, reference: str, place: str) -> JSONObject:
        target: Any = self._root
        for escaped in reference.removeprefix("#").strip("/").split("/"):
            key = escaped.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, Mapping) or key not in target:
                raise self._refusal(place, f"refers to {reference}, which does not exist")
            target = target[key]
        return {**target}

    def _merged(self, schema: JSONObject, place: str) -> JSONObject:
        parts: Sequence[JSONObject] = schema["allOf"]
        if len(parts) != 1:
            raise self._refusal(place, "is a combination of several schemas")
        return {**parts[0], **_without(schema, "allOf")}

    def _chosen(self, schema: JSONObject, choice: Sequence[JSONObject], place: str) -> JSONObject:
        rest = _without(schema, "anyOf", "oneOf")
        options = [option for option in choice if option.get("type") != "null"]
        if len(options) == 1:
            return {**options[0], **rest}
        kinds = [option.get("type") for option in options]
        if not all(kind in _SCALARS for kind in kinds):
            raise self._refusal(place, "is a choice between several kinds of value")
        return {**rest, "type": list(dict.fromkeys(kinds))}

    def _type(self, schema: JSONObject, flat: dict[str, Any], place: str) -> str:
        kind = schema.get("type")
        if isinstance(kind, list | tuple):
            return self._one_of([item for item in kind if item != "null"], flat, place)
        if kind is None:
            kind = _implied(schema, flat)
        if kind not in _TYPES:
            raise self._refusal(place, f"is of type {kind!r}, which Spark does not know")
        return str(kind)

    def _one_of(self, kinds: list[str], flat: dict[str, Any], place: str) -> str:
        """Write a choice between plain values as a string that says so."""
        if len(kinds) == 1 and kinds[0] in _TYPES:
            return kinds[0]
        if not kinds or not all(kind in _SCALARS for kind in kinds):
            raise self._refusal(place, f"is a choice between {kinds}")
        if set(kinds) == {"integer", "number"}:
            return "number"
        words = flat.get("description", "")
        flat["description"] = f"{words} ({' or '.join(kinds)})".strip()
        return "string"

    def _object(self, schema: JSONObject, place: str, above: tuple[str, ...]) -> dict[str, Any]:
        properties = {
            name: self.flatten(inner, f"{place}.{name}" if place else name, above)
            for name, inner in (schema.get("properties") or {}).items()
        }
        more = schema.get("additionalProperties")
        typed = isinstance(more, Mapping) and bool(more)
        flat: dict[str, Any] = {"properties": properties} if properties or not typed else {}
        if typed:
            place = f"{place}.*" if place else "*"
            flat["additionalProperties"] = self.flatten(more, place, above)
        required = list(schema.get("required") or ())
        return flat | ({"required": required} if required else {})

    def _refusal(self, place: str, reason: str) -> InvalidRequestError:
        hint = "give the tool plain parameters: objects, arrays, strings, numbers, booleans"
        return _refusal(self._tool, f"{place or 'its schema'} {reason}", hint)


def _refusal(tool: str, reason: str, hint: str = "") -> InvalidRequestError:
    return InvalidRequestError(f"tool {tool!r}: {reason}", hint=hint, param="tools")


def _implied(schema: JSONObject, flat: dict[str, Any]) -> str:
    """Name the type of a schema that leaves it out."""
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = flat.get("enum") or []
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(isinstance(value, int) for value in values):
        return "integer"
    if values and all(isinstance(value, int | float) for value in values):
        return "number"
    return "string"


def _without(schema: JSONObject, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in keys}
