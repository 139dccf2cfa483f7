"""What both halves of the Batch API agree on: its JSON and its limits (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

from typing import Any, Literal, Required

from typing_extensions import TypedDict

from iflytek_spark.assumptions import (
    BATCH_ENDPOINT,
    MAX_BATCH_BODY_BYTES,
    MAX_BATCH_FILE_BYTES,
)

FILES = "/files"
"""What follows the base of an address, for files."""
BATCHES = "/batches"
"""The same for batches."""
ENDPOINT = BATCH_ENDPOINT
"""Where each row goes, whichever the model is."""
METHOD = "POST"
PURPOSE = "batch"
WINDOW = "24h"
"""The one time that a batch may be given."""

MAX_LINES = 50_000
"""Rows of one input file."""
MAX_FILE_BYTES = MAX_BATCH_FILE_BYTES
"""Bytes of one input file."""
MAX_BODY_BYTES = MAX_BATCH_BODY_BYTES
"""Bytes of the body of one row, as it stands in the file."""


class FileShape(TypedDict, total=False):
    """A file."""

    id: Required[str]
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: str


class DeletedShape(TypedDict, total=False):
    """A file that is gone."""

    id: Required[str]
    object: Literal["file"]
    deleted: bool


class ProblemShape(TypedDict, total=False):
    """What is wrong with an input file."""

    code: str
    message: str
    param: str | None
    line: int | None


class ProblemsShape(TypedDict, total=False):
    """All that is wrong with it."""

    object: Literal["list"]
    data: list[ProblemShape]


class CountsShape(TypedDict, total=False):
    """How many rows are done."""

    total: int
    completed: int
    failed: int


class BatchShape(TypedDict, total=False):
    """A batch."""

    id: Required[str]
    object: Literal["batch"]
    endpoint: str
    errors: ProblemsShape | None
    input_file_id: str
    completion_window: str
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int | None
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: CountsShape
    metadata: dict[str, str] | None


class NewBatchShape(TypedDict, total=False):
    """What makes a batch."""

    input_file_id: Required[str]
    endpoint: Required[str]
    completion_window: Required[str]
    metadata: dict[str, str] | None


class PageShape(TypedDict, total=False):
    """A page of files or batches."""

    object: Literal["list"]
    data: list[Any]
    first_id: str | None
    last_id: str | None
    has_more: bool


class RowShape(TypedDict, total=False):
    """A line of an input file."""

    custom_id: Required[str]
    method: Required[str]
    url: Required[str]
    body: Required[dict[str, Any]]


class ResponseShape(TypedDict, total=False):
    """What a row was answered with."""

    status_code: int
    request_id: str
    body: Any


class ResultShape(TypedDict, total=False):
    """A line of results."""

    id: str
    custom_id: Required[str]
    response: ResponseShape | None
    error: dict[str, Any] | None
