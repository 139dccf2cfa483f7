"""Watches each request of the API from outside, and tells of it when it has ended."""

from __future__ import annotations

import time
from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.middleware.access_log import write_access
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.request_log_record import (
    RequestRecord,
    is_api_request,
    record_of,
)

_LEFT = 499
_FAILED = 500
"""What is told of a request that got no answer: its caller left, or something unforeseen."""


class ObserveLayer:
    """An ASGI layer that logs and counts what passes through it under ``/v1/``."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        """Set up.

        Args:
            app: what answers.
            metrics: what counts.
        """
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its record is complete afterwards."""
        if not is_api_request(scope):
            await self._app(scope, receive, send)
            return
        record = record_of(scope)

        def noting(message: Message) -> Awaitable[None]:
            if record.status is None:
                record.status = message["status"]
            return send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            record.error = type(error).__name__
            raise
        finally:
            self._metrics.in_flight.dec()
            self._tell(scope, record)

    def _tell(self, scope: Scope, record: RequestRecord) -> None:
        if record.status is None:
            record.status = _LEFT if record.left else _FAILED
        ended = time.monotonic()
        self._metrics.count(getattr(scope.get("route"), "path", "none"), record, ended)
        write_access(scope, record, ended)
