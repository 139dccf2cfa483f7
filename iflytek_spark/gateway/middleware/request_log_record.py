"""What is known of one request: for the access log and the metrics, never its content."""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from iflytek_spark import SparkError, Usage
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

_KEY = "iflytek_spark.request_log_record"


@dataclass(slots=True)
class RequestLogRecord:
    """One request, as far as it has come.

    Attributes:
        started: when it came, in seconds of a clock that never goes back.
        caller: the name of the key that it came with, or its address.
        models: the only models that this key may use, or None for all.
        model: the catalogue's name of the model that answers; see :meth:`use_model`.
        streamed: whether the response goes out in chunks.
        first_token: when the first event of the response was there, or None.
        usage: token counts of the response.
        estimated: whether these were estimated, since the service counts none.
        estimate: estimates them for a response without, or None.
        sid: Spark's session id.
        error: the class or the code of what failed, or an empty string.
        error_code: Spark's code of what failed, or None.
        client_disconnected: whether the caller disconnected before the end.
        status: the HTTP status of the response, once it has begun.
        ignored: fields of the request that were left out or brought into range.
        request_id: names the request, in the gateway and to its caller.
        account: the name of the Spark account that answers.
        wire: how Spark was asked.
    """

    started: float = field(default_factory=time.monotonic)
    caller: str = ""
    models: frozenset[str] | None = None
    model: str = ""
    streamed: bool = False
    first_token: float | None = None
    usage: Usage | None = None
    estimated: bool = False
    estimate: Callable[[], Usage] | None = None
    sid: str = ""
    error: str = ""
    error_code: int | None = None
    client_disconnected: bool = False
    status: int | None = None
    ignored: tuple[str, ...] = ()
    request_id: str = ""
    account: str = ""
    wire: str = ""

    def use_model(self, model: str) -> None:
        """Note which model answers, by the catalogue's name.

        Raises:
            GatewayError: when the caller's key may not use it.
        """
        self.model = model
        self.check_model(model)

    def check_model(self, model: str) -> None:
        """Check that the caller's key may use a model, by the catalogue's name.

        Raises:
            GatewayError: when it may not.
        """
        if self.models is not None and model not in self.models:
            raise GatewayError(
                ErrorRow.MODEL_NOT_ALLOWED,
                f"this key may not use the model {model!r}: GET /v1/models lists those that it may",
                param="model",
            )

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
