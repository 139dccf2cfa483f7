"""What the routes share, made once for an app."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from iflytek_spark.gateway.middleware.drain import Drain
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True)
class GatewayServices:
    """What a route needs.

    Attributes:
        settings: the gateway's.
        upstream: gives each request its client.
        metrics: what is counted.
        drain: whether the gateway is being stopped.
    """

    settings: GatewaySettings
    upstream: Upstream
    metrics: GatewayMetrics
    drain: Drain


async def services_of(request: Request) -> GatewayServices:
    """Return what the routes of this app share; async, since FastAPI calls no such in a thread."""
    services: GatewayServices = request.app.state.services
    return services
