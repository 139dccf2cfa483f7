"""A span of OpenTelemetry for each request, by the conventions for generative AI.

It is made when the request has ended, so that no chunk waits for it. The program that collects
spans is set up around the gateway, with ``opentelemetry-instrument`` for instance.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue
from starlette.types import Scope

from iflytek_spark import __version__
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord

_OPERATIONS = {
    "/v1/embeddings": "embeddings",
    "/v1/images/generations": "generate_content",
    "/v1/rerank": "rerank",
}
_PROVIDER = "iflytek.spark"
_FAILED = 500


class Spans:
    """Makes spans."""

    def __init__(self) -> None:
        """Set up with the provider of spans that the process has."""
        self._tracer = trace.get_tracer("iflytek_spark.gateway", __version__)

    def add(self, scope: Scope, route: str, record: RequestLogRecord, ended: float) -> None:
        """Make the span of a request that has ended, at a moment of its record's clock.

        It belongs to the caller's trace, where the request names one.
        """
        now, over = time.time_ns(), time.monotonic() - ended
        end = now - int(over * 1e9)
        start = end - int((ended - record.started) * 1e9)
        carrier = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        operation = _OPERATIONS.get(route, "chat" if record.model else "")
        span = self._tracer.start_span(
            f"{operation} {record.model}".strip() or f"{scope['method']} {route}",
            context=propagate.extract(carrier),
            kind=SpanKind.SERVER,
            attributes=dict(_attributes(scope, route, operation, record)),
            start_time=start,
        )
        if record.first_token is not None:
            first = start + int((record.first_token - record.started) * 1e9)
            span.add_event("gen_ai.first_token", timestamp=first)
        _set_status(span, record)
        span.end(end)


def _attributes(
    scope: Scope, route: str, operation: str, record: RequestLogRecord
) -> Iterator[tuple[str, AttributeValue]]:
    yield "http.request.method", scope["method"]
    yield "http.route", route
    yield "http.response.status_code", record.status or _FAILED
    yield "http.request.header.x-request-id", [record.request_id]
    if operation:
        yield "gen_ai.operation.name", operation
        yield "gen_ai.provider.name", _PROVIDER
        yield "gen_ai.request.model", record.model
    if record.sid:
        yield "gen_ai.response.id", record.sid
    if record.usage is not None:
        yield "gen_ai.usage.input_tokens", record.usage.prompt_tokens
        yield "gen_ai.usage.output_tokens", record.usage.completion_tokens
    if record.error:
        yield "error.type", record.error


def _set_status(span: Span, record: RequestLogRecord) -> None:
    """A caller's mistake is no failure of a server, by the conventions."""
    if record.error and (record.status or _FAILED) not in range(400, _FAILED):
        span.set_status(Status(StatusCode.ERROR, record.error))
