"""What the gateway takes of files and batches."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Scope

FILES_ROUTE, BATCHES_ROUTE = "/v1/files", "/v1/batches"


class BatchSettings(BaseModel):
    """Bounds of uploads, which go to the disk and never to the memory.

    Attributes:
        enabled: whether there are files and batches at all.
        max_file_bytes: the largest upload; Spark itself takes 100 MB.
        max_uploads_bytes: the largest size of all uploads under way together, of each worker.
        upload_timeout: seconds that a caller has to send one.
        max_listed: files or batches of the account that are looked through for those of a caller.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    max_file_bytes: int = Field(default=110_000_000, ge=1024)
    max_uploads_bytes: int = Field(default=1_000_000_000, ge=1024)
    upload_timeout: float = Field(default=600.0, gt=0)
    max_listed: int = Field(default=10_000, ge=1)


def is_upload(scope: Scope) -> bool:
    """Return whether a request uploads a file."""
    path: str = scope["path"]
    return scope["method"] == "POST" and path.endswith(FILES_ROUTE)


def is_batch_request(scope: Scope) -> bool:
    """Return whether a request is for files or batches."""
    return any(f"{route}/" in f"{scope['path']}/" for route in (FILES_ROUTE, BATCHES_ROUTE))
