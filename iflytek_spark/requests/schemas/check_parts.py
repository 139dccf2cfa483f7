"""The keywords of JSON Schema that look into a value, or put schemas together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from iflytek_spark.requests.schemas.check_values import is_number, matched
from iflytek_spark.requests.schemas.problem import Problem, shown
from iflytek_spark.requests.schemas.references import KEYWORDS
from iflytek_spark.requests.schemas.run import Check, Run

_MAX_REASONS = 5


def _reference(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    """Check what a schema refers to; what is not there allows everything."""
    target = run.target(schema)
    return None if target is None else run.check(target, value, path)


def _required(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    names = schema["required"]
    if not isinstance(value, Mapping) or not isinstance(names, list):
        return None
    run.spend(len(names))
    missing = next((name for name in names if isinstance(name, str) and name not in value), None)
    return None if missing is None else Problem(path, f"{missing!r} is required")


def _properties(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    known = schema["properties"]
    if not isinstance(value, Mapping) or not isinstance(known, Mapping):
        return None
    run.spend(len(value))
    return _first(
        run.check(known[name], inner, f"{path}.{name}")
        for name, inner in value.items()
        if name in known
    )


def _further(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    """Check the properties that are named nowhere."""
    if not isinstance(value, Mapping):
        return None
    known, patterns = _mapping(schema, "properties"), _mapping(schema, "patternProperties")
    for name, inner in value.items():
        run.spend(1)
        if name in known or any(matched(run, one, name) is not False for one in patterns):
            continue
        if schema["additionalProperties"] is False:
            return Problem(path, f"there is no property {name!r}")
        found = run.check(schema["additionalProperties"], inner, f"{path}.{name}")
        if found is not None:
            return found
    return None


def _by_pattern(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, Mapping):
        return None
    return _first(
        run.check(inner, value[name], f"{path}.{name}")
        for pattern, inner in _mapping(schema, "patternProperties").items()
        for name in value
        if matched(run, pattern, name)
    )


def _names(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, Mapping):
        return None
    return _first(run.check(schema["propertyNames"], name, f"{path}.{name}") for name in value)


def _row_of(schema: Mapping[str, Any]) -> Sequence[Any]:
    """Return the schemas of the first items; before draft 2020-12 ``items`` held them."""
    row = schema.get("prefixItems")
    row = schema.get("items") if row is None else row
    return row if isinstance(row, list | tuple) else ()


def _row(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, list):
        return None
    pairs = enumerate(zip(_row_of(schema), value, strict=False))
    return _first(run.check(inner, item, f"{path}[{at}]") for at, (inner, item) in pairs)


def _items(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    items = schema["items"]
    if isinstance(items, list | tuple):
        return _row(run, schema, value, path)
    return _rest(run, items, schema, value, path)


def _more_items(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    """Check draft 4's ``additionalItems``, which count beside a list of ``items`` only."""
    if not isinstance(schema.get("items"), list | tuple):
        return None
    return _rest(run, schema["additionalItems"], schema, value, path)


def _rest(run: Run, items: Any, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, list):
        return None
    start = len(_row_of(schema))
    return _first(
        run.check(items, item, f"{path}[{at}]") for at, item in enumerate(value[start:], start)
    )


def _contains(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if not isinstance(value, list):
        return None
    found = sum(run.check(schema["contains"], item, path) is None for item in value)
    least, most = schema.get("minContains", 1), schema.get("maxContains", found)
    if not is_number(least) or not is_number(most) or least <= found <= most:
        return None
    return Problem(path, f"{found} of its items are what it must contain")


def _all(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    return _first(run.check(part, value, path) for part in _listed(schema, "allOf"))


def _any(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    return _choice(run, _listed(schema, "anyOf"), value, path)


def _one(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    options = _listed(schema, "oneOf")
    fitting = 0
    for option in options:
        fitting += run.check(option, value, path) is None
    if fitting > 1:
        return Problem(path, f"{shown(value)} fits {fitting} of the alternatives, not one")
    return None if fitting else _choice(run, options, value, path)


def _choice(run: Run, options: Sequence[Any], value: Any, path: str) -> Problem | None:
    """Return the problem of the alternative that fits best: the one that fails furthest in."""
    problems: list[Problem] = []
    for option in options:
        found = run.check(option, value, path)
        if found is None:
            return None
        problems.append(found)
    if not problems:
        return None
    nearest = max(problems, key=lambda problem: len(problem.path))
    if len(nearest.path) > len(path):
        return nearest
    reasons = dict.fromkeys(str(problem).removeprefix(f"{path}: ") for problem in problems)
    return Problem(path, "; or ".join(list(reasons)[:_MAX_REASONS]))


def _not(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    if run.check(schema["not"], value, path) is not None:
        return None
    return Problem(path, f"{shown(value)} is what it must not be")


def _condition(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
    keyword = "then" if run.check(schema["if"], value, path) is None else "else"
    return run.check(schema[keyword], value, path) if keyword in schema else None


def _dependent(keyword: str) -> Check:
    def check(run: Run, schema: Mapping[str, Any], value: Any, path: str) -> Problem | None:
        if not isinstance(value, Mapping):
            return None
        return _first(
            run.check({"required": inner} if isinstance(inner, list) else inner, value, path)
            for name, inner in _mapping(schema, keyword).items()
            if name in value
        )

    return check


def _first(problems: Iterable[Problem | None]) -> Problem | None:
    return next((problem for problem in problems if problem is not None), None)


def _mapping(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    found = schema.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _listed(schema: Mapping[str, Any], keyword: str) -> Sequence[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list | tuple) else ()


PART_CHECKS: dict[str, Check] = {
    **dict.fromkeys(KEYWORDS, _reference),
    "required": _required,
    "properties": _properties,
    "additionalProperties": _further,
    "patternProperties": _by_pattern,
    "propertyNames": _names,
    "prefixItems": _row,
    "items": _items,
    "additionalItems": _more_items,
    "contains": _contains,
    "allOf": _all,
    "anyOf": _any,
    "oneOf": _one,
    "not": _not,
    "if": _condition,
    "dependentRequired": _dependent("dependentRequired"),
    "dependentSchemas": _dependent("dependentSchemas"),
    "dependencies": _dependent("dependencies"),
}
