"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from __future__ import annotations

from functools import lru_cache
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

_CATALOGUE = ModelNames()
_MAX_KEPT = 64
_CREATED = 1_683_331_200
"""6 May 2023, when Spark was presented: no source says when each model was made."""


@router.get("/v1/models", **documented(ModelList))
async def list_models(request: Request, state: State) -> Response:
    """List what the caller may use, under its own name and under those of the configuration."""
    record = record_of(request.scope)
    listed = [one for one in state.model_names.listed().items() if record.may_use(one[1])]
    return Response(_written(tuple(listed)), media_type="application/json")


@router.get("/v1/models/{model:path}", **documented(Model))
async def retrieve_model(
    model: Annotated[str, Path(json_schema_extra=suggested([*_CATALOGUE.listed()]))],
    request: Request,
    state: State,
) -> Response:
    """Describe a model by any name that chat completions take for it."""
    known = state.model_names.catalogue_name(model)
    record_of(request.scope).check_model(known)
    return Response(to_json(_model(model, known)), media_type="application/json")


@lru_cache(_MAX_KEPT)
def _written(listed: tuple[tuple[str, str], ...]) -> bytes:
    """Write a list, which is the same for all who may use the same."""
    models: ModelList = {"object": "list", "data": [_model(*one) for one in listed]}
    return to_json(models)


def _model(name: str, known: str) -> Model:
    """Describe a model by a name of it, and by the catalogue's.

    What the vendor does not say of a chat model is None.
    """
    found = _CATALOGUE.find(known)
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
