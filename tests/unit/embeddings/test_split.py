"""Texts that are too long for one vector: cut, asked for piece by piece, averaged."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.embeddings.split import embedding_flow, mean_vector, split_text
from iflytek_spark.errors import (
    ContextLengthError,
    ProtocolError,
)
from iflytek_spark.models.services import MAX_TOKENS, TooLong, Vector
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.requests.tokens import estimate_tokens
from tests.unit.protocol.post_helpers import Played, call, ok, play

SENTENCE = "讯飞星火是一个大语言模型。"


@given(
    st.text(alphabet="abc 甲乙丙。!?.\n,,", max_size=400),
    st.integers(min_value=1, max_value=60),
)
def test_pieces_are_within_the_limit_and_lose_nothing(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < estimate_tokens(piece) <= limit for piece in pieces)
    assert pieces == [piece.strip() for piece in pieces]


def test_a_text_is_cut_after_a_sentence() -> None:
    pieces = split_text(SENTENCE * 5, 30)
    assert "".join(pieces) == SENTENCE * 5
    assert all(piece.endswith("。") for piece in pieces)


def test_quotes_stay_with_their_sentence() -> None:
    pieces = split_text("他说:「很好。」" * 6 + 'He said: "Fine." ' * 6, 24)
    assert {piece[-1] for piece in pieces} == {"」", '"'}


def test_without_sentences_a_text_is_cut_at_a_gap() -> None:
    pieces = split_text("word " * 100, 11)
    assert {word for piece in pieces for word in piece.split()} == {"word"}


def test_without_gaps_a_text_is_cut_anywhere() -> None:
    assert [len(piece) for piece in split_text("字" * 7, 2)] == [3, 3, 1]


def test_a_number_is_not_the_end_of_a_sentence() -> None:
    assert split_text("a" * 20 + " 3.14159 is pi", 7) == ["a" * 20, "3.14159 is pi"]


def test_the_mean_is_weighted_and_as_long_as_what_it_is_made_of() -> None:
    assert mean_vector([[1.0, 0.0], [0.0, 1.0]], [1, 1]) == pytest.approx([0.5**0.5, 0.5**0.5])
    vector = mean_vector([[2.0, 0.0], [0.0, 4.0]], [3, 1])
    assert math.hypot(*vector) == pytest.approx(2.5)
    assert vector[0] / vector[1] == pytest.approx(6 / 4)


def test_pieces_that_cancel_out_are_an_error() -> None:
    with pytest.raises(ProtocolError, match="cancel"):
        mean_vector([[1.0], [-1.0]], [1, 1])


class Asked:
    """Answers each piece by a vector, unless it has more tokens than the service counts."""

    def __init__(self, limit: int = MAX_TOKENS) -> None:
        self.pieces: list[str] = []
        self._limit = limit

    def ask(self, text: str) -> Flow[Vector]:
        self.pieces.append(text)
        return call(decode=lambda _: self._vector(text))

    def _vector(self, text: str) -> Vector:
        if estimate_tokens(text) > self._limit:
            raise api_error(10907, "too long", "ase1")
        return [float(estimate_tokens(text)), 1.0]

    def run(self, text: str, too_long: TooLong = "split") -> Played:
        return play(embedding_flow(text, self.ask, too_long, MAX_TOKENS), *[ok()] * 99)


def test_a_short_text_is_asked_for_as_it_is() -> None:
    asked = Asked()
    assert asked.run(" short ").result == [2.0, 1.0]
    assert asked.pieces == [" short "]


def test_a_long_text_is_asked_for_in_pieces() -> None:
    text = SENTENCE * 500
    asked = Asked()
    played = asked.run(text)
    assert len(asked.pieces) == len(played.posts) == 3
    assert "".join(asked.pieces) == text
    weights = [estimate_tokens(piece) for piece in asked.pieces]
    vectors = [[float(weight), 1.0] for weight in weights]
    assert played.result == mean_vector(vectors, weights)


def test_a_text_that_the_service_counts_as_longer_is_halved_until_it_fits() -> None:
    asked = Asked(limit=300)
    played = asked.run(SENTENCE * 100)
    taken = [piece for piece in asked.pieces if estimate_tokens(piece) <= 300]
    assert "".join(taken) == SENTENCE * 100
    assert len(played.result) == 2


def test_a_text_that_the_service_never_takes_is_not_halved_for_ever() -> None:
    asked = Asked(limit=0)
    played = asked.run(SENTENCE * 100)
    assert isinstance(played.error, ContextLengthError)
    assert 40 < estimate_tokens(asked.pieces[-1]) <= 64


def test_the_services_count_is_an_error_to_whom_wants_one() -> None:
    asked = Asked(limit=300)
    assert isinstance(asked.run(SENTENCE * 100, "error").error, ContextLengthError)
    assert len(asked.pieces) == 1
