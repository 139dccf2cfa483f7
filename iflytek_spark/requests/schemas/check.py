"""Whether a value fits a JSON schema that is not trusted, in a bounded number of steps.

It knows JSON Schema's draft 2020-12 and the older forms of a few keywords. ``format``, annotations
and keywords that it does not know are passed over; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iflytek_spark.requests.schemas.check_parts import PART_CHECKS
from iflytek_spark.requests.schemas.check_values import VALUE_CHECKS, Problem, shown
from iflytek_spark.requests.schemas.patterns import MAX_WEIGHT, Pattern
from iflytek_spark.requests.schemas.references import reference_of, target_of

MAX_STEPS = 25_000
"""About 0.1 s: it may be an event loop that waits."""

MAX_LEVELS = 60
_CHARACTERS_OF_A_STEP = 256
_CHARACTERS_OF_A_REFERENCE = 8
_WEIGHT_OF_A_STEP = 12
_MATCHES_OF_A_STEP = 400
_CHECKS = {**VALUE_CHECKS, **PART_CHECKS}


class TooManyStepsError(Exception):
    """A schema or a value that is too large, too deep, or without end: it was not checked."""


class SchemaCheck:
    """A schema that values can be checked against."""

    def __init__(self, schema: Mapping[str, Any], *, lenient: bool = False) -> None:
        """Set up. Nothing is done before there is a value.

        Args:
            schema: a JSON schema, of which ``$ref`` leads to parts of itself. Parts that are no
                schema allow everything.
            lenient: whether a number or a boolean may also stand in a string, as models write
                them where a schema was told them as text.
        """
        self.schema = schema
        self.lenient = lenient

    def problem(self, value: object) -> str:
        """Say what is wrong with a value, with its JSON path: ``$.to[0]: 5 is not a string``.

        Returns:
            An empty string for a value that fits.

        Raises:
            TooManyStepsError: when it takes more than ``MAX_STEPS`` steps or ``MAX_LEVELS``
                levels.
        """
        found = Run(self.schema, lenient=self.lenient).check(self.schema, value, "$")
        return "" if found is None else str(found)


class Run:
    """The check of one value; it counts the steps, and knows what was weighed before."""

    def __init__(self, root: Mapping[str, Any], *, lenient: bool) -> None:
        """Start with no step taken."""
        self.lenient = lenient
        self._root = root
        self._steps = MAX_STEPS
        self._level = 0
        self._keys: dict[int, frozenset[object]] = {}
        self._patterns: dict[str, Pattern] = {}

    def check(self, schema: Any, value: Any, path: str) -> Problem | None:
        """Check a value against a schema of the root; return the first problem."""
        self.spend(1)
        if schema is False:
            return Problem(path, f"{shown(value)} is not allowed")
        if not isinstance(schema, Mapping):
            return None
        self._level += 1
        if self._level > MAX_LEVELS:
            raise _too_many()
        found = self._first_problem(schema, value, path)
        self._level -= 1
        return found

    def _first_problem(self, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
        for keyword, check in _CHECKS.items():
            if keyword in schema and (schema[keyword] is not None or keyword == "const"):
                self.spend(1)
                found = check(self, schema, value, path)
                if found is not None:
                    return found
        return None

    def spend(self, steps: int) -> None:
        """Count steps before they are taken.

        Raises:
            TooManyStepsError: when there are none left.
        """
        self._steps -= steps
        if self._steps < 0:
            raise _too_many()

    def target(self, schema: Mapping[str, Any]) -> Any:
        """Return what a schema refers to, or None."""
        reference = reference_of(schema)
        if reference is None:
            return None
        self.spend(1 + len(reference) // _CHARACTERS_OF_A_REFERENCE)
        return target_of(reference, self._root)

    def matched(self, pattern: str, text: str) -> bool | None:
        """Match a pattern, which is made once; see :meth:`~.patterns.Pattern.matches`."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = Pattern(pattern)
            self.spend(len(pattern) // _CHARACTERS_OF_A_REFERENCE)
            self.spend(min(found.weight, MAX_WEIGHT) // _WEIGHT_OF_A_STEP)
        self.spend(1 + len(text) * min(found.places, MAX_WEIGHT) // _MATCHES_OF_A_STEP)
        return found.matches(text)

    def keys(self, values: list[Any]) -> frozenset[object]:
        """Return the keys of an enum's values, which are weighed once."""
        if id(values) not in self._keys:
            self._keys[id(values)] = frozenset(map(self.key, values))
        return self._keys[id(values)]

    def key(self, value: Any) -> object:
        """Return what is equal for values that are equal in JSON: 1 and 1.0, but not 1 and true."""
        self.spend(1)
        match value:
            case bool():
                return ("boolean", value)
            case str():
                self.spend(len(value) // _CHARACTERS_OF_A_STEP)
                return value
            case list() | tuple() | Mapping():
                return self._key_of_many(value)
        return value

    def _key_of_many(self, value: Any) -> object:
        self._level += 1
        if self._level > MAX_LEVELS:
            raise _too_many()
        if isinstance(value, Mapping):
            key: object = frozenset((name, self.key(inner)) for name, inner in value.items())
        else:
            key = tuple(map(self.key, value))
        self._level -= 1
        return (type(key).__name__, key)


def _too_many() -> TooManyStepsError:
    return TooManyStepsError(f"the schema takes more than {MAX_STEPS} steps or {MAX_LEVELS} levels")
