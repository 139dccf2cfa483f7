"""Spans of OpenTelemetry, as a collector receives them."""

from __future__ import annotations

import time

import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from iflytek_spark.emulator import Emulator, faults
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import BODY, ask, streaming
from tests.gateway.middleware.conftest import AccessLog

_PATIENCE = 5.0


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """What the one provider of this process gives its spans to."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def collected(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    exporter.clear()
    return exporter


def only(collected: InMemorySpanExporter) -> ReadableSpan:
    """The one span, which is made after the answer."""
    deadline = time.monotonic() + _PATIENCE
    while not (spans := own(collected)) and time.monotonic() < deadline:
        pass
    (span,) = spans
    return span


def own(collected: InMemorySpanExporter) -> list[ReadableSpan]:
    """The gateway's spans; others in this process make theirs."""
    return [
        span
        for span in collected.get_finished_spans()
        if span.instrumentation_scope and span.instrumentation_scope.name.startswith("iflytek_")
    ]


def test_a_chat(running_gateway: RunningGateway, collected: InMemorySpanExporter) -> None:
    url = f"{running_gateway(opentelemetry=True)}/v1/chat/completions"
    traced = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "x-request-id": "r-1"}
    answer = httpx2.post(url, json=BODY, headers=traced).json()
    span = only(collected)
    assert (span.name, span.kind) == ("chat lite", SpanKind.SERVER)
    assert span.context
    assert span.context.trace_id == int("a" * 32, 16)
    assert span.parent
    assert span.parent.span_id == int("b" * 16, 16)
    assert dict(span.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "http.response.status_code": 200,
        "http.request.header.x-request-id": ("r-1",),
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "iflytek.spark",
        "gen_ai.request.model": "lite",
        "gen_ai.response.id": answer["sid"],
        "gen_ai.usage.input_tokens": answer["usage"]["prompt_tokens"],
        "gen_ai.usage.output_tokens": answer["usage"]["completion_tokens"],
    }
    assert 0 < (span.end_time or 0) - (span.start_time or 0) < 10e9


def test_a_stream_has_its_first_token(
    running_gateway: RunningGateway, collected: InMemorySpanExporter
) -> None:
    with streaming(running_gateway(opentelemetry=True)) as lines:
        assert list(lines)
    span = only(collected)
    (event,) = span.events
    assert event.name == "gen_ai.first_token"
    assert (span.start_time or 0) <= event.timestamp <= (span.end_time or 0)


@pytest.mark.parametrize(
    ("code", "error", "status"),
    [
        (10013, "ContentFilterError", StatusCode.UNSET),
        (10008, "InternalServerError", StatusCode.ERROR),
    ],
)
def test_failures(
    running_gateway: RunningGateway,
    emulator: Emulator,
    collected: InMemorySpanExporter,
    code: int,
    error: str,
    status: StatusCode,
) -> None:
    emulator.script(*[faults.ErrorFrame(code)] * 3)
    ask(running_gateway(opentelemetry=True, max_retries=0))
    span = only(collected)
    assert span.status.status_code is status
    assert (span.attributes or {})["error.type"] == error


def test_without_the_setting_there_are_none(
    running_gateway: RunningGateway, collected: InMemorySpanExporter, access_log: AccessLog
) -> None:
    assert ask(running_gateway()).status_code == 200
    access_log.lines(1)
    assert own(collected) == []
