"""What the routes share, made once for an app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from starlette.types import Scope

from iflytek_spark.gateway.batches.accounts import BatchAccounts
from iflytek_spark.gateway.middleware.drain import Drain
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.own_keys import OwnKeys
from iflytek_spark.gateway.reloading import Reloading
from iflytek_spark.gateway.responses.history import History
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
        history: what is kept of responses.
        batches: the accounts that have the Batch API.
        reloading: has keys and names of models read anew.
        store: keys and usage in a database, or None.
        own_keys: whether Spark takes the gateway's own keys.
    """

    settings: GatewaySettings
    model_names: ModelNames
    upstream: Upstream
    metrics: GatewayMetrics
    drain: Drain
    history: History
    reloading: Reloading
    batches: BatchAccounts
    store: GatewayStore | None = None
    own_keys: OwnKeys = field(default_factory=OwnKeys)


def state_of(scope: Scope) -> GatewayState:
    """Return the state of the app that a request has come to."""
    state: GatewayState = scope["app"].state.gateway
    return state


async def _state_of(request: Request) -> GatewayState:
    """Return the app's state; async, since FastAPI calls no such in a thread."""
    return state_of(request.scope)


State: TypeAlias = Annotated[GatewayState, Depends(_state_of)]
"""The parameter of a route that needs it."""
