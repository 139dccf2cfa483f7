"""What the service's half writes of files, batches and results, the client's half reads."""

from __future__ import annotations

import json

import pytest

from iflytek_spark import BadRequestError, Credentials, RateLimitError, SparkError
from iflytek_spark.batches import Batch, BatchCounts, BatchFile, BatchProblem
from iflytek_spark.errors import APIError, InvalidRowError
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.batch_api import ApiRequest, BatchApi
from iflytek_spark.protocol.wire.batches import client, server
from iflytek_spark.protocol.wire.batches.lines import decode_result
from iflytek_spark.protocol.wire.batches.rows import read_row

_FORM = "multipart/form-data; boundary=x"
FILES = [BatchFile("f", "rows.jsonl", "batch", 5, 1, 2), BatchFile("g", "b", "batch", 6, 3)]
ENDS = ("completed", "failed", "expired", "cancelled")
BATCHES = [
    *(
        Batch("b", end, "f", "o", "e", "/v1/chat/completions", "24h", 1, 2, 3, BatchCounts(3, 3, 0))
        for end in ENDS
    ),
    Batch(
        "b",
        "in_progress",
        "f",
        endpoint="/v1/chat/completions",
        completion_window="24h",
        created_at=1,
        counts=BatchCounts(3, 2, 1),
        metadata={"job": "甲"},
        problems=(BatchProblem("10005", "no", 3),),
    ),
]


@pytest.mark.parametrize("file", FILES)
def test_a_file_comes_back(file: BatchFile) -> None:
    noted = Deviations()
    assert client.decode_file(server.encode_file(file), noted) == file
    assert not noted.names


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.status)
def test_a_batch_comes_back(batch: Batch) -> None:
    noted = Deviations()
    assert client.decode_batch(server.encode_batch(batch), noted) == batch
    assert not noted.names


@pytest.mark.parametrize("more", [True, False, None])
def test_a_page_comes_back(more: bool | None) -> None:
    files = server.encode_page([server.file_shape(file) for file in FILES], more=more)
    assert client.decode_files(files, Deviations()) == client.Page(tuple(FILES), more)
    batches = server.encode_page([server.batch_shape(batch) for batch in BATCHES[4:]], more=more)
    assert client.decode_batches(batches, Deviations()) == client.Page((BATCHES[4],), more)
    assert client.decode_files(server.encode_page([], more=more), Deviations()).items == ()


@pytest.mark.parametrize("metadata", [{}, {"part": "1", "甲": "乙"}])
def test_what_makes_a_batch_comes_back(metadata: dict[str, str]) -> None:
    made = server.decode_new_batch(client.encode_new_batch("f", metadata).encode())
    assert (made["input_file_id"], made.get("metadata", {})) == ("f", metadata)


def test_whether_a_file_is_gone_comes_back() -> None:
    assert client.decode_deleted(server.encode_deleted("f"), Deviations())
    assert not client.decode_deleted('{"id": "f", "deleted": false}', Deviations())


def test_a_count_that_is_none_is_left_out_and_noted() -> None:
    noted = Deviations()
    body = json.dumps({"id": "f", "bytes": "many"})
    assert client.decode_file(body, noted) == BatchFile("f")
    assert noted.names


def test_an_answer_comes_back_under_its_id() -> None:
    line = server.encode_result("1", "row-1", 200, "sid", b'{"choices": []}')
    found = decode_result(line, Deviations())
    assert (found.custom_id, json.loads(found.body), found.error) == (
        "row-1",
        {"choices": []},
        None,
    )


@pytest.mark.parametrize(
    ("line", "kind", "retryable"),
    [
        (server.encode_never_asked("1", "a", "batch_expired", "late"), APIError, True),
        (server.encode_result("1", "a", 429, "sid", b'{"error": {"message": "no"}}'),
         RateLimitError, True),
        (server.encode_result("1", "a", 400, "sid", b'{"code": 10005, "message": "no"}'),
         BadRequestError, False),
        (server.encode_result("1", "a", 429, "sid", b'{}'), RateLimitError, True),
    ],
)  # fmt: skip
def test_a_failure_comes_back_with_its_kind(
    line: bytes, kind: type[SparkError], retryable: bool
) -> None:
    error = decode_result(line, Deviations()).error
    assert isinstance(error, kind)
    assert error.retryable is retryable


ASKED = [{"role": "user", "content": "hi"}]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"model": "4.0Ultra"}, "has no messages"),
        ({"model": "4.0Ultra", "messages": []}, "has no messages"),
        ({"model": "4.0Ultra", "messages": "hi"}, "has no messages"),
        ({"messages": ASKED}, "names no model"),
        ({"model": 7, "messages": ASKED}, "names no model"),
        ({"model": "4.0Ultra", "messages": ASKED, "stream": True}, "asks for a stream"),
    ],
)
def test_a_row_that_cannot_be_asked_is_named(body: object, words: str) -> None:
    row = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": body}
    with pytest.raises(InvalidRowError, match=rf"row 7 \('a'\): its body {words}"):
        read_row(json.dumps(row).encode(), 7)


@pytest.mark.parametrize(
    ("asked", "content_type"),
    [
        (ApiRequest(), None),
        (ApiRequest("DELETE"), None),
        (ApiRequest("POST", "{}"), "application/json"),
        (ApiRequest("POST", b"--x", _FORM, 9), _FORM),
        (ApiRequest(lines=True), None),
    ],
)  # fmt: skip
def test_a_askedbears_the_key_and_says_what_its_body_is(
    asked: ApiRequest, content_type: str | None
) -> None:
    api = BatchApi(asked, client.decode_file)
    opening = api.open("https://spark.test/v1/files", Credentials(api_password="secret"), 0.0)
    assert opening.headers["Authorization"] == "Bearer secret"
    assert opening.headers.get("Content-Type") == content_type
    assert (opening.method, opening.length, opening.lines) == (
        asked.method, asked.length, asked.lines,
    )  # fmt: skip
    assert api.encode(None, "", "") == asked.body
