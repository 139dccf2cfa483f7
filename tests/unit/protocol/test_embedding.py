"""The bodies of the embedding service."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import (
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
)
from iflytek_spark.models.services import DIMENSIONS
from iflytek_spark.protocol.wire.embedding import (
    EmbeddingRequest,
    decode_embedding,
    decode_embedding_request,
    encode_embedding,
    encode_embedding_answer,
)
from iflytek_spark.protocol.wire.values import RequestRefusedError

SID = "ase000eaa46@dx1"
VECTOR = [0.25, -0.5] + [0.0] * (DIMENSIONS - 2)


def packed(numbers: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer(text: str, **header: Any) -> bytes:
    """An answer as §8 shows it, written out by hand."""
    feature = {"encoding": "utf8", "compress": "raw", "format": "plain", "seq": "0", "status": "2"}
    head = {"code": 0, "message": "success", "sid": SID, **header}
    return json.dumps({"header": head, "payload": {"feature": {**feature, "text": text}}}).encode()


@pytest.mark.parametrize(("kind", "domain"), [("document", "para"), ("query", "query")])
def test_a_request_as_the_documentation_shows_it(kind: Any, domain: str) -> None:
    body = json.loads(encode_embedding("讯飞🚀", kind, "app1", "uid1"))
    inner = body["payload"]["messages"].pop("text")
    assert body == {
        "header": {"app_id": "app1", "uid": "uid1", "status": 3},
        "parameter": {
            "emb": {
                "domain": domain,
                "feature": {"encoding": "utf8", "compress": "raw", "format": "plain"},
            }
        },
        "payload": {
            "messages": {"encoding": "utf8", "compress": "raw", "format": "json", "status": 3}
        },
    }
    turns = json.loads(base64.b64decode(inner, validate=True))
    assert turns == {"messages": [{"content": "讯飞🚀", "role": "user"}]}


def test_an_answer_is_little_endian() -> None:
    vector = decode_embedding(answer(packed(VECTOR)))
    assert vector == VECTOR
    assert {type(number) for number in vector} == {float}


def test_more_numbers_are_cut_off() -> None:
    assert decode_embedding(answer(packed([*VECTOR, 1.0]))) == VECTOR


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xff", "$"),
        (b"[]", "$"),
        (b"{}", r"\$\.header"),
        (b'{"header":{"code":"x"}}', r"\$\.header\.code"),
        (b'{"header":{}}', "0 bytes"),
        (b'{"header":{"code":0}}', "0 bytes"),
        (b'{"header":{"code":0},"payload":{}}', "0 bytes"),
        (b'{"header":{"code":0},"payload":{"feature":{"text":5}}}', "not base64"),
        (answer("***"), "not base64"),
        (answer("字"), "not base64"),
        (answer(""), "0 bytes instead of 10240"),
        (answer(packed(VECTOR[:-1])), "10236 bytes"),
        (answer(base64.b64encode(b"0" * 10241).decode()), "10241 bytes"),
        (answer(packed([0.0] * DIMENSIONS)), "zero"),
        (answer(packed([math.nan, *VECTOR[1:]])), "no number"),
        (answer(packed([math.inf, *VECTOR[1:]])), "no number"),
    ],
)
def test_what_is_no_vector_is_an_error(body: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        decode_embedding(body)


def test_an_error_is_a_header_only() -> None:
    header = {"code": 11202, "message": "AppIdQpsOverFlowError", "sid": SID}
    with pytest.raises(RateLimitError) as caught:
        decode_embedding(json.dumps({"header": header}).encode())
    assert (caught.value.code, caught.value.sid, caught.value.retryable) == (11202, SID, True)


def test_an_error_needs_no_message_and_no_sid() -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        decode_embedding(b'{"header":{"code":11200}}')
    assert caught.value.sid is None


def test_the_error_does_not_quote_the_answer() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode_embedding(b'{"header":{"code":0},"payload":{"feature":{"text":["private"]}}}')
    assert "private" not in str(caught.value)


@given(st.text(min_size=1), st.sampled_from(["document", "query"]))
def test_the_service_reads_what_the_client_writes(text: str, kind: Any) -> None:
    read = decode_embedding_request(encode_embedding(text, kind, "app1", "uid1"))
    assert read == EmbeddingRequest("app1", "uid1", {"document": "para"}.get(kind, kind), text)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=9))
def test_the_client_reads_what_the_service_writes(numbers: list[float]) -> None:
    vector = [*numbers, *VECTOR[len(numbers) :]]
    body = encode_embedding_answer(SID, vector)
    if any(map(math.isinf, vector)) or not any(number * number for number in vector):
        with pytest.raises(ProtocolError):
            decode_embedding(body)
    else:
        assert decode_embedding(body) == vector
    assert json.loads(body)["header"] == {"code": 0, "message": "success", "sid": SID}


def turns(*contents: str) -> str:
    messages = [{"content": content, "role": "user"} for content in contents]
    return base64.b64encode(json.dumps({"messages": messages}).encode()).decode()


def request(text: Any, **header: Any) -> bytes:
    """The least that the service takes; the newer documentation drops the rest (§8)."""
    body = {
        "header": {"app_id": "app1", **header},
        "parameter": {"emb": {"domain": "para", "feature": {"encoding": "utf8"}}},
        "payload": {"messages": {"text": text}},
    }
    return json.dumps(body).encode()


def test_the_least_that_the_service_takes() -> None:
    assert decode_embedding_request(request(turns("a"))) == EmbeddingRequest(
        "app1", "", "para", "a"
    )


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"{", 10003, "invalid json"),
        (b'{"header":{"app_id":"a"}}', 10004, r"\$\.parameter"),
        (request(turns("a"), status=2), 10004, r"\$\.header\.status"),
        (request(turns("a"), uid=5), 10004, r"\$\.header\.uid"),
        (request("***"), 10003, "invalid base64"),
        (request(base64.b64encode(b"{").decode()), 10003, "invalid json"),
        (request(turns()), 10004, r"\$\.messages"),
        (request(turns("a", "b")), 10004, r"\$\.messages"),
        (
            request(base64.b64encode(b'{"messages":[{"content":"a"}]}').decode()),
            10004,
            r"\$\.messages\[0\]\.role",
        ),
    ],
)
def test_what_the_service_refuses(body: bytes, code: int, words: str) -> None:
    with pytest.raises(RequestRefusedError, match=words) as caught:
        decode_embedding_request(body)
    assert caught.value.code == code
