"""The gateway as an ASGI app."""

from __future__ import annotations

from fastapi import FastAPI

from iflytek_spark._version import __version__
from iflytek_spark.gateway.exception_handlers import handle_failures
from iflytek_spark.gateway.middleware.drain import Drain, DrainLayer
from iflytek_spark.gateway.middleware.guard import Guard
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.middleware.telemetry import ObserveLayer
from iflytek_spark.gateway.openai.openapi import describe
from iflytek_spark.gateway.openai.requests import ChatCompletionRequest
from iflytek_spark.gateway.routes import chat, embeddings, health, images, models
from iflytek_spark.gateway.routes.embeddings import EmbeddingRequest
from iflytek_spark.gateway.routes.images import ImageGenerationRequest
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from iflytek_spark.gateway.state import GatewayServices
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
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    metrics, drain = GatewayMetrics(), Drain()
    upstream = Upstream(settings, on_open=metrics.upstream_opens.inc)
    app.state.services = GatewayServices(settings, upstream, metrics, drain)
    for routes in (chat, models, embeddings, images, health):
        app.include_router(routes.router)
    handle_failures(app)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(DrainLayer, drain=drain)
    app.add_middleware(ObserveLayer, metrics=metrics)  # the last one is outside
    bodies = (ChatCompletionRequest, EmbeddingRequest, ImageGenerationRequest)
    describe(app, bodies, with_keys=bool(settings.keys))
    return app
