"""The tree of errors is what its page says, and an error survives a trip between processes."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from iflytek_spark import errors
from iflytek_spark.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ClockSkewError,
    ContextLengthError,
    InternalServerError,
    InvalidRequestError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
)


def every_error() -> list[type[SparkError]]:
    members = vars(errors).values()
    return [one for one in members if inspect.isclass(one) and issubclass(one, SparkError)]


def drawn_tree() -> dict[str, str]:
    """Read the tree in the page's docstring: each class and the class above it."""
    path: list[str] = []
    tree: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    (?P<rails>(?:│   |    |├── |└── )*)(?P<name>\w+Error)\b", line)
        if match:
            depth = len(match["rails"]) // 4
            path[depth:] = [match["name"]]
            tree[match["name"]] = path[depth - 1] if depth else "Exception"
    return tree


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {one.__name__: one.__bases__[0].__name__ for one in every_error()}
    assert drawn_tree() == real


def test_a_time_out_is_pythons_own_as_well() -> None:
    assert issubclass(APITimeoutError, TimeoutError)


@pytest.mark.parametrize("kind", every_error())
@pytest.mark.parametrize("trip", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])  # noqa: S301
def test_errors_keep_their_attributes_on_a_trip(kind: type[SparkError], trip: object) -> None:
    assert callable(trip)
    error = kind("went wrong", code=11200, sid="cht1", hint="do this", retryable=True)
    extra = {"status": 403, "retry_after": 2.0, "skew": -4.0, "stage": "connect"}
    for name in extra.keys() & set(dir(kind)):
        setattr(error, name, extra[name])
    twin = trip(error)
    assert type(twin) is kind
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)


def test_every_attribute_of_the_page_has_a_value() -> None:
    assert APIError("x").status is None
    assert APIError("x").retry_after is None
    assert ClockSkewError("x").skew is None
    assert APITimeoutError("x").stage == ""


@pytest.mark.parametrize("kind", every_error())
def test_a_class_is_retryable_only_where_a_second_try_can_help(kind: type[SparkError]) -> None:
    hopeful = (APIConnectionError, RateLimitError, InternalServerError, errors.EmptyResponseError)
    assert kind("x").retryable is issubclass(kind, hopeful)


def test_one_error_may_differ_from_its_class() -> None:
    assert not RateLimitError("x", retryable=False).retryable
    assert RateLimitError("x").retryable
    assert InvalidRequestError("x", retryable=True).retryable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SparkError("it broke"), "it broke"),
        (SparkError("it broke", sid="cht9"), "it broke (sid cht9)"),
        (SparkError("it broke", hint="mend it"), "it broke — mend it"),
        (SparkError("it broke", sid="cht9", hint="mend it"), "it broke (sid cht9) — mend it"),
    ],
)
def test_the_text_has_message_sid_and_hint(error: SparkError, text: str) -> None:
    assert str(error) == text
    assert error.message == "it broke"


def test_one_except_clause_catches_what_belongs_together() -> None:
    assert issubclass(StreamInterruptedError, APIConnectionError)
    assert issubclass(ContextLengthError, errors.BadRequestError)
    assert not issubclass(InvalidRequestError, APIError)
