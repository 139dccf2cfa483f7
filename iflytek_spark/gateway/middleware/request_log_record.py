"""What is known of one request: for the access log and the metrics, never its content."""

from __future__ import annotations

import time
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from iflytek_spark import SparkError, Usage

_KEY = "iflytek_spark.request_log_record"


@dataclass(slots=True)
class RequestLogRecord:
    """One request, as far as it has come.

    Attributes:
        started: when it came, in seconds of a clock that never goes back.
        caller: the name of the key that it came with, or its address.
        model: the catalogue's name of the model that answers.
        streamed: whether the response goes out in chunks.
        first_token: when the first event of the response was there, or None.
        usage: token counts of the response.
        sid: Spark's session id.
        error: the class or the code of what failed, or an empty string.
        error_code: Spark's code of what failed, or None.
        client_disconnected: whether the caller disconnected before the end.
        status: the HTTP status of the response, once it has begun.
        ignored: fields of the request that were left out or brought into range.
        fields: what the route calls fields of chat completions that have other names there.
    """

    started: float = field(default_factory=time.monotonic)
    caller: str = ""
    model: str = ""
    streamed: bool = False
    first_token: float | None = None
    usage: Usage | None = None
    sid: str = ""
    error: str = ""
    error_code: int | None = None
    client_disconnected: bool = False
    status: int | None = None
    ignored: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)

    def add_error(self, error: SparkError) -> None:
        """Keep what failed."""
        self.error, self.error_code = type(error).__name__, error.code
        self.sid = error.sid or self.sid


def record_of(scope: MutableMapping[str, Any]) -> RequestLogRecord:
    """Return the record of a request, made at its first mention."""
    record = scope.get(_KEY)
    if not isinstance(record, RequestLogRecord):
        record = scope[_KEY] = RequestLogRecord()
    return record


def is_api_request(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a request is for OpenAI's API rather than for the gateway's operator.

    The prefix may stand anywhere in the path, since the app may be mounted deeper.
    """
    return scope["type"] == "http" and "/v1/" in scope["path"]
