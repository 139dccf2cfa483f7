"""What is wrong with a value, in words for the model to read."""

from __future__ import annotations

from collections.abc import Mapping

_MAX_SHOWN = 100


class Problem:
    """What is wrong with a value.

    Attributes:
        path: where it stands.
    """

    def __init__(self, path: str, message: str) -> None:
        """Set up."""
        self.path = path
        self._message = message

    def __str__(self) -> str:
        """Return path and message."""
        return f"{self.path}: {self._message}"


def shown(value: object) -> str:
    """Write a value for the model to read, its beginning at least."""
    text = repr(value) if isinstance(value, str | int | float | None) else _kind(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _kind(value: object) -> str:
    return "the object" if isinstance(value, Mapping) else "the list"
