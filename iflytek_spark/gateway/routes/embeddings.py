"""``POST /v1/embeddings``."""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError, to_json
from starlette.responses import Response

from iflytek_spark import Usage, estimate_tokens
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.field_types import ModelName, Text
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.model_names import EMBEDDING_MODEL, EMBEDDINGS_ROUTE, served_at
from iflytek_spark.gateway.openai.openapi import documented, suggested
from iflytek_spark.gateway.openai.parsing import Count
from iflytek_spark.gateway.openai.responses import Embedding, EmbeddingList
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.state import State

router = APIRouter()

MAX_TEXTS = 2048
"""Texts in a request, as OpenAI has it."""

_EXAMPLE: JsonValue = {"model": EMBEDDING_MODEL, "input": ["讯飞星火", "iFlytek Spark"]}


def _not_tokens(value: object) -> object:
    if isinstance(value, list) and any(isinstance(item, int | list) for item in value):
        raise PydanticCustomError(
            "tokens",
            "send texts: Spark takes no token numbers of other models' (with langchain-openai "
            "set check_embedding_ctx_length=False)",
        )
    return value


class EmbeddingRequest(BaseModel):
    """The body of ``POST /v1/embeddings``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}
    )

    model: Annotated[ModelName, Field(json_schema_extra=suggested(served_at(EMBEDDINGS_ROUTE)))]
    input: Annotated[
        Text | Annotated[list[Text], Field(min_length=1, max_length=MAX_TEXTS)],
        BeforeValidator(_not_tokens),
    ]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Count | None = Field(
        None, description="Numbers in a vector; spark-embedding always has 2560"
    )
    user: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None
    input_type: Literal["document", "query"] | None = Field(
        None, description="What the texts are: passages to be found, or the question that looks"
    )


@router.post(EMBEDDINGS_ROUTE, **documented(EmbeddingList, EmbeddingRequest))
async def create_embeddings(request: Request, state: State) -> Response:
    """Turn texts into vectors, at the account's rate."""
    record = record_of(request.scope)
    body = (await read_request(request, state, EmbeddingRequest)).body
    record.use_model(state.model_names.service_model(body.model, EMBEDDINGS_ROUTE))
    client = state.upstream.client(request.headers)
    texts = [body.input] if isinstance(body.input, str) else body.input
    record.texts = len(texts)
    work = client.embed(
        texts,
        model=record.model,
        dimensions=body.dimensions,
        kind=body.input_type or "document",
        max_qps=state.settings.embeddings_per_second,
    )
    vectors = await cancel_on_disconnect(request.receive, work)
    packed = body.encoding_format == "base64"
    tokens = sum(map(estimate_tokens, texts))
    record.usage, record.estimated = Usage(tokens, 0, tokens), True
    found = _embeddings(body.model, [_packed(one) if packed else one for one in vectors], tokens)
    return Response(to_json(found), media_type="application/json")


def _embeddings(model: str, vectors: Sequence[list[float] | str], tokens: int) -> EmbeddingList:
    """Write the response. Spark counts no tokens of embeddings: they are estimated."""
    data: list[Embedding] = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    return {
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens, "estimated": True},
    }


def _packed(vector: list[float]) -> str:
    """Write a vector as base64 of little-endian float32, which is how Spark sends it too."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
