"""The gateway as an ASGI app."""

from __future__ import annotations

from fastapi import FastAPI

from iflytek_spark import __version__
from iflytek_spark.gateway.exception_handlers import add_exception_handlers
from iflytek_spark.gateway.middleware.admission import AdmissionMiddleware
from iflytek_spark.gateway.middleware.drain import Drain, DrainMiddleware
from iflytek_spark.gateway.middleware.local_only import LocalOnlyMiddleware
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.telemetry import TelemetryMiddleware
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.openapi import complete_openapi
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.operator.routes import operator_parts, operator_router
from iflytek_spark.gateway.page.routes import page_router
from iflytek_spark.gateway.routes import chat, embeddings, health, images, models, rerank
from iflytek_spark.gateway.routes.embeddings import EmbeddingRequest
from iflytek_spark.gateway.routes.images import ImageGenerationRequest
from iflytek_spark.gateway.routes.rerank import RerankRequest
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayState
from iflytek_spark.gateway.store.opening import open_store
from iflytek_spark.gateway.upstream import Upstream


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
    )
    metrics, drain = GatewayMetrics(), Drain()
    upstream = Upstream(settings, on_open=metrics.upstream_opens.inc)
    names = ModelNames(settings.models)
    store = open_store(settings, on_drop=metrics.usage_rows_dropped.inc)
    app.state.gateway = GatewayState(settings, names, upstream, metrics, drain, store)
    for routes in (chat, models, embeddings, rerank, images, health):
        app.include_router(routes.router)
    app.include_router(operator_router(settings))
    if settings.page:
        app.include_router(page_router(operator_parts(settings)))
    add_exception_handlers(app)
    app.add_middleware(AdmissionMiddleware, settings=settings, store=store)
    app.add_middleware(DrainMiddleware, drain=drain)
    if settings.local_only:
        app.add_middleware(LocalOnlyMiddleware)
    on_end = store.add if store else None
    app.add_middleware(TelemetryMiddleware, metrics=metrics, on_end=on_end)  # the last is outside
    bodies = (ChatCompletionRequest, EmbeddingRequest, RerankRequest, ImageGenerationRequest)
    complete_openapi(app, bodies, with_keys=settings.with_keys)
    return app
