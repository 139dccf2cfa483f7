"""The gateway as an ASGI app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from iflytek_spark import __version__
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.exception_handlers import add_exception_handlers
from iflytek_spark.gateway.middleware.admission import AdmissionMiddleware
from iflytek_spark.gateway.middleware.drain import Drain, DrainMiddleware
from iflytek_spark.gateway.middleware.local_only import LocalOnlyMiddleware
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.telemetry import TelemetryMiddleware
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.openapi import complete_openapi
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.reloading import Reloading
from iflytek_spark.gateway.routes import chat, embeddings, health, images, models, rerank
from iflytek_spark.gateway.routes.embeddings import EmbeddingRequest
from iflytek_spark.gateway.routes.head import HeadMiddleware
from iflytek_spark.gateway.routes.images import ImageGenerationRequest
from iflytek_spark.gateway.routes.operator_port import OperatorPortMiddleware
from iflytek_spark.gateway.routes.rerank import RerankRequest
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayState
from iflytek_spark.gateway.upstream import Upstream

if TYPE_CHECKING:
    from iflytek_spark.gateway.spans import Spans  # needs an extra

_SHOWN_TO_PAGES = (
    "x-request-id",
    "x-spark-ignored",
    "openai-processing-ms",
    "retry-after",
    *(
        f"x-ratelimit-{what}-{of}"
        for what in ("limit", "remaining", "reset")
        for of in ("requests", "tokens")
    ),
)
"""Headers of a response that scripts of other sites may read."""


def create_app(settings: GatewaySettings | None = None) -> FastAPI:
    """Make the gateway.

    Args:
        settings: the configuration; read from the environment by default.

    Returns:
        An ASGI app.

    Raises:
        ConfigurationError: for a setting that cannot be used.
    """
    settings = settings or load_settings()
    app = FastAPI(
        title="iFlytek Spark gateway",
        description="OpenAI's API over iFlytek Spark.",
        version=__version__,
        redoc_url=None,
        redirect_slashes=False,  # Starlette builds the address from the caller's Host
        generate_unique_id_function=lambda route: route.name,
    )
    metrics, drain = GatewayMetrics(), Drain()
    upstream = Upstream(settings, on_open=metrics.upstream_opens.inc)
    names = ModelNames(settings.models)
    reloading = Reloading(settings)
    reloading.add(lambda settings: names.replace(settings.models))
    app.state.gateway = GatewayState(settings, names, upstream, metrics, drain, reloading)
    for routes in (chat, models, embeddings, rerank, images, health):
        app.include_router(routes.router)
    add_exception_handlers(app)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(AdmissionMiddleware, settings=settings, reloading=reloading)
    app.add_middleware(DrainMiddleware, drain=drain)
    if settings.local_only:
        app.add_middleware(LocalOnlyMiddleware, origins=settings.cors_origins)
    spans = _spans() if settings.opentelemetry else None
    app.add_middleware(TelemetryMiddleware, metrics=metrics, spans=spans)
    if settings.operator_port is not None:
        app.add_middleware(OperatorPortMiddleware, port=settings.operator_port)
    if settings.cors_origins:
        _allow_pages(app, settings.cors_origins)  # the last one is outside
    bodies = (ChatCompletionRequest, EmbeddingRequest, RerankRequest, ImageGenerationRequest)
    complete_openapi(app, bodies, with_keys=bool(settings.keys))
    return app


def _spans() -> Spans:
    """Return what makes spans.

    Raises:
        ConfigurationError: without the extra that it needs.
    """
    try:
        from iflytek_spark.gateway.spans import Spans
    except ImportError as error:
        raise ConfigurationError(
            "the setting opentelemetry needs a package that is not installed",
            hint="pip install 'iflytek-spark[otel]'",
        ) from error
    return Spans()


def _allow_pages(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these sites ask; a browser asks for that first, and has no key then."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=("*",),
        allow_private_network=True,
        expose_headers=_SHOWN_TO_PAGES,
    )
