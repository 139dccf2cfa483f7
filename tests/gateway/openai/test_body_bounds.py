"""A body's values are counted right, whatever its texts hold."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.gateway.openai import body_bounds
from iflytek_spark.gateway.openai.errors import GatewayError

TEXTS = st.text(st.sampled_from('a\\"[]{},:中'), max_size=12)
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
)


def count(value: Any) -> int:
    """Its values: an opening bracket, and a comma between two."""
    if not isinstance(value, list | dict):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(len(value) - 1, 0) + sum(map(count, inner))


def refused(body: bytes, most: int) -> bool:
    with (
        mock.patch.object(body_bounds, "MAX_VALUES", most),
        mock.patch.object(body_bounds, "_BLOCK", 7),
    ):
        try:
            body_bounds.check_bounds(body)
        except GatewayError:
            return True
    return False


@given(st.lists(VALUES, min_size=3))
def test_values_are_counted_outside_of_texts_only(value: list[Any]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    strings = body.count(b'"')  # more of these than twice the bound are refused too
    found = max(count(value), strings)
    assert not refused(body, found)
    assert refused(body, count(value) - 1)


@pytest.mark.parametrize("prefix", ["data:image/png;base64,", ""])
def test_images_may_be_large_and_texts_may_not(prefix: str) -> None:
    body = json.dumps({"a": [prefix + "A" * 5_000_000, 'b"\\' * 10]}).encode()
    if prefix:
        body_bounds.check_bounds(body)
    else:
        with pytest.raises(GatewayError, match="without its images"):
            body_bounds.check_bounds(body)
