"""What the service writes over HTTP is read as it was meant: answers, errors, vectors, ranks."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import PermissionDeniedError, ProtocolError
from iflytek_spark.messages import ChatResponse, Citation, FinishReason, Tool, Usage
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.maas_post import (
    DocumentsToRank,
    MaasEmbedding,
    MaasRerank,
    TextsToEmbed,
)
from iflytek_spark.protocol.wire.openai import maas, spark_open
from iflytek_spark.protocol.wire.openai.error_reader import read_http_error
from iflytek_spark.protocol.wire.openai.errors import maas_error, open_error, proxy_error
from iflytek_spark.protocol.wire.openai.requests import MalformedError
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer
from iflytek_spark.protocol.wire.openai.shapes import CallsForm, UsageStyle
from iflytek_spark.protocol.wire.openai.vectors import (
    decode_embeddings_request,
    decode_rerank_request,
    encode_embeddings,
    encode_ranks,
)
from iflytek_spark.protocol.wire.values import Delta, FunctionCall
from tests.http.raw_server import events, whole
from tests.unit.protocol.http.playing import KEYS, answered, played, request_for

SID, USED = "cht000a0001@dx19aa", Usage(4, 2, 6)
CALLS = (FunctionCall("weather", '{"city":"合肥"}'), FunctionCall("time", "{}"))
PAGES = (Citation(1, "https://a.cn", "甲"),)
TOOLS = [Tool(call.name, "", {}) for call in CALLS]
texts = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), max_size=4)


def answer(words: list[str], thoughts: list[str], calls: int = 0, **more: Any) -> HttpAnswer:
    deltas = [
        *(Delta(reasoning=text) for text in thoughts),
        *(Delta(text) for text in words),
        *(Delta(call=call) for call in CALLS[:calls]),
    ]
    finish: FinishReason = "tool_calls" if calls else "stop"
    return HttpAnswer(SID, 1790000000, "spark-x", deltas, USED, finish_reason=finish, **more)


def check(read: ChatResponse, meant: HttpAnswer, usage: Usage | None = USED) -> None:
    assert (read.text, read.reasoning, read.sid) == (meant.content, meant.reasoning, SID)
    assert [(call.name, call.arguments) for call in read.tool_calls] == list(meant.calls)
    assert (read.finish_reason, read.usage) == (meant.finish_reason, usage)
    assert set(read.deviations) <= {"usage_missing"}


@pytest.mark.parametrize("style", get_args(UsageStyle))
@given(texts, texts, st.integers(0, 2), st.booleans())
def test_dialect_b(
    style: UsageStyle, words: list[str], thoughts: list[str], calls: int, counted: bool
) -> None:
    meant = answer(words or ["好"], thoughts, calls)
    request = request_for("spark-x2.5", tools=TOOLS)
    chunks = maas.encode_chunks(meant, style, include_usage=counted)
    check(answered(request, events(*chunks)), meant, USED if counted else None)
    check(answered(request, whole(maas.encode_answer(meant))), meant)


@given(texts, texts, st.integers(0, 2), st.booleans())
def test_dialect_a(words: list[str], thoughts: list[str], calls: int, found: bool) -> None:
    meant = answer(words or ["好"], thoughts, calls, pages=PAGES if found else ())
    request = request_for("x2-flash", tools=TOOLS)
    for response in (
        events(*spark_open.encode_chunks(meant, "array"), prefix=b"data:"),
        whole(spark_open.encode_answer(meant, "array")),
    ):
        read = answered(request, response)
        check(read, meant)
        assert read.citations == meant.pages


@pytest.mark.parametrize("form", get_args(CallsForm))
def test_a_call_of_dialect_a_in_each_of_its_forms(form: CallsForm) -> None:
    meant = answer([], [], 1)
    read = answered(
        request_for("x2-flash", tools=TOOLS), events(*spark_open.encode_chunks(meant, form))
    )
    assert [(call.name, call.arguments) for call in read.tool_calls] == list(meant.calls)


def test_an_error_amid_either_dialect() -> None:
    for model, payload in (
        ("x2-flash", spark_open.encode_failure(SID, 11200, "no right")),
        ("spark-x2.5", maas.encode_failure(SID, 11200, "no right", "15:24:36")),
    ):
        _, error = played(request_for(model), events(payload))
        assert isinstance(error, PermissionDeniedError)
        assert (error.code, error.sid) == (11200, SID)


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        (open_error(500, 11200, "AppIdNoAuthError (sid: cha1)").body, 11200, "AppIdNoAuthError"),
        (open_error(401, None, "invalid user").body, 0, "invalid user"),
        (maas_error(400, 10005, "bad", "invalid_request_error").body, 10005, "bad"),
        (maas_error(500, None, "RequestParamsError: x").body, 10163, "RequestParamsError"),
        (proxy_error(401, "HMAC signature").body, 0, "HMAC signature"),
        (b'{"error": "any", "code": "10012"}', 10012, "any"),
        (b'{"error": {"msg": "code: 10010, failed"}}', 10010, "failed"),
        (b'[{"error": {"message": "x", "code": 404}}]', 0, "x"),
        (b'{"error": {"message": {"a": 1}}, "code": 10005}', 10005, '{"a": 1}'),
        (b'{"error": {"message": null}}', 0, "no reason given"),
    ],
)
def test_errors(written: bytes, code: int, message: str) -> None:
    found = read_http_error(written)
    assert found is not None
    assert found.code == code
    assert message in found.message


@pytest.mark.parametrize("body", [b"<html>", b"5", b'{"choices": []}', b"[1, 2]"])
def test_what_is_no_error(body: bytes) -> None:
    assert read_http_error(body) is None


def test_vectors() -> None:
    dialect = MaasEmbedding()
    opening = dialect.open("https://host/v2/embeddings", KEYS, 0.0)
    assert opening.headers["Authorization"] == "Bearer test-maas-key"
    sent = dialect.encode(TextsToEmbed("m", ("甲", "乙"), 32), "app1", "uid1").encode()
    assert decode_embeddings_request(sent) == ("m", ("甲", "乙"), 32)
    assert decode_embeddings_request(b'{"model": "m", "input": "a"}') == ("m", ("a",), None)
    sent = dialect.encode(TextsToEmbed("m", ("甲",), None), "app1", "uid1").encode()
    assert decode_embeddings_request(sent) == ("m", ("甲",), None)
    body = encode_embeddings("emb-1", 0, "m", [(1, [0.0, 1.0]), (0, [1.0, 0.0])], 3)
    read = dialect.decode(body, Deviations())
    assert read.in_order(2) == [[1.0, 0.0], [0.0, 1.0]]


def test_ranks() -> None:
    dialect = MaasRerank()
    sent = dialect.encode(DocumentsToRank("m", "问", ("甲", "乙")), "app1", "uid1").encode()
    assert decode_rerank_request(sent) == ("m", "问", ("甲", "乙"))
    body = encode_ranks(
        "rr-1",
        0,
        "m",
        [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}],
        3,
    )
    assert dialect.decode(body, Deviations()).in_order(2) == [0.1, 0.9]


@pytest.mark.parametrize("data", [b"{", b'{"model": "m", "input": [1]}', b'{"model": "m"}'])
def test_requests_of_another_form(data: bytes) -> None:
    for read in (decode_embeddings_request, decode_rerank_request):
        with pytest.raises(MalformedError):
            read(data)


@pytest.mark.parametrize("body", [b"5", b"[]", b"[1, 2]"])
def test_vectors_in_what_is_no_object(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        MaasEmbedding().decode(body, Deviations())
