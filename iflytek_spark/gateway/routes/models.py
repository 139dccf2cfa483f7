"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark import ModelSpec
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.model_names import ModelNames
from iflytek_spark.gateway.openai.openapi import documented, suggested
from iflytek_spark.gateway.openai.responses import Model, ModelList
from iflytek_spark.gateway.state import State

router = APIRouter()

_CREATED = 1_683_331_200
"""6 May 2023, when Spark was presented: no source says when each model was made."""


@router.get("/v1/models", **documented(ModelList))
async def list_models(request: Request, state: State) -> Response:
    """List what the caller may use, under its own name and under those of the configuration."""
    names, allowed = state.model_names, record_of(request.scope).models
    listed = names.listed()
    if allowed is not None:
        listed = tuple(name for name in listed if names.catalogue_name(name) in allowed)
    models: ModelList = {"object": "list", "data": [_model(name, names) for name in listed]}
    return Response(to_json(models), media_type="application/json")


@router.get("/v1/models/{model:path}", **documented(Model))
async def retrieve_model(
    model: Annotated[str, Path(json_schema_extra=suggested(ModelNames().listed()))],
    request: Request,
    state: State,
) -> Response:
    """Describe a model by any name that chat completions take for it."""
    record_of(request.scope).check_model(state.model_names.catalogue_name(model))
    return Response(to_json(_model(model, state.model_names)), media_type="application/json")


def _model(name: str, names: ModelNames) -> Model:
    """Describe a model; what the vendor does not say of a chat model is None."""
    found = names.find(name)
    model: Model = {
        "id": name,
        "object": "model",
        "created": _CREATED,
        "owned_by": "iflytek",
        "name": found.title,
    }
    if isinstance(found, ModelSpec):
        model["root"] = found.name
        model["aliases"] = list(found.aliases)
        model["context_window"] = found.context_tokens
        model["max_output_tokens"] = int(found.max_tokens.high) if found.max_tokens else None
        model["capabilities"] = {
            "tools": found.tools,
            "images": found.images,
            "web_search": found.web_search,
            "reasoning": found.reasoning,
        }
        model["retired"] = found.retired or None
    return model
