"""Two ways to put schemas together: what fits one of them, and what fits both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from iflytek_spark.requests.schemas.node import (
    ANNOTATIONS,
    Node,
    as_json,
    outline,
    phrase,
    short_array,
    unique,
    values_of,
)


def any_of(nodes: Sequence[Node]) -> Node:
    """Return the narrowest plain form that allows all that one of the nodes allows.

    What it allows beyond them is told in the words of its choice.
    """
    nullable = any(node.nullable for node in nodes)
    options = [node for node in nodes if not node.only_null] or list(nodes[:1])
    if len(options) == 1:
        only = options[0]
        only.nullable = only.nullable or nullable
        return only
    if all(node.enum is not None and not node.choice for node in options):
        return _constants(options, nullable)
    joined = Node(
        _kinds(options),
        nullable,
        keywords=_common(options),
        properties=_any_properties(options),
        required=_always_required(options),
        more=_joined(node.more for node in options),
        items=_joined(node.items for node in options),
    )
    joined.choice = _choice(options, joined)
    if joined.kind == "array":  # the objects are in the words of the choice
        joined.properties, joined.required, joined.more = {}, [], None
    return joined


def _constants(options: Sequence[Node], nullable: bool) -> Node:
    """Make one enum of constants; what each means goes into words."""
    values = unique(value for node in options for value in node.enum or ())
    meanings = [
        f"{values_of(node)}: {meaning}"
        for node in options
        if (meaning := node.keywords.get("description") or node.keywords.get("title"))
    ]
    meanings += [meaning for node in options for meaning in node.meanings]
    notes = [note for node in options for note in node.notes]
    return Node(_kinds(options), nullable, values, meanings=meanings, notes=notes)


def _kinds(options: Sequence[Node]) -> tuple[str, ...]:
    if any(not node.kinds for node in options):
        return ()
    return tuple(dict.fromkeys(kind for node in options for kind in node.kinds))


def _common(options: Sequence[Node]) -> dict[str, Any]:
    first, *others = [node.restrictions for node in options]
    return {
        key: value
        for key, value in first.items()
        if all(other.get(key) == value and key in other for other in others)
    }


def _objects(options: Iterable[Node]) -> list[Node]:
    return [node for node in options if "object" in node.kinds]


def _any_properties(options: Sequence[Node]) -> dict[str, Node]:
    found: dict[str, list[Node]] = {}
    for node in options:
        for name, inner in node.properties.items():
            found.setdefault(name, []).append(inner)
    return {name: any_of(inner) for name, inner in found.items()}


def _always_required(options: Sequence[Node]) -> list[str]:
    objects = _objects(options)
    if not objects:
        return []
    others = [set(node.required) for node in objects[1:]]
    return [name for name in objects[0].required if all(name in other for other in others)]


def _joined(nodes: Iterable[Node | None]) -> Node | None:
    found = [node for node in nodes if node is not None]
    return any_of(found) if found else None


def _choice(options: Sequence[Node], joined: Node) -> str:
    """Say the alternatives; what the written type shows anyway is only outlined."""
    kind = joined.kind
    words = list(dict.fromkeys(_alternative(node, kind) for node in options))
    if _is_shown(options, joined):
        return ""
    words = [one for one in words if one]
    return "one of: " + ", ".join(words) if kind == "object" else " or ".join(words)


def _is_shown(options: Sequence[Node], joined: Node) -> bool:
    """Whether the joined node allows no more than the options, without any word of it."""
    if len(joined.kinds) != 1 and set(joined.kinds) != {"integer", "number"}:
        return False
    if any(node.enum is not None or node.choice or node.notes for node in options):
        return False
    if any(node.keywords.get("description") for node in options):
        return False
    if joined.kind == "object":
        return all(_same_object(node, options[0]) for node in options)
    if joined.kind == "array":
        return all(node.restrictions == joined.restrictions for node in options)
    return any(node.restrictions == joined.restrictions for node in options)


def _same_object(one: Node, other: Node) -> bool:
    return (
        list(one.properties) == list(other.properties)
        and set(one.required) == set(other.required)
        and one.restrictions == other.restrictions
        and all(inner == other.properties[name] for name, inner in one.properties.items())
    )


def _alternative(node: Node, kind: str) -> str:
    if node.kinds == (kind,) and node.enum is None:
        if kind == "object":
            return outline(node)
        if kind == "array":
            return _with_words(short_array(node), node)
    return phrase(node)


def _with_words(text: str, node: Node) -> str:
    plain = Node(choice=text, keywords={**node.keywords}, meanings=node.meanings, notes=node.notes)
    return phrase(plain) + (f" ({node.choice})" if node.choice else "")


def all_of(own: Node, part: Node) -> Node:
    """Return the plain form of what fits both; words say what it cannot.

    Args:
        own: whose annotations win.
        part: what it is composed with.
    """
    notes = [*own.notes, *part.notes]
    kinds = _shared_kinds(own.kinds, part.kinds)
    if own.kinds and part.kinds and not kinds:
        kinds, notes = own.kinds, [*notes, f"and {phrase(part)}"]
    elif kinds and (hidden := [node for node in (own, part) if _is_hidden(node, Node(kinds).kind)]):
        notes += [f"and {phrase(node)}" for node in hidden]
    elif part.enum is not None and own.enum is not None:
        notes += [] if _same_values(own, part) else [f"and one of {values_of(part)}"]
    return Node(
        kinds,
        _nullable(own, part),
        own.enum if own.enum is not None else part.enum,
        {**part.keywords, **own.keywords},
        _all_properties(own, part),
        list(dict.fromkeys((*own.required, *part.required))),
        _both(own.more, part.more),
        _both(own.items, part.items),
        "; ".join(filter(None, dict.fromkeys((own.choice, part.choice)))),
        [*own.meanings, *part.meanings],
        [*notes, *_differences(own, part)],
    )


def _is_hidden(node: Node, kind: str) -> bool:
    """Whether a node says something of objects or arrays, and another type is written."""
    return kind != node.kind and bool(node.properties or node.more or node.items)


def _shared_kinds(own: tuple[str, ...], part: tuple[str, ...]) -> tuple[str, ...]:
    if not own or not part:
        return own or part
    shared = [kind for kind in own if kind in part]
    if "number" in own + part and "integer" in own + part and "integer" not in shared:
        shared.append("integer")
    return tuple(shared)


def _nullable(own: Node, part: Node) -> bool:
    if own.kinds and part.kinds:
        return own.nullable and part.nullable
    return own.nullable or part.nullable


def _same_values(own: Node, part: Node) -> bool:
    return sorted(map(as_json, own.enum or ())) == sorted(map(as_json, part.enum or ()))


def _all_properties(own: Node, part: Node) -> dict[str, Node]:
    united = {**own.properties}
    for name, inner in part.properties.items():
        united[name] = all_of(united[name], inner) if name in united else inner
    return united


def _both(own: Node | None, part: Node | None) -> Node | None:
    return all_of(own, part) if own and part else own or part


def _differences(own: Node, part: Node) -> list[str]:
    return [
        f"and {key} {as_json(value)}"
        for key, value in part.keywords.items()
        if key not in ANNOTATIONS and own.keywords.get(key, value) != value
    ]
