"""What the gateway keeps of responses, and for how long."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ResponsesStoreSettings(BaseModel):
    """The store behind ``previous_response_id``; the oldest responses make room for new ones.

    Attributes:
        max_entries: the most responses.
        max_bytes: the most that they take together, with the conversations before them.
        seconds: how long each is kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_entries: int = Field(default=1_000, ge=1)
    max_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    seconds: int = Field(default=24 * 60 * 60, ge=1)
