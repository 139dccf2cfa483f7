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
from iflytek_spark.gateway.openai.ignored import ignored_headers

OnEnd: TypeAlias = Callable[[str, RequestLogRecord, float], None]
"""Takes the route of a request that has ended, what is known of it, and when it did."""

_FAILED = 500
"""The status of a request without a response, unless its caller disconnected."""


class TelemetryMiddleware:
    """Logs and counts what passes under ``/v1/``."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics, on_end: OnEnd | None = None) -> None:
        """Set up for what answers, for what counts, and for what else wants to know."""
        self._app = app
        self._metrics = metrics
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its record is complete afterwards."""
        if not is_api_request(scope):
            await self._app(scope, receive, send)
            return
        record = record_of(scope)

        def send_noted(message: Message) -> Awaitable[None]:
            if record.status is None:
                record.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *ignored_headers(record.ignored)]
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
        ended = time.monotonic()
        write_access(scope, record, ended)
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.count(route, record, ended)
        if self._on_end is not None:
            self._on_end(route, record, ended)
        record.estimate = None  # which holds the conversation
