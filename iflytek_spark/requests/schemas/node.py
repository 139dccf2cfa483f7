"""One place of a schema, as far as it can be said plainly, and the rest in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

SCALARS = ("string", "number", "integer", "boolean")
TYPES = (*SCALARS, "array", "object")
ANNOTATIONS = ("description", "default", "examples", "title")
ANYTHING = "any JSON value"


@dataclass(slots=True)
class Node:
    """What may stand at one place.

    Attributes:
        kinds: the types of JSON that are allowed, without null; empty for all.
        nullable: whether null is allowed too.
        enum: the values that are allowed, without null, or None for all of the kinds.
        keywords: what is kept as it is: description, default, bounds, pattern and such.
        properties: of an object.
        required: names of properties that must be there.
        more: what further properties must be, or None.
        items: what the items of an array must be, or None.
        choice: the alternatives in words, where the other attributes are wider than they are;
            what these say already is not repeated in it.
        meanings: what the values of the enum mean, in words.
        notes: further restrictions, in words.
    """

    kinds: tuple[str, ...] = ()
    nullable: bool = False
    enum: list[Any] | None = None
    keywords: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Node] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    more: Node | None = None
    items: Node | None = None
    choice: str = ""
    meanings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The one type that is written: the one with the most structure, else string."""
        kinds = set(self.kinds)
        if kinds == {"integer", "number"}:
            return "number"
        if len(kinds) == 1:
            return self.kinds[0]
        return next((kind for kind in ("array", "object") if kind in kinds), "string")

    @property
    def only_null(self) -> bool:
        """Whether nothing but null is allowed."""
        return self.kinds == ("null",) and self.enum is None and not self.notes

    @property
    def restrictions(self) -> dict[str, Any]:
        """The keywords that are not annotations."""
        return {key: value for key, value in self.keywords.items() if key not in ANNOTATIONS}


def unique(values: Iterable[Any]) -> list[Any]:
    """Return values without repetitions; 1, 1.0 and true are three values."""
    return list(
        {json.dumps(value, sort_keys=True, default=str): value for value in values}.values()
    )


def as_json(value: object) -> str:
    """Write a value for the model to read."""
    return json.dumps(value, ensure_ascii=False, default=str)


def phrase(node: Node) -> str:
    """Say in words all that a node allows."""
    text = node.choice if node.choice and not _is_structured(node) else _shape(node)
    details = [f"{key} {as_json(value)}" for key, value in node.restrictions.items()]
    if node.enum is not None and text is node.choice:
        details.append(f"one of {values_of(node)}")
    text = f"{text} with {', '.join(details)}" if details else text
    choice = "" if text.startswith(node.choice) else node.choice
    extra = [choice, node.keywords.get("description", ""), *node.meanings, *node.notes]
    extra = [words for words in extra if words]
    return f"{text} ({'; '.join(extra)})" if extra else text


def outline(node: Node) -> str:
    """Say in words which properties and constants an object has; the rest stands elsewhere."""
    names = [_outlined(name, node) for name in node.properties]
    names += [name for name in node.required if name not in node.properties]
    title = node.keywords.get("title", "")
    text = f"{title} {{{', '.join(names)}}}".strip()
    extra = [words for words in (node.choice, node.keywords.get("description", "")) if words]
    extra += node.notes
    return f"{text} ({'; '.join(extra)})" if extra else text


def short_array(node: Node) -> str:
    """Say in words that there is an array; what its items are stands elsewhere."""
    kinds = node.items.kinds if node.items else ()
    return f"array of {kinds[0]}" if len(kinds) == 1 else "array"


def values_of(node: Node) -> str:
    """Write the values of an enum."""
    return ", ".join(as_json(value) for value in node.enum or ())


def _outlined(name: str, node: Node) -> str:
    values = node.properties[name].enum or ()
    optional = "" if name in node.required else "?"
    return f"{name}{optional}: {as_json(values[0])}" if len(values) == 1 else f"{name}{optional}"


def _is_structured(node: Node) -> bool:
    return bool(node.properties or node.required or node.more or node.items)


def _shape(node: Node) -> str:
    if node.enum is not None:
        return values_of(node)
    if "object" in node.kinds and (node.properties or node.required or node.more):
        return f"object {{{', '.join(_members(node))}}}"
    if "array" in node.kinds and node.items is not None:
        others = [kind for kind in node.kinds if kind != "array"]
        return " or ".join([f"array of {phrase(node.items)}", *others])
    return " or ".join(node.kinds) or ANYTHING


def _members(node: Node) -> list[str]:
    members = [
        f"{name}{'' if name in node.required else '?'}: {phrase(inner)}"
        for name, inner in node.properties.items()
    ]
    members += [name for name in node.required if name not in node.properties]
    return members + ([f"*: {phrase(node.more)}"] if node.more else [])
