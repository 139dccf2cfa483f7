"""From a JSON schema to nodes, within a budget: references in place, choices and parts combined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from iflytek_spark.requests.schemas.budget import MAX_DEPTH, Budget
from iflytek_spark.requests.schemas.combine import all_of, any_of
from iflytek_spark.requests.schemas.keywords import (
    kept_keywords,
    kinds_of,
    names_of,
    noted_numbers,
    values_and_null,
)
from iflytek_spark.requests.schemas.node import TYPES, Node, phrase
from iflytek_spark.requests.schemas.references import reference_of, target_of


@dataclass(frozen=True, slots=True)
class _Way:
    """How a place was reached.

    Attributes:
        references: those that it stands inside of.
        depth: how many places it stands inside of.
    """

    references: tuple[str, ...] = ("#",)
    depth: int = 0

    def deeper(self) -> _Way:
        """Return the way to a place inside of this one."""
        return _Way(self.references, self.depth + 1)

    def through(self, reference: str) -> _Way:
        """Return the way to the place that a reference leads to."""
        return _Way((*self.references, reference), self.depth + 1)


class Reader:
    """Reads one schema."""

    def __init__(self, root: Mapping[str, Any], budget: Budget) -> None:
        """Read nothing yet.

        Args:
            root: the whole schema, which references start from.
            budget: what may be spent on it.
        """
        self._root = root
        self._budget = budget

    def read(self, schema: Any, way: _Way = _Way()) -> Node:
        """Read one place and all below it.

        Args:
            schema: a JSON schema; what is none allows everything, which is told in words.
            way: how it was reached.

        Raises:
            InvalidRequestError: when the budget is spent.
        """
        if schema is False:
            return Node(notes=["no value is allowed"])
        if schema is True:
            return Node()
        if not isinstance(schema, Mapping):
            return Node(notes=["not described"])
        if way.depth > MAX_DEPTH:
            return _cut(schema, "deeper levels are left out")
        self._budget.spend(schema, referenced=len(way.references) > 1)
        schema = {key: value for key, value in schema.items() if value is not None or key in _NULLS}
        node = self._own(schema, way.deeper())
        for part in self._parts(schema, way):
            part.choice = self._budget.clip(part.choice)
            node = all_of(node, part)
        return self._conditioned(node, schema, way.deeper())

    def _own(self, schema: Mapping[str, Any], way: _Way) -> Node:
        """Read what stands in the schema itself."""
        values, null = values_and_null(schema)
        kinds, nullable, notes = kinds_of(schema, values, null)
        node = Node(kinds, nullable, values, kept_keywords(schema), notes=notes)
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            node.properties = {
                str(name): self.read(inner, way) for name, inner in properties.items()
            }
        node.required = names_of(schema, properties)
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping) and more:
            node.more = self.read(more, way)
        self._read_items(node, schema, way)
        node.notes += noted_numbers(schema)
        return node

    def _read_items(self, node: Node, schema: Mapping[str, Any], way: _Way) -> None:
        items, rest = schema.get("items"), schema.get("additionalItems")
        row = schema.get("prefixItems")
        if isinstance(items, list | tuple):
            row, items = items, rest
        if not isinstance(row, list | tuple) or not row:
            node.items = None if items is None or items is True else self.read(items, way)
            return
        nodes = [self.read(item, way) for item in row]
        further = [self.read(items, way)] if isinstance(items, Mapping) else []
        words = [phrase(item) for item in nodes]
        if len({*words, *map(phrase, further)}) > 1:
            text = f"in this order: {', '.join(words)}"
            text += f", then {phrase(further[0])}" if further else ""
            node.notes.append(self._budget.clip(text))
        node.items = any_of([*nodes, *further])

    def _parts(self, schema: Mapping[str, Any], way: _Way) -> Iterator[Node]:
        """Read what the schema refers to and is composed of."""
        reference = reference_of(schema)
        if reference is not None:
            yield self._referenced(reference, way)
        parts = [self.read(part, way.deeper()) for part in _schemas(schema.get("allOf"))]
        if len(parts) > 1:
            yield _joint_description(parts)
        yield from parts
        for keyword in ("anyOf", "oneOf"):
            options = _schemas(schema.get(keyword))
            if options:
                yield any_of([self.read(option, way.deeper()) for option in options])

    def _referenced(self, reference: str, way: _Way) -> Node:
        name = reference.rpartition("/")[2].lstrip("#") or "the whole"
        target = target_of(reference, self._root)
        if target is None:
            return Node(notes=[f"see {reference}"])
        if reference in way.references:
            return _cut(target, f"again {name}")
        if not self._budget.may_follow:
            return _cut(target, f"{name}, left out here because the schema is too large")
        return self.read(target, way.through(reference))

    def _conditioned(self, node: Node, schema: Mapping[str, Any], way: _Way) -> Node:
        """Put conditions into words; the properties that they name may be used."""
        for words, inner in self._conditions(schema, way):
            node.notes.append(self._budget.clip(words))
            for name, found in inner.properties.items():
                node.properties.setdefault(name, found)
        _discriminate(node, schema.get("discriminator"))
        if node.properties and not node.kinds:
            node.kinds = ("object",)
        return node

    def _conditions(self, schema: Mapping[str, Any], way: _Way) -> Iterator[tuple[str, Node]]:
        if "if" in schema:
            condition = phrase(self.read(schema["if"], way))
            for keyword, words in (("then", f"if {condition}, then"), ("else", "else")):
                if keyword in schema:
                    inner = self.read(schema[keyword], way)
                    yield f"{words} {phrase(inner)}", inner
        for keyword, words in _RESTRICTING.items():
            if isinstance(schema.get(keyword), Mapping):
                yield f"{words} {phrase(self.read(schema[keyword], way))}", Node()
        for keyword, words in _BY_NAME.items():
            found = schema.get(keyword)
            for name, inner in found.items() if isinstance(found, Mapping) else ():
                yield self._by_name(words.format(name), inner, way)

    def _by_name(self, words: str, inner: Any, way: _Way) -> tuple[str, Node]:
        if isinstance(inner, list | tuple):
            return f"{words} {', '.join(map(str, inner))}", Node()
        node = self.read(inner, way)
        return f"{words} {phrase(node)}", node if words.startswith("with") else Node()


_NULLS = ("default", "const")
"""Keywords whose null says something."""

_RESTRICTING = {
    "not": "not",
    "contains": "contains",
    "propertyNames": "names:",
    "unevaluatedItems": "further items:",
    "unevaluatedProperties": "further properties:",
}
_BY_NAME = {
    "patternProperties": "names that match {}:",
    "dependentRequired": "with {} also",
    "dependentSchemas": "with {}:",
    "dependencies": "with {}:",
}


def _schemas(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _joint_description(parts: Sequence[Node]) -> Node:
    """Keep the descriptions of all parts."""
    words = dict.fromkeys(part.keywords.get("description", "") for part in parts)
    text = " ".join(word for word in words if word)
    return Node(keywords={"description": text} if text else {})


def _discriminate(node: Node, discriminator: Any) -> None:
    """Read OpenAPI's word on which property says which of the alternatives it is."""
    if not isinstance(discriminator, Mapping):
        return
    name, mapping = discriminator.get("propertyName"), discriminator.get("mapping")
    if isinstance(name, str) and isinstance(mapping, Mapping):
        known = node.properties.setdefault(name, Node())
        if known.enum is None:
            node.properties[name] = all_of(known, Node(("string",), enum=list(mapping)))


def _cut(schema: Any, word: str) -> Node:
    """Say in a word what is not read on."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    composed = isinstance(schema, Mapping) and "properties" in schema
    kind = "object" if kind is None and composed else kind
    return Node((kind,) if isinstance(kind, str) and kind in TYPES else (), notes=[word])
