"""What the gateway knows of one request: for the access log and the metrics, never its content."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from iflytek_spark.messages import Usage

_KEY = "iflytek_spark.record"


@dataclass(slots=True)
class RequestRecord:
    """One request, as far as it has come.

    Attributes:
        started: when it came, in seconds of a clock that never goes back.
        caller: the name of the key that it came with, or its address.
        model: the catalogue's name of the model that answers.
        streamed: whether the answer goes out in pieces.
        first_token: when the first piece of the answer was there, or None.
        usage: token counts of the answer.
        sid: Spark's session id.
        error: the class and Spark's code of what failed, or an empty string.
        error_code: Spark's code of what failed, or None.
        left: whether the caller hung up before the end.
        status: the HTTP status of the answer, once it has begun.
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
    left: bool = False
    status: int | None = None


def record_of(scope: MutableMapping[str, Any]) -> RequestRecord:
    """Return the record of a request, made at its first mention."""
    record = scope.get(_KEY)
    if not isinstance(record, RequestRecord):
        record = scope[_KEY] = RequestRecord()
    return record


def is_api_request(scope: MutableMapping[str, Any]) -> bool:
    """Tell whether a request is for OpenAI's API rather than for whoever runs the gateway.

    The prefix may stand anywhere in the path, since the app may be mounted deeper.
    """
    return scope["type"] == "http" and "/v1/" in scope["path"]
