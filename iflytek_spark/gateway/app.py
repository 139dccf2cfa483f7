"""The gateway as an ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from iflytek_spark import __version__
from iflytek_spark.gateway.anthropic.middleware import AnthropicMiddleware
from iflytek_spark.gateway.anthropic.requests import CountTokensRequest, MessagesRequest
from iflytek_spark.gateway.anthropic.response_types import EVENTS as MESSAGE_EVENTS
from iflytek_spark.gateway.exception_handlers import add_exception_handlers
from iflytek_spark.gateway.middleware.admission import AdmissionMiddleware
from iflytek_spark.gateway.middleware.drain import Drain, DrainMiddleware
from iflytek_spark.gateway.middleware.local_only import LocalOnlyMiddleware
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.telemetry import TelemetryMiddleware
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.openapi import complete_openapi
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.openai.responses import ChatCompletionChunk
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
from iflytek_spark.gateway.routes.images import ImageGenerationRequest
from iflytek_spark.gateway.routes.rerank import RerankRequest
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayState
from iflytek_spark.gateway.text_completions import CompletionRequest, TextCompletion
from iflytek_spark.gateway.upstream import Upstream

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
        redoc_url=None,
        redirect_slashes=False,  # Starlette builds the address from the caller's Host
        generate_unique_id_function=lambda route: route.name,
        lifespan=_closing,
    )
    metrics, drain, history = GatewayMetrics(), Drain(), history_of(settings)
    upstream = Upstream(settings, on_open=metrics.upstream_opens.inc)
    names = ModelNames(settings.models)
    app.state.gateway = GatewayState(settings, names, upstream, metrics, drain, history)
    for routes in _ROUTES:
        app.include_router(routes.router)
    app.state.routes = [route for routes in _ROUTES for route in routes.router.routes]
    add_exception_handlers(app)
    app.add_middleware(AdmissionMiddleware, settings=settings)
    app.add_middleware(DrainMiddleware, drain=drain)
    if settings.local_only:
        app.add_middleware(LocalOnlyMiddleware)
    app.add_middleware(TelemetryMiddleware, metrics=metrics)
    app.add_middleware(AnthropicMiddleware)  # the last one is outside
    complete_openapi(app, _BODIES, _EVENTS, with_keys=bool(settings.keys))
    return app
