"""What a model on a MaaS host answers with vectors and ranks: read, put in order, or refused."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import errors
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.wire.openai.vectors_client import (
    decode_embeddings,
    decode_ranks,
)

TWO = [{"index": 0, "embedding": [1, 0.5]}, {"index": 1, "embedding": [0, 2]}]


def vectors(data: Any, count: int = 2) -> list[list[float]]:
    body = json.dumps({"id": "emb-1", "object": "list", "data": data, "usage": {}})
    return decode_embeddings(body, Deviations()).in_order(count)


def scores(results: Any, count: int = 2) -> list[float]:
    body = json.dumps({"id": "rr-1", "results": results}).encode()
    return decode_ranks(body, Deviations()).in_order(count)


@given(st.permutations(range(7)))
def test_any_order_is_put_right(order: list[int]) -> None:
    data = [{"index": index, "embedding": [index + 1.0]} for index in order]
    assert vectors(data, 7) == [[index + 1.0] for index in range(7)]


def test_base64_is_read_too() -> None:
    packed = base64.b64encode(struct.pack("<3f", 0.5, -1, 2)).decode()
    assert vectors([{"index": 0, "embedding": packed}], 1) == [[0.5, -1.0, 2.0]]


@pytest.mark.parametrize("index", ["1", 1.0, [1]])
def test_an_index_of_another_form(index: Any) -> None:
    data = [{"index": index, "embedding": [2]}, {"index": 0, "embedding": [1]}]
    assert vectors(data) == [[1.0], [2.0]]


def test_a_single_text_needs_no_index() -> None:
    assert vectors([{"embedding": [1, 2]}], 1) == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([TWO[0], TWO[0]], "two results with the index 0"),
        ([TWO[0]], "1 results for 2 texts"),
        ([], "0 results"),
        (None, "0 results"),
        ([*TWO, {"index": 2, "embedding": [1]}], "index is 2"),
        ([TWO[0], {"index": -1, "embedding": [1]}], "index is -1"),
        ([TWO[0], {"embedding": [1]}], "index is None"),
        ([TWO[0], {"index": 1, "embedding": []}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": [0, 0]}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": [1, None]}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": [True]}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": [float("nan")]}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": [10**999]}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": "AAA"}], "zero or no numbers"),
        ([TWO[0], {"index": 1, "embedding": {}}], "zero or no numbers"),
        ([TWO[0], {"index": 1}], "zero or no numbers"),
    ],
)
def test_no_text_gets_a_wrong_vector(data: Any, words: str) -> None:
    with pytest.raises(errors.ProtocolError, match=words) as caught:
        vectors(data)
    assert caught.value.sid == "emb-1"


def test_scores_come_in_the_order_of_the_documents() -> None:
    results = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 1e-5}]
    assert scores(results) == [1e-5, 0.9]


@pytest.mark.parametrize("score", [None, "high", float("nan"), True])
def test_a_rank_without_a_score_is_refused(score: Any) -> None:
    with pytest.raises(errors.ProtocolError, match="without a score"):
        scores([{"index": 0, "relevance_score": score}], 1)


@pytest.mark.parametrize("decode", [decode_embeddings, decode_ranks])
@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"error": {"code": 11200, "message": "no order"}}, errors.PermissionDeniedError, 11200),
        ({"error": {"code": "10005", "message": "bad"}}, errors.BadRequestError, 10005),
        ({"code": 11202, "message": "slow", "sid": "s"}, errors.RateLimitError, 11202),
        ([], errors.ProtocolError, None),
        ("text", errors.ProtocolError, None),
    ],
)
def test_an_error_inside_a_200(decode: Any, body: Any, kind: Any, code: int | None) -> None:
    with pytest.raises(kind) as caught:
        decode(json.dumps(body), Deviations())
    assert caught.value.code == code


@given(st.integers(0, 80), st.integers(0, 255))
def test_damage_is_a_typed_error(place: int, byte: int) -> None:
    body = bytearray(json.dumps({"data": TWO}).encode())
    body[place % len(body)] = byte
    try:
        found = decode_embeddings(bytes(body), Deviations()).in_order(2)
    except errors.SparkError:
        return
    assert len(found) == 2
