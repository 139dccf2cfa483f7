"""The service's half of files and batches (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json

from iflytek_spark.models.batches import Batch, BatchFile
from iflytek_spark.protocol.wire.batches.shapes import (
    BatchShape,
    DeletedShape,
    FileShape,
    NewBatchShape,
    PageShape,
    ProblemShape,
    ResultShape,
)
from iflytek_spark.protocol.wire.openai.requests import read_body
from iflytek_spark.protocol.wire.openai.service_values import written

_NEW_BATCH: TypeAdapter[NewBatchShape] = TypeAdapter(NewBatchShape)


def decode_new_batch(data: bytes) -> NewBatchShape:
    """Read what makes a batch.

    Raises:
        MalformedError: when it is not JSON, or has another form.
    """
    body: NewBatchShape = read_body(_NEW_BATCH, data)
    return body


def file_shape(file: BatchFile) -> FileShape:
    """Write a file."""
    shape: FileShape = {
        "id": file.id,
        "object": "file",
        "bytes": file.size or 0,
        "created_at": file.created_at or 0,
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    }
    if file.expires_at is not None:
        shape["expires_at"] = file.expires_at
    return shape


def encode_file(file: BatchFile) -> bytes:
    """Write a file as an answer."""
    return written(file_shape(file))


def encode_deleted(file_id: str) -> bytes:
    """Write that a file is gone."""
    body: DeletedShape = {"id": file_id, "object": "file", "deleted": True}
    return written(body)


def encode_batch(batch: Batch) -> bytes:
    """Write a batch as an answer."""
    return written(batch_shape(batch))


def batch_shape(batch: Batch) -> BatchShape:
    """Write a batch; the moment of its end stands under the name of how it ended."""
    problems: list[ProblemShape] = [
        {"code": problem.code, "message": problem.message, "param": None, "line": problem.line}
        for problem in batch.problems
    ]
    counts = batch.counts
    shape: BatchShape = {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "errors": {"object": "list", "data": problems} if problems else None,
        "input_file_id": batch.input_file_id,
        "completion_window": batch.completion_window,
        "status": batch.status,
        "output_file_id": batch.output_file_id or None,
        "error_file_id": batch.error_file_id or None,
        "created_at": batch.created_at or 0,
        "expires_at": batch.expires_at,
        "request_counts": {
            "total": counts.total or 0,
            "completed": counts.completed or 0,
            "failed": counts.failed or 0,
        },
        "metadata": dict(batch.metadata) or None,
    }
    match batch.status:
        case "completed":
            shape["completed_at"] = batch.ended_at
        case "failed":
            shape["failed_at"] = batch.ended_at
        case "expired":
            shape["expired_at"] = batch.ended_at
        case "cancelled":
            shape["cancelled_at"] = batch.ended_at
    return shape


def encode_page(shapes: Sequence[FileShape] | Sequence[BatchShape], *, more: bool | None) -> bytes:
    """Write a page of a list; ``more`` is left out where it is None."""
    body: PageShape = {"object": "list", "data": list(shapes)}
    if shapes:
        body["first_id"], body["last_id"] = shapes[0]["id"], shapes[-1]["id"]
    if more is not None:
        body["has_more"] = more
    return written(body)


def encode_result(number: str, custom_id: str, status: int, request_id: str, body: bytes) -> bytes:
    """Write a line of results, with its end.

    Args:
        number: the id of the line.
        custom_id: the row's.
        status: the HTTP status that a live call would have got.
        request_id: the session's id.
        body: the body that it would have got.
    """
    answer: Any = from_json(body)
    line: ResultShape = {
        "id": number,
        "custom_id": custom_id,
        "response": {"status_code": status, "request_id": request_id, "body": answer},
        "error": None,
    }
    return written(line) + b"\n"


def encode_never_asked(number: str, custom_id: str, word: str, message: str) -> bytes:
    """Write a line for a row that the batch's end has come before."""
    line: ResultShape = {
        "id": number,
        "custom_id": custom_id,
        "response": None,
        "error": {"code": word, "message": message},
    }
    return written(line) + b"\n"
