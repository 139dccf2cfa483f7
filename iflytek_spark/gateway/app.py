"""The gateway as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from iflytek_spark import __version__
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.anthropic.middleware import AnthropicMiddleware
from iflytek_spark.gateway.anthropic.requests import CountTokensRequest, MessagesRequest
from iflytek_spark.gateway.anthropic.response_types import EVENTS as MESSAGE_EVENTS
from iflytek_spark.gateway.batches import routes as batch_routes
from iflytek_spark.gateway.batches.accounts import BatchAccounts
from iflytek_spark.gateway.batches.shapes import NewBatch
from iflytek_spark.gateway.exception_handlers import add_exception_handlers
from iflytek_spark.gateway.middleware.admission import AdmissionMiddleware
from iflytek_spark.gateway.middleware.drain import Drain, DrainMiddleware
from iflytek_spark.gateway.middleware.local_only import LocalOnlyMiddleware
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.telemetry import OnSpan, TelemetryMiddleware
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.openapi import complete_openapi
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.openai.responses import ChatCompletionChunk
from iflytek_spark.gateway.operator.routes import operator_parts, operator_router
from iflytek_spark.gateway.page.routes import page_router
from iflytek_spark.gateway.reloading import Reloading
from iflytek_spark.gateway.responses.event_types import EVENTS as RESPONSE_EVENTS
from iflytek_spark.gateway.responses.history import history_of
from iflytek_spark.gateway.responses.requests import ResponsesRequest
from iflytek_spark.gateway.routes import (
    chat,
    completions,
    embeddings,
    health,
    images,
    messages,
    models,
    rerank,
    responses,
)
from iflytek_spark.gateway.routes.embeddings import EmbeddingRequest
from iflytek_spark.gateway.routes.head import HeadMiddleware
from iflytek_spark.gateway.routes.images import ImageGenerationRequest
from iflytek_spark.gateway.routes.operator_port import OperatorPortMiddleware
from iflytek_spark.gateway.routes.rerank import RerankRequest
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayState
from iflytek_spark.gateway.store.opening import open_store
from iflytek_spark.gateway.text_completions import CompletionRequest, TextCompletion
from iflytek_spark.gateway.upstream import Upstream

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
_ROUTES = (chat, responses, messages, completions, models, embeddings, rerank, images, health)
_BODIES = (
    ChatCompletionRequest,
    ResponsesRequest,
    MessagesRequest,
    CountTokensRequest,
    CompletionRequest,
    EmbeddingRequest,
    RerankRequest,
    ImageGenerationRequest,
    NewBatch,
)
_EVENTS = (ChatCompletionChunk, TextCompletion, *RESPONSE_EVENTS, *MESSAGE_EVENTS)


@asynccontextmanager
async def _closing(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.gateway.history.aclose()


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
        docs_url=None,  # FastAPI's own loads its scripts from elsewhere; see page/
        redoc_url=None,
        redirect_slashes=False,  # Starlette builds the address from the caller's Host
        generate_unique_id_function=lambda route: route.name,
        lifespan=_closing,
    )
    metrics, drain, history = GatewayMetrics(), Drain(), history_of(settings)
    upstream = Upstream(settings, metrics)
    names = ModelNames(settings.models)
    store = open_store(settings, on_drop=metrics.usage_rows_dropped.inc)
    reloading = Reloading(settings)
    reloading.add(lambda settings: names.replace(settings.models))
    app.state.gateway = GatewayState(
        settings,
        names,
        upstream,
        metrics,
        drain,
        history,
        reloading,
        BatchAccounts(settings, upstream),
        store,
    )
    chosen = (*_ROUTES, batch_routes) if settings.batches.enabled else _ROUTES
    for routes in chosen:
        app.include_router(routes.router)
    app.state.routes = [route for routes in chosen for route in routes.router.routes]
    app.include_router(operator_router(settings, upstream.accounts))
    if settings.page:
        app.include_router(page_router(operator_parts(settings, upstream.accounts)))
    add_exception_handlers(app)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(AdmissionMiddleware, settings=settings, reloading=reloading, store=store)
    app.add_middleware(DrainMiddleware, drain=drain)
    if settings.local_only:
        app.add_middleware(LocalOnlyMiddleware, origins=settings.cors_origins)
    app.add_middleware(AnthropicMiddleware)
    on_span = _make_span() if settings.opentelemetry else None
    on_end = store.add if store else None
    app.add_middleware(TelemetryMiddleware, metrics=metrics, on_span=on_span, on_end=on_end)
    if settings.operator_port is not None:
        app.add_middleware(OperatorPortMiddleware, port=settings.operator_port)
    if settings.cors_origins:
        _allow_pages(app, settings.cors_origins)  # the last one is outside
    complete_openapi(app, _BODIES, _EVENTS, with_keys=settings.with_keys)
    return app


def _make_span() -> OnSpan:
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
    return Spans().add


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
