"""Files and batches in OpenAI's form."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from typing_extensions import TypedDict

from iflytek_spark.batches import Batch, BatchFile
from iflytek_spark.gateway.openai.ignored import Mark

ENDPOINT = "/v1/chat/completions"
OWNER_KEY = "gateway_owner"
"""The key of a batch's metadata that marks it as a caller's; nobody is shown it."""

_MAX_PAIRS = 15
_EXAMPLE: JsonValue = {
    "input_file_id": "file-abc123",
    "endpoint": ENDPOINT,
    "completion_window": "24h",
}
_Value = Annotated[str, StringConstraints(max_length=512)]


class NewBatch(BaseModel):
    """The body of ``POST /v1/batches``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}
    )

    input_file_id: Annotated[str, StringConstraints(min_length=1)]
    endpoint: Literal["/v1/chat/completions"]
    completion_window: Literal["24h"]
    metadata: Annotated[dict[str, _Value], Field(max_length=_MAX_PAIRS)] | None = None
    output_expires_after: Annotated[dict[str, JsonValue] | None, Mark.TUNING, Mark.UNUSED] = None


class FileObject(TypedDict):
    """A file."""

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: str
    status: Literal["processed"]


class FileList(TypedDict):
    """A page of files."""

    object: Literal["list"]
    data: list[FileObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedFile(TypedDict):
    """A file that is gone."""

    id: str
    object: Literal["file"]
    deleted: bool


class RequestCounts(TypedDict):
    """How many rows are done."""

    total: int
    completed: int
    failed: int


class BatchObject(TypedDict):
    """A batch; the moment of its end stands under the name of how it ended."""

    id: str
    object: Literal["batch"]
    endpoint: str
    errors: dict[str, Any] | None
    input_file_id: str
    completion_window: str
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    expires_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelled_at: int | None
    request_counts: RequestCounts
    metadata: dict[str, str] | None


class BatchList(TypedDict):
    """A page of batches."""

    object: Literal["list"]
    data: list[BatchObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


def list_page(data: list[FileObject] | list[BatchObject], *, more: bool) -> FileList | BatchList:
    """Write a page of a list."""
    page = {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": more,
    }
    return cast("FileList | BatchList", page)


def file_object(file: BatchFile, name: str) -> FileObject:
    """Write a file whose id is the caller's, under the name that the caller gave it."""
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size or 0,
        "created_at": file.created_at or 0,
        "expires_at": file.expires_at,
        "filename": name,
        "purpose": file.purpose or "batch",
        "status": "processed",
    }


def batch_object(batch: Batch) -> BatchObject:
    """Write a batch whose ids are the caller's."""

    def ended(status: str) -> int | None:
        return batch.ended_at if batch.status == status else None

    metadata = {key: value for key, value in batch.metadata.items() if key != OWNER_KEY}
    problems = [
        {"code": each.code, "message": each.message, "param": None, "line": each.line}
        for each in batch.problems
    ]
    counts = batch.counts
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint or ENDPOINT,
        "errors": {"object": "list", "data": problems} if problems else None,
        "input_file_id": batch.input_file_id,
        "completion_window": batch.completion_window or "24h",
        "status": batch.status,
        "output_file_id": batch.output_file_id or None,
        "error_file_id": batch.error_file_id or None,
        "created_at": batch.created_at or 0,
        "expires_at": batch.expires_at,
        "completed_at": ended("completed"),
        "failed_at": ended("failed"),
        "expired_at": ended("expired"),
        "cancelled_at": ended("cancelled"),
        "request_counts": {
            "total": counts.total or 0,
            "completed": counts.completed or 0,
            "failed": counts.failed or 0,
        },
        "metadata": metadata or None,
    }
