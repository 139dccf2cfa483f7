"""Logs and counts each request of the API when it has ended."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.middleware.access_log import write_access
from iflytek_spark.gateway.middleware.disconnect import CLIENT_CLOSED_REQUEST
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.request_log_record import (
    RequestLogRecord,
    is_api_request,
    record_of,
)
from iflytek_spark.gateway.openai.errors import REQUEST_ID
from iflytek_spark.gateway.openai.ignored import ignored_headers
from iflytek_spark.gateway.request_id import HEADER, request_id_of

OnEnd: TypeAlias = Callable[[str, RequestLogRecord, float], None]
"""Takes the route of a request that has ended, what is known of it, and when it did."""

OnSpan: TypeAlias = Callable[[Scope, str, RequestLogRecord, float], None]
"""Makes a span of a request that has ended."""

_MODEL_HEADER = b"x-spark-model"
"""Names the model that answers in place of the one that was asked for."""
_FAILED = 500
"""The status of a request without a response, unless its caller disconnected."""


class TelemetryMiddleware:
    """Logs and counts what passes under ``/v1/``."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: GatewayMetrics,
        on_span: OnSpan | None = None,
        on_end: OnEnd | None = None,
    ) -> None:
        """Set up for what answers, what counts, what makes spans, and what else wants to know."""
        self._app = app
        self._metrics = metrics
        self._on_span = on_span
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its record is complete afterwards."""
        if not is_api_request(scope):
            await self._app(scope, receive, send)
            return
        record = record_of(scope)
        record.request_id = scope[REQUEST_ID] = request_id_of(scope)

        def send_noted(message: Message) -> Awaitable[None]:
            if record.status is None:
                record.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_headers(record)]
            return send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, send_noted)
        except Exception as error:
            record.error = type(error).__name__
            raise
        finally:
            self._metrics.in_flight.dec()
            self._report(scope, record)

    def _report(self, scope: Scope, record: RequestLogRecord) -> None:
        if record.status is None:
            record.status = CLIENT_CLOSED_REQUEST if record.client_disconnected else _FAILED
        if not record.sid and record.sid_so_far is not None:
            record.sid = record.sid_so_far()
        ended = time.monotonic()
        write_access(scope, record, ended)
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.count(route, record, ended)
        if self._on_span is not None:
            self._on_span(scope, route, record, ended)
        if self._on_end is not None:
            self._on_end(route, record, ended)
        record.estimate = record.sid_so_far = None  # which hold the conversation


def _headers(record: RequestLogRecord) -> list[tuple[bytes, bytes]]:
    milliseconds = round((time.monotonic() - record.started) * 1000)
    answered_by = [(_MODEL_HEADER, record.answered_by.encode())] if record.answered_by else []
    return [
        (HEADER, record.request_id.encode()),
        (b"openai-processing-ms", b"%d" % milliseconds),
        *ignored_headers(record.ignored),
        *answered_by,
    ]
