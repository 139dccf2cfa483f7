"""How much one call may spend on the schemas of its tools, all together."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iflytek_spark.errors import InvalidRequestError

MAX_PLACES = 50_000
"""Places of all tools; more is refused. No model's context holds as many."""

MAX_REFERENCED = 10_000
"""Places that references put in place, of all tools; further references are cut with a word."""

MAX_REFERENCED_BY_TOOL = 1_000
MAX_DEPTH = 40
_MAX_WORDS = 200_000
_MAX_NOTE = 8_000
_CHARACTERS_OF_A_PLACE = 64
_CONSTANTS = ("enum", "const", "default", "examples")


class Budget:
    """What is left of it. Every place is paid for before it is looked into."""

    def __init__(self) -> None:
        """Start with all of it."""
        self._places = MAX_PLACES
        self._referenced = MAX_REFERENCED
        self._left_of_tool = MAX_REFERENCED_BY_TOOL
        self._words = _MAX_WORDS

    def start_tool(self) -> None:
        """Give the next tool its share."""
        self._left_of_tool = min(MAX_REFERENCED_BY_TOOL, self._referenced)

    @property
    def may_follow(self) -> bool:
        """Whether a further reference may be put in place."""
        return self._left_of_tool > 0

    def spend(self, schema: Mapping[object, object], *, referenced: bool) -> None:
        """Pay for one place: its own keywords, not the places below it.

        Raises:
            InvalidRequestError: when all is spent.
        """
        cost = 1 + sum(_cost(key, value) for key, value in schema.items())
        self._places -= cost
        if referenced:
            self._referenced -= cost
            self._left_of_tool -= cost
        if self._places < 0:
            raise InvalidRequestError(
                f"the tools' schemas have too many places, more than {MAX_PLACES}",
                hint="offer fewer tools, or tools with smaller schemas",
                param="tools",
            )

    def clip(self, words: str) -> str:
        """Return words as far as there is room for them."""
        room = max(min(self._words, _MAX_NOTE), 0)
        self._words -= len(words)
        return words if len(words) <= room else f"{words[:room]}…"


def _cost(key: object, value: object) -> int:
    """Weigh what is copied as it is; the places below are weighed when they are looked into."""
    if key in _CONSTANTS:
        return len(json.dumps(value, default=str)) // _CHARACTERS_OF_A_PLACE
    if isinstance(value, str):
        return len(value) // _CHARACTERS_OF_A_PLACE
    return len(value) if isinstance(value, list | tuple) else 0
