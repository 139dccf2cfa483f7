"""References from one place of a schema to another. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

KEYWORDS = ("$ref", "$dynamicRef", "$recursiveRef")


def reference_of(schema: Mapping[str, Any]) -> str | None:
    """Return what a schema refers to, or None."""
    found = next((schema[key] for key in KEYWORDS if key in schema), None)
    return found if isinstance(found, str) else None


def target_of(reference: str, root: Any) -> Any:
    """Return the place that a reference leads to, or None: another document, or no such place."""
    if not reference.startswith("#"):
        return None
    target = root
    for escaped in reference.removeprefix("#").strip("/").split("/"):
        if escaped:
            target = _step(target, escaped)
    return target


def _step(target: Any, escaped: str) -> Any:
    key = escaped.replace("~1", "/").replace("~0", "~")
    if isinstance(target, list):
        return target[int(key)] if key.isdecimal() and int(key) < len(target) else None
    if not isinstance(target, Mapping):
        return None
    return target.get(key, target.get(unquote(key)))
