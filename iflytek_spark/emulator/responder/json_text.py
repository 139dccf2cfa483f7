"""Finds the JSON objects that stand in a text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def json_values(text: str) -> Iterator[Any]:
    """Yield the JSON objects that stand in a text, outermost only."""
    for start, end in _spans(text):
        yield json.loads(text[start:end])


def without_json(text: str) -> str:
    """Return a text without the JSON objects that stand in it."""
    for start, end in reversed(list(_spans(text))):
        text = text[:start] + text[end:]
    return text


def _spans(text: str) -> Iterator[tuple[int, int]]:
    decode = json.JSONDecoder().raw_decode
    start = text.find("{")
    while start >= 0:
        try:
            _, end = decode(text, start)
            yield start, end
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find("{", end)
