"""OpenAI's own batch code, unmodified: over the gateway, and over the service's emulator itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types import Batch
from openai.types.chat import ChatCompletion

from iflytek_spark.emulator import BatchFate, BatchOptions, Emulator, running_emulator
from tests.gateway.gateway_helpers import Gateway, one_gateway


def answered(request: Any) -> str:
    return f"answer to {request.text}"


EMULATOR = {"respond": answered, "batches": BatchOptions(page_size=3)}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with one_gateway(emulator=EMULATOR, models={"gpt-4o": "4.0Ultra"}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        yield client


def rows(count: int, **more: Any) -> bytes:
    lines = [
        {
            "custom_id": f"row-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": "gpt-4o",
                "messages": [{"role": "user", "content": f"question {number}"}],
                **more,
            },
        }
        for number in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def ended(client: openai.OpenAI, batch: Batch) -> Batch:
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        batch = client.batches.retrieve(batch.id)
    return batch


def run(client: openai.OpenAI, data: bytes) -> Batch:
    file = client.files.create(file=("rows.jsonl", data), purpose="batch")
    made = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"job": "labels"},
    )
    return ended(client, made)


def lines_of(client: openai.OpenAI, file_id: str | None) -> list[dict[str, Any]]:
    assert file_id is not None
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()]


def test_a_batch_from_upload_to_results(client: openai.OpenAI) -> None:
    batch = run(client, rows(5, max_completion_tokens=50))
    assert (batch.status, batch.metadata, batch.error_file_id) == (
        "completed", {"job": "labels"}, None,
    )  # fmt: skip
    assert batch.request_counts is not None
    assert batch.request_counts.model_dump() == {"total": 5, "completed": 5, "failed": 0}
    found = {}
    for line in lines_of(client, batch.output_file_id):
        assert (line["response"]["status_code"], line["error"]) == (200, None)
        completion = ChatCompletion.model_validate(line["response"]["body"], strict=True)
        found[line["custom_id"]] = completion.choices[0].message.content
    assert found == {f"row-{number}": f"answer to question {number}" for number in range(5)}


def test_rows_that_fail_are_in_the_error_file(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script_batches(BatchFate(failing=2))
    batch = run(client, rows(4))
    failed = lines_of(client, batch.error_file_id)
    assert [line["custom_id"] for line in failed] == ["row-1", "row-3"]
    assert {line["response"]["body"]["error"]["spark_code"] for line in failed} == {10012}
    assert len(lines_of(client, batch.output_file_id)) == 2


def test_partial_and_garbled_results_come_whole(client: openai.OpenAI, gateway: Gateway) -> None:
    gateway.spark.script_batches(BatchFate("expired", garbled=3))
    batch = run(client, rows(8))
    assert batch.status == "expired"
    assert batch.output_file_id is not None
    text = client.files.content(batch.output_file_id).text
    assert len(text.splitlines()) == 4


def test_files_and_batches_are_listed_page_by_page(client: openai.OpenAI) -> None:
    files = [client.files.create(file=io.BytesIO(rows(1)), purpose="batch") for _ in range(4)]
    batches = [
        client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        for file in files
    ]
    listed = [batch.id for batch in client.batches.list(limit=2)]
    assert listed[:4] == [batch.id for batch in reversed(batches)]
    assert len(set(listed)) == len(listed)
    assert {file.id for file in files} <= {file.id for file in client.files.list(limit=3)}


def test_a_file_is_described_and_deleted(client: openai.OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "my rows.jsonl"
    path.write_bytes(rows(1))
    file = client.files.create(file=path, purpose="batch")
    assert file.filename == "my rows.jsonl"
    kept = client.files.retrieve(file.id)
    assert (kept.id, kept.purpose, kept.bytes) == (file.id, "batch", file.bytes)
    assert json.loads(client.files.content(file.id).text)["body"]["model"] == "4.0Ultra"
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(file.id)


def test_a_batch_is_cancelled() -> None:
    slow = {**EMULATOR, "batches": BatchOptions(delay=3600)}
    with (
        one_gateway(emulator=slow) as gateway,
        openai.OpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client,
    ):
        data = rows(2).replace(b"gpt-4o", b"max")
        file = client.files.create(file=("rows.jsonl", data), purpose="batch")
        made = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        assert client.batches.cancel(made.id).status == "cancelling"
        assert ended(client, made).status == "cancelled"


async def test_the_async_client(gateway: Gateway) -> None:
    async with openai.AsyncOpenAI(base_url=gateway.url, api_key="any", max_retries=0) as client:
        file = await client.files.create(file=("rows.jsonl", rows(2)), purpose="batch")
        batch = await client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        while batch.status != "completed":
            batch = await client.batches.retrieve(batch.id)
        assert batch.output_file_id is not None
        content = await client.files.content(batch.output_file_id)
        assert len(content.text.splitlines()) == 2


@pytest.fixture
def service() -> Iterator[Emulator]:
    with running_emulator(respond=answered) as spark:
        yield spark


def test_the_same_code_at_the_service_itself(service: Emulator) -> None:
    key, url = service.http_keys.api_password, f"{service.http_url}/v1"
    with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
        batch = run(client, rows(3).replace(b"gpt-4o", b"4.0Ultra"))
        found = lines_of(client, batch.output_file_id)
        texts = [each["response"]["body"]["choices"][0]["message"]["content"] for each in found]
        assert texts == [f"answer to question {number}" for number in range(3)]
        assert [each.id for each in client.batches.list()] == [batch.id]
        assert client.files.delete(batch.input_file_id).deleted
