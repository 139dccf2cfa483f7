"""The gateway's metrics, in Prometheus' form.

Labels have few values: a model is the catalogue's name, never what a caller wrote.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from iflytek_spark import list_models
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.openai.model_names import SERVICES
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest

_MODELS = frozenset((*(spec.name for spec in list_models()), *SERVICES))
_FIELDS = frozenset(ChatCompletionRequest.model_fields)
_FIRST_TOKEN = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30, 60)
_TOKEN = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1)
"""Upper bounds in seconds."""

_MAX_TOKENS = 1_000_000_000
"""The most that one response can count."""

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which several processes count together; the library reads
it when it is imported."""


class GatewayMetrics:
    """What one app counts."""

    def __init__(self) -> None:
        """Start at nothing, in a registry of its own."""
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "spark_gateway_requests",
            "Requests that have ended.",
            ("route", "model", "status"),
            registry=registry,
        )
        self.in_flight = Gauge(
            "spark_gateway_requests_in_flight",
            "Requests under way.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._tokens = Counter(
            "spark_gateway_tokens",
            "Tokens as Spark counts them.",
            ("model", "type"),
            registry=registry,
        )
        self._errors = Counter(
            "spark_gateway_errors",
            "Requests that failed, by class or code, and Spark's code.",
            ("error", "spark_code"),
            registry=registry,
        )
        self._ignored = Counter(
            "spark_gateway_ignored_fields",
            "Fields of requests that were left out or brought into range.",
            ("field",),
            registry=registry,
        )
        self._first_token = Histogram(
            "spark_gateway_first_token_seconds",
            "From a request to the first event of its streamed response.",
            ("model",),
            buckets=_FIRST_TOKEN,
            registry=registry,
        )
        self._token = Histogram(
            "spark_gateway_token_seconds",
            "From one token of a streamed response to the next, on its average.",
            ("model",),
            buckets=_TOKEN,
            registry=registry,
        )
        self.upstream_opens = Counter(
            "spark_gateway_upstream_opens", "WebSockets opened to Spark.", registry=registry
        )
        self.usage_rows_dropped = Counter(
            "spark_gateway_usage_rows_dropped",
            "Rows of usage that were lost, since the store could not be written for long.",
            registry=registry,
        )

    def count(self, route: str, record: RequestLogRecord, ended: float) -> None:
        """Count a request that has ended, at a moment of its record's clock.

        The route is the path with its parameters' names in place of their values.
        """
        model = _bounded(record.model)
        self._requests.labels(route, model, record.status).inc()
        if record.error:
            code = "" if record.error_code is None else record.error_code
            self._errors.labels(record.error, code).inc()
        for field in record.ignored:
            self._ignored.labels(field if field in _FIELDS else "other").inc()
        if record.first_token is not None:
            self._first_token.labels(model).observe(record.first_token - record.started)
        self._count_tokens(model, record, ended)

    def _count_tokens(self, model: str, record: RequestLogRecord, ended: float) -> None:
        usage = record.usage
        if usage is None or record.estimated:
            return
        completion = countable(usage.completion_tokens)
        self._tokens.labels(model, "prompt").inc(countable(usage.prompt_tokens))
        self._tokens.labels(model, "completion").inc(completion)
        following = completion - 1
        if record.first_token is not None and following > 0:
            self._token.labels(model).observe((ended - record.first_token) / following)

    def render(self) -> bytes:
        """Write what was counted, by all processes that count together."""
        registry = self._registry
        if _SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        return generate_latest(registry)


@contextlib.contextmanager
def shared_metrics() -> Iterator[str]:
    """Let the processes that are started from here on count together.

    Yields:
        The folder that they count in: ``PROMETHEUS_MULTIPROC_DIR``, emptied of earlier counts, or
        one that is gone afterwards.
    """
    if given := os.environ.get(_SHARED):
        Path(given).mkdir(parents=True, exist_ok=True)
        for earlier in Path(given).glob("*.db"):
            earlier.unlink()
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="spark-gateway-") as folder:
        os.environ[_SHARED] = folder
        try:
            yield folder
        finally:
            del os.environ[_SHARED]


def countable(tokens: int) -> int:
    """A count as Spark sent it may be negative, or larger than a float."""
    return min(max(tokens, 0), _MAX_TOKENS)


def _bounded(model: str) -> str:
    if model in _MODELS:
        return model
    return "other" if model else "none"
