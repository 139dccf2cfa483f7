"""The estimate of tokens follows the vendor's rule of thumb (PROTOCOL.md §1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.requests.tokens import estimate_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("你", 1), ("你好吗", 2), ("你好abcd", 3)],
)
def test_examples(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@given(st.integers(1, 5000))
def test_a_token_is_one_and_a_half_chinese_characters(count: int) -> None:
    assert abs(estimate_tokens("字" * count) - count / 1.5) <= 1


@given(st.integers(1, 1000))
def test_a_token_is_about_four_fifths_of_an_english_word(words: int) -> None:
    assert words <= estimate_tokens("house " * words) <= 1.6 * words + 1


@given(st.text(), st.text())
def test_more_text_is_never_fewer_tokens(first: str, second: str) -> None:
    together = estimate_tokens(first + second)
    assert together >= max(estimate_tokens(first), estimate_tokens(second))
    assert together <= estimate_tokens(first) + estimate_tokens(second)


@given(st.text(min_size=1))
def test_some_text_is_some_tokens(text: str) -> None:
    assert estimate_tokens(text) >= 1
