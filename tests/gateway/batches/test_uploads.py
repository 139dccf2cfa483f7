"""Uploads: on the disk, within bounds, and each row checked before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from iflytek_spark.gateway.batches.settings import BatchSettings
from tests.gateway.batches.test_openai_batches import rows
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway, one_gateway


@pytest.fixture(scope="module")
def small() -> Iterator[Gateway]:
    bounds = BatchSettings(max_file_bytes=200_000)
    with one_gateway(batches=bounds, models={"gpt-4o": "4.0Ultra"}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(small: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=small.url, api_key="any", max_retries=0) as client:
        yield client


def row(**changes: Any) -> bytes:
    (line,) = rows(1).splitlines()
    return json.dumps({**json.loads(line), **changes}).encode() + b"\n"


def body(**changes: Any) -> bytes:
    sent = json.loads(rows(1))["body"]
    return row(body={**sent, **changes})


ANY = {"authorization": "Bearer any"}
BAD = [
    (b"", "no rows"),
    (b"{nonsense\n", "row 1"),
    (rows(1) + b"[]\n", "row 2"),
    (rows(1) + row(custom_id=""), "row 2: custom_id"),
    (rows(1) + rows(1), "row 1 has the same custom_id"),
    (row(method="GET"), "row 1: method"),
    (row(url="/v1/embeddings"), "row 1: url"),
    (body(model="lite"), "the Batch API has no model"),
    (body(model="nonsense"), "row 1 ('row-0'): unknown model"),
    (body(messages=[]), "row 1 ('row-0'): messages"),
    (body(temperature="hot"), "row 1 ('row-0'): temperature"),
    (body(stream=True), "not streamed"),
    (body(n=2), "row 1 ('row-0'): n"),
    (body(messages=[{"role": "user", "content": "x" * 7000}]), "6 KB"),
    (rows(1) + body(model="max").replace(b"row-0", b"row-1"), "two models"),
]


@pytest.mark.parametrize(("data", "words"), BAD, ids=[words for _, words in BAD])
def test_a_bad_row_is_named_and_nothing_is_sent(
    client: openai.OpenAI, small: Gateway, data: bytes, words: str
) -> None:
    before = len(small.spark.requests)
    with pytest.raises(openai.APIStatusError) as caught:
        client.files.create(file=("rows.jsonl", data), purpose="batch")
    assert words in caught.value.message
    assert caught.value.status_code in (400, 404)
    assert len(small.spark.requests) == before


def test_an_upload_that_is_too_large_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        client.files.create(file=("rows.jsonl", b"x" * 250_000), purpose="batch")
    assert caught.value.status_code == 413


def test_a_file_for_another_purpose_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="batches alone"):
        client.files.create(file=("rows.jsonl", rows(1)), purpose="assistants")


def test_a_body_that_is_no_form_is_refused(small: Gateway) -> None:
    for content_type in ("application/json", "multipart/form-data"):
        headers = {"content-type": content_type, **ANY}
        response = httpx.post(f"{small.url}/files", content=b"{}", headers=headers)
        assert response.status_code == 415
    half = b'--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch'
    headers = {"content-type": "multipart/form-data; boundary=x", **ANY}
    response = httpx.post(f"{small.url}/files", content=half, headers=headers)
    assert (response.status_code, "no end" in response.text) == (400, True)


def test_a_form_that_a_page_could_send_is_refused_without_keys(small: Gateway) -> None:
    response = httpx.post(f"{small.url}/files", files={"file": b""}, data={"purpose": "batch"})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "not_local")


@pytest.mark.parametrize("limit", ["0", "-1", "x", "10001", "٣"])
def test_a_page_of_no_size_is_refused(small: Gateway, limit: str) -> None:
    for path in ("files", "batches"):
        response = httpx.get(f"{small.url}/{path}", params={"limit": limit})
        assert (response.status_code, response.json()["error"]["param"]) == (400, "limit")


def test_batches_may_be_switched_off(running_gateway: RunningGateway) -> None:
    url = running_gateway(batches=BatchSettings(enabled=False))
    for path in ("files", "batches"):
        response = httpx.get(f"{url}/v1/{path}")
        assert (response.status_code, "switched batches off" in response.text) == (404, True)
