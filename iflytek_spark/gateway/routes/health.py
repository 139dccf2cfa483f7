"""``/healthz``, ``/readyz`` and ``/metrics``: for whoever runs the gateway. They tell no secret."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from redis.exceptions import RedisError
from starlette.responses import JSONResponse, Response

from iflytek_spark.gateway.middleware.redis import connect
from iflytek_spark.gateway.state import GatewayServices, services_of

router = APIRouter(include_in_schema=False)

_Services = Annotated[GatewayServices, Depends(services_of)]


@router.get("/healthz")
async def live() -> Response:
    """Say that the process lives."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def ready(services: _Services) -> Response:
    """Say whether requests should be sent here."""
    if obstacles := await _obstacles(services):
        return JSONResponse({"status": "not ready", "because": obstacles}, 503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics(services: _Services) -> Response:
    """Write what was counted."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def _obstacles(services: GatewayServices) -> list[str]:
    found = {
        "the gateway is being stopped": services.drain.stopping,
        "Spark credentials are missing": not services.upstream.ready(),
        "Redis cannot be reached": not await _reached(services.settings.redis_url),
    }
    return [words for words, true in found.items() if true]


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
