"""Checks values against a JSON schema that is not trusted, within bounds.

A schema can make its validator fetch an address (``$ref``), run a regular expression that never
ends, or look at one value for years. Nothing of that is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from pydantic_core import SchemaError as UnfitPatternError
from pydantic_core import SchemaValidator, core_schema
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from iflytek_spark.errors import InvalidRequestError

MAX_CHARACTERS = 32 * 1024
"""The longest schema: checking the schema itself takes 5 µs a character."""

_MAX_STEPS = 50_000
_steps: ContextVar[Iterator[int]] = ContextVar("_steps")
_Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class _TooManyStepsError(Exception):
    """A schema that looks at a value again and again."""


class SchemaCheck:
    """A schema that values can be checked against."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Set up with a JSON schema, of which ``$ref`` leads to parts of itself.

        Raises:
            InvalidRequestError: for a schema that is none, is too long, or asks for what is not
                done here.
        """
        text = json.dumps(schema, ensure_ascii=False)
        if len(text) > MAX_CHARACTERS:
            raise _refusal(f"is longer than {MAX_CHARACTERS} characters")
        self._validator = _validator(text)

    def problem(self, value: object) -> str:
        """Say what is wrong with a value, or nothing.

        Raises:
            InvalidRequestError: when the schema takes too many steps.
        """
        _steps.set(iter(range(_MAX_STEPS)))
        try:
            found = best_match(self._validator.iter_errors(value))
        except (_TooManyStepsError, RecursionError) as error:
            raise _refusal("refers to itself without end, or takes too many steps") from error
        return f"{found.json_path}: {found.message}" if found else ""


@lru_cache(256)
def _validator(text: str) -> Any:
    """Check a schema, which takes longer than using it: callers send the same again and again."""
    try:
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)
        bounded = _without_dialects(schema)
        _check_references(bounded)
    except SchemaError as error:
        raise _refusal(f"is no JSON schema: {error.message}") from error
    except Unresolvable as error:
        raise _refusal(f"refers to {error.ref!r}, which is not in it") from error
    except (RecursionError, OverflowError, ValueError) as error:
        raise _refusal("is too deep, counts too far, or has an $id that is no URL") from error
    return _Bounded(bounded, registry=Registry())


def _refusal(problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"response_format's schema {problem}", param="response_format")


def _without_dialects(part: Any) -> Any:
    """Leave out ``$schema``, which would choose another validator, and refuse patterns of keys."""
    if isinstance(part, list):
        return [_without_dialects(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "patternProperties" in part:
        raise _refusal("holds patternProperties, which are not checked here")
    return {
        key: _without_dialects(value)
        for key, value in part.items()
        if key != "$schema" or not isinstance(value, str)
    }


def _check_references(schema: Mapping[str, Any]) -> None:
    """Follow each reference, without fetching anything."""
    resource = DRAFT202012.create_resource(schema)
    uri = resource.id() or ""
    resolver = Registry().with_resource(uri, resource).resolver(uri)
    for reference in _references(schema):
        resolver.lookup(reference)


def _references(part: Any) -> Iterator[str]:
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, dict | list):
            yield from _references(value)
    if isinstance(part, dict):
        yield from (part[key] for key in ("$ref", "$dynamicRef") if isinstance(part.get(key), str))


def _pattern(
    _validator: Any, pattern: str, instance: object, _schema: object
) -> Iterator[ValidationError]:
    """Match in linear time; what looks ahead or back is not checked."""
    if not isinstance(instance, str) or (matcher := _matcher(pattern)) is None:
        return
    if not matcher.isinstance_python(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


@lru_cache(256)
def _matcher(pattern: str) -> SchemaValidator | None:
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except UnfitPatternError:
        return None


def _counted(keyword: _Keyword) -> _Keyword:
    def check(
        validator: Any, value: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError] | None:
        if next(_steps.get(), None) is None:
            raise _TooManyStepsError
        return keyword(validator, value, instance, schema)

    return check


_KEYWORDS: dict[str, Any] = {**Draft202012Validator.VALIDATORS, "pattern": _pattern}
_extend: Any = extend
_Bounded: Any = _extend(
    Draft202012Validator, {name: _counted(keyword) for name, keyword in _KEYWORDS.items()}
)
