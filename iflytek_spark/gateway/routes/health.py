"""``/healthz``, ``/readyz`` and ``/metrics``: for the gateway's operator. They show no secret."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from redis.exceptions import RedisError
from starlette.responses import JSONResponse, Response

from iflytek_spark.gateway.middleware.redis import connect
from iflytek_spark.gateway.state import GatewayState, State

router = APIRouter(include_in_schema=False)


class Health(TypedDict):
    """Whether the process lives, or requests should be sent to it; and if not, why not.

    Accounts that are set aside are told beside it: others may answer.
    """

    status: Literal["ok", "ready", "not ready"]
    because: NotRequired[list[str]]
    accounts: NotRequired[list[str]]


@router.get("/healthz")
async def live() -> Response:
    """Say that the process lives."""
    health: Health = {"status": "ok"}
    return JSONResponse(health)


@router.get("/readyz")
async def ready(state: State) -> Response:
    """Say whether requests should be sent here."""
    health: Health = {"status": "ready"}
    if obstacles := await _obstacles(state):
        health = {"status": "not ready", "because": obstacles}
    accounts = state.upstream.accounts
    if accounts and (troubles := accounts.troubles()):
        health["accounts"] = troubles
    return JSONResponse(health, 503 if obstacles else 200)


@router.get("/metrics")
async def metrics(state: State) -> Response:
    """Write what was counted."""
    return Response(state.metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def _obstacles(state: GatewayState) -> list[str]:
    found = {
        "the gateway is being stopped": state.drain.stopping,
        "Spark credentials are missing": not state.upstream.ready(),
        "Spark refuses the gateway's own keys": state.own_keys.refused,
        "Redis cannot be reached": not await _reached(state.settings.redis_url),
    }
    return [obstacle for obstacle, is_there in found.items() if is_there]


async def _reached(url: SecretStr | None) -> bool:
    """Ask Redis, if there is one, over a connection of its own: the others may all be in use."""
    if url is None:
        return True
    try:
        async with connect(url.get_secret_value()) as client:
            await client.ping()
    except RedisError:
        return False
    return True
