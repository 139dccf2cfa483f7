"""Regular expressions of others, matched in linear time or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic_core import SchemaError, SchemaValidator, core_schema

MAX_PATTERN = 1_000
MAX_TEXT = 10_000
MAX_WEIGHT = 100_000
"""What a pattern may weigh: making its automaton takes up to 40 ms and 5 MB then."""

_TOKEN = re.compile(r"\{(\d+)(?:,(\d*))?\}|\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_LOOK_OR_FLAG = re.compile(r"\(\?(?!:|P?<[A-Za-z_]|[ims]+[:)])")
_NESTED_SET = re.compile(r"(?<!\\)\[[^\]\\]*(?:\\.[^\]\\]*)*\[")
_WORDS = re.compile(r"\\[wWpPbB]")
_DIGITS = re.compile(r"\\[dDsS]")


class Pattern:
    """A regular expression, weighed before anything is made of it.

    Attributes:
        weight: what its automaton costs to make; all repetitions written out.
        places: how many places it has, all repetitions written out: what matching one character
            costs at most.
        usable: whether it is matched at all: one that looks ahead or back, is no regular
            expression, is longer than ``MAX_PATTERN`` or weighs more than ``MAX_WEIGHT`` is not.
    """

    def __init__(self, pattern: str) -> None:
        """Weigh it."""
        short = len(pattern) <= MAX_PATTERN
        known = short and not _LOOK_OR_FLAG.search(pattern) and not _NESTED_SET.search(pattern)
        self.weight = _written_out(pattern, _weight) if known else 0
        self.places = _written_out(pattern, lambda _: 1) if known else 0
        self._pattern = pattern if known and self.weight <= MAX_WEIGHT else None
        self._matcher: SchemaValidator | None = None

    @property
    def usable(self) -> bool:
        """Make its automaton, and say whether there is one."""
        if self._pattern is not None and self._matcher is None:
            try:
                self._matcher = SchemaValidator(core_schema.str_schema(pattern=self._pattern))
            except SchemaError:
                self._pattern = None
        return self._matcher is not None

    def matches(self, text: str) -> bool | None:
        """Tell whether it is found in a text; None for what is not checked, and long texts."""
        if len(text) > MAX_TEXT or not self.usable or self._matcher is None:
            return None
        return self._matcher.isinstance_python(text)


def _written_out(pattern: str, weigh: Callable[[str], int]) -> int:
    """Add up what its parts weigh, each as often as it is repeated."""
    groups, last = [0], 0
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if text == "(":
            groups.append(0)
        elif text == ")" and len(groups) > 1:
            last = groups.pop()
            groups[-1] += last
        elif token[1]:
            times = max(int(token[1]), int(token[2] or 0), 1)
            groups[-1] += last * (times - 1)
            last *= times
        elif text not in "*+?":
            last = weigh(text)
            groups[-1] += last
    return sum(groups)


def _weight(part: str) -> int:
    """Weigh one character or set: the letters of Unicode are 700 ranges."""
    wide = part == "." or part.startswith("[^") or not part.isascii()
    named = 1_500 * len(_WORDS.findall(part)) + 100 * len(_DIGITS.findall(part))
    return 1 + len(part) // 4 + 25 * wide + named
