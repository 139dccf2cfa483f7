"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark.gateway.openai.model_names import find_model, model_ids
from iflytek_spark.gateway.openai.openapi import described, suggested
from iflytek_spark.gateway.openai.responses import Model, ModelList
from iflytek_spark.gateway.state import GatewayServices, services_of
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.service_catalogue import Service

router = APIRouter()

_CREATED = 1_683_331_200
"""6 May 2023, when Spark was presented: no source says when each model was made."""


@router.get("/v1/models", **described(ModelList))
async def list_models(services: Annotated[GatewayServices, Depends(services_of)]) -> Response:
    """List every model, under its own name and under those of the configuration."""
    own_names = services.settings.models
    data = [_model(name, find_model(name, own_names)) for name in model_ids(own_names)]
    return Response(to_json({"object": "list", "data": data}), media_type="application/json")


@router.get("/v1/models/{model:path}", **described(Model))
async def retrieve_model(
    model: Annotated[str, Path(json_schema_extra=suggested(model_ids({})))],
    services: Annotated[GatewayServices, Depends(services_of)],
) -> Response:
    """Describe a model by any name that chat completions take for it."""
    found = find_model(model, services.settings.models)
    return Response(to_json(_model(model, found)), media_type="application/json")


def _model(name: str, found: ModelSpec | Service) -> dict[str, Any]:
    told = {"id": name, "object": "model", "created": _CREATED, "owned_by": "iflytek"}
    return (
        told | {"name": found.title} | (_abilities(found) if isinstance(found, ModelSpec) else {})
    )


def _abilities(spec: ModelSpec) -> dict[str, Any]:
    """Tell what a chat model can do; None where the vendor does not say."""
    return {
        "root": spec.name,
        "aliases": spec.aliases,
        "context_window": spec.context_tokens,
        "max_output_tokens": int(spec.max_tokens.high) if spec.max_tokens else None,
        "capabilities": {
            "tools": spec.tools,
            "images": spec.images,
            "web_search": spec.web_search,
            "reasoning": spec.reasoning,
        },
        "retired": spec.retired or None,
    }
