"""The check of one value against a schema: where it stands, and how many steps are left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from iflytek_spark.requests.schemas.problem import Problem, shown
from iflytek_spark.requests.schemas.references import reference_of, target_of

MAX_STEPS = 50_000
MAX_LEVELS = 60
_CHARACTERS_OF_A_STEP = 256


class TooManyStepsError(Exception):
    """A schema or a value that is too large, too deep, or without end: it was not checked."""


class Run:
    """The check of one value; it counts the steps, and knows what was weighed before."""

    def __init__(
        self, root: Mapping[str, Any], checks: Mapping[str, Check], *, lenient: bool
    ) -> None:
        """Start with no step taken.

        Args:
            root: the schema, to whose parts references lead.
            checks: what each keyword asks of a value.
            lenient: see :class:`~iflytek_spark.requests.schemas.check.SchemaCheck`.
        """
        self.lenient = lenient
        self._checks = checks
        self._root = root
        self._steps = MAX_STEPS
        self._level = 0
        self._keys: dict[int, frozenset[object]] = {}

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
        for keyword, check in self._checks.items():
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
        self.spend(1 + len(reference) // _CHARACTERS_OF_A_STEP)
        return target_of(reference, self._root)

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


Check: TypeAlias = Callable[[Run, Mapping[str, Any], Any, str], Problem | None]
"""What one keyword asks of a value, as ``check(run, schema, value, path)``."""
