"""From a node to the schema that Spark is sent."""

from __future__ import annotations

from typing import Any

from iflytek_spark.requests.schemas.node import ANYTHING, TYPES, Node


class Writer:
    """Writes one tool's parameters.

    Attributes:
        exact: whether all that was written says the whole; False when words were needed.
    """

    def __init__(self) -> None:
        """Start with nothing written."""
        self.exact = True

    def write(self, node: Node, *, required: bool = False) -> dict[str, Any]:
        """Write a place of a schema, and those below it.

        Args:
            node: the place.
            required: whether it cannot be left out, so that null must be allowed in words.
        """
        kind = node.kind if node.kind in TYPES else "string"
        flat = {key: value for key, value in node.keywords.items() if key != "title"}
        if node.enum:
            flat["enum"] = node.enum
        words = self._words(node)
        if required and node.nullable and not node.only_null:
            words.append("or null")
        if words:
            text = f"{flat.get('description', '')} ({'; '.join(words)})".strip()
            flat["description"] = text
        flat["type"] = kind
        if kind == "object":
            flat |= self._object(node)
        elif kind == "array":
            flat["items"] = self.write(node.items or Node())
        return flat

    def _words(self, node: Node) -> list[str]:
        words = [node.choice] if node.choice else []
        several = len(node.kinds) > 1 and set(node.kinds) != {"integer", "number"}
        if several and not words:
            words = [" or ".join(node.kinds)]
        elif not words and not node.kinds and not node.notes:
            words = [ANYTHING]
        elif node.only_null:
            words = ["null"]
        words += node.notes
        self.exact = self.exact and not words
        return list(dict.fromkeys((*node.meanings, *words)))

    def _object(self, node: Node) -> dict[str, Any]:
        properties = {
            name: self.write(inner, required=name in node.required)
            for name, inner in node.properties.items()
        }
        flat: dict[str, Any] = {"properties": properties} if properties or not node.more else {}
        if node.more:
            flat["additionalProperties"] = self.write(node.more)
        return flat | ({"required": node.required} if node.required else {})
