"""``POST /v1/rerank``, in the form that Cohere's and Jina's clients know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark import RankedDocument, Usage, estimate_tokens
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.field_types import ModelName, Text
from iflytek_spark.gateway.openai.ignored import Mark
from iflytek_spark.gateway.openai.model_names import RERANK_ROUTE, served_at
from iflytek_spark.gateway.openai.openapi import documented, suggested
from iflytek_spark.gateway.openai.parsing import Count
from iflytek_spark.gateway.openai.responses import Rank, RankList
from iflytek_spark.gateway.request_body import read_request
from iflytek_spark.gateway.state import State

router = APIRouter()

MAX_DOCUMENTS = 1000
"""Documents in a request, as Cohere has it."""

_EXAMPLE: JsonValue = {
    "model": served_at(RERANK_ROUTE)[0],
    "query": "签名多久失效?",
    "documents": ["签名五分钟后失效。", "黄山的云海"],
    "top_n": 1,
}


class TextDocument(BaseModel):
    """A document as an object."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: Text


class RerankRequest(BaseModel):
    """The body of ``POST /v1/rerank``."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [_EXAMPLE]}
    )

    model: Annotated[ModelName, Field(json_schema_extra=suggested(served_at(RERANK_ROUTE)))]
    query: Text
    documents: list[Text | TextDocument] = Field(max_length=MAX_DOCUMENTS)
    top_n: Count | None = Field(None, description="How many are returned; all by default")
    return_documents: bool | None = Field(None, description="Whether texts are repeated; true")
    user: Annotated[str | None, Mark.TUNING, Mark.UNUSED] = None


@router.post(RERANK_ROUTE, **documented(RankList, RerankRequest))
async def create_ranks(request: Request, state: State) -> Response:
    """Sort documents by how well they answer a query, at the account's rate."""
    record = record_of(request.scope)
    body = (await read_request(request, state, RerankRequest)).body
    record.use_model(state.model_names.service_model(body.model, RERANK_ROUTE))
    texts = [one if isinstance(one, str) else one.text for one in body.documents]
    record.texts = len(texts)
    work = state.upstream.client(request.headers).rerank(
        body.query,
        texts,
        model=record.model,
        top_n=body.top_n,
        max_qps=state.settings.embeddings_per_second,
    )
    ranked = await cancel_on_disconnect(request.receive, work)
    repeats = body.return_documents is not False
    tokens = sum(map(estimate_tokens, (body.query, *texts)))
    record.usage, record.estimated = Usage(tokens, 0, tokens), True
    found: RankList = {
        "model": body.model,
        "results": _ranks(ranked, repeats),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens, "estimated": True},
    }
    return Response(to_json(found), media_type="application/json")


def _ranks(ranked: Sequence[RankedDocument], repeats: bool) -> list[Rank]:
    ranks: list[Rank] = []
    for one in ranked:
        rank: Rank = {"index": one.index, "relevance_score": one.score}
        ranks.append({**rank, "document": {"text": one.document}} if repeats else rank)
    return ranks
