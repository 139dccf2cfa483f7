"""What the routes share, made once for an app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from iflytek_spark.gateway.middleware.drain import Drain
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.interface import GatewayStore
from iflytek_spark.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True)
class GatewayState:
    """What a route needs.

    Attributes:
        settings: the gateway's.
        model_names: the names that callers may use for models.
        upstream: gives each request its client.
        metrics: what is counted.
        drain: whether the gateway is being stopped.
        store: keys and usage in a database, or None.
    """

    settings: GatewaySettings
    model_names: ModelNames
    upstream: Upstream
    metrics: GatewayMetrics
    drain: Drain
    store: GatewayStore | None = None


async def _state_of(request: Request) -> GatewayState:
    """Return the app's state; async, since FastAPI calls no such in a thread."""
    state: GatewayState = request.app.state.gateway
    return state


State: TypeAlias = Annotated[GatewayState, Depends(_state_of)]
"""The parameter of a route that needs it."""
