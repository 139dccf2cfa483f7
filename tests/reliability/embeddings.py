"""The embedding surfaces: the two clients, LangChain's and LlamaIndex's models."""

from __future__ import annotations

from functools import cache

from iflytek_spark.emulator.media.vectors import text_vector
from langchain_spark import SparkEmbeddings
from llama_index_spark import SparkEmbedding
from tests.core.posting import near
from tests.reliability.chats import async_client, langchain_name, sync_client
from tests.reliability.surfaces import AsyncCall, Call, Column, Target

PASSAGE = "讯飞星火"


@cache
def embeddings(target: Target) -> SparkEmbeddings:
    return SparkEmbeddings(**target.model_settings(), max_qps=None)


@cache
def embedding(target: Target) -> SparkEmbedding:
    return SparkEmbedding(**target.model_settings(), max_qps=None)


def is_whole(vectors: object) -> bool:
    return isinstance(vectors, list) and near(vectors[0], text_vector(PASSAGE, "para"))


async def aget_text_embedding(target: Target) -> object:
    return [await embedding(target).aget_text_embedding(PASSAGE)]


EMBEDDINGS = (
    Column(
        "embeddings",
        (
            Call("SparkClient.embed", lambda to: sync_client(to).embed([PASSAGE], max_qps=None)),
            AsyncCall(
                "AsyncSparkClient.embed",
                lambda to: async_client(to).embed([PASSAGE], max_qps=None),
            ),
            Call("SparkEmbedding", lambda to: [embedding(to).get_text_embedding(PASSAGE)]),
            AsyncCall("SparkEmbedding, async", aget_text_embedding),
        ),
        is_whole,
        service="post",
    ),
    Column(
        "LangChain embeddings",
        (
            Call("SparkEmbeddings", lambda to: embeddings(to).embed_documents([PASSAGE])),
            AsyncCall(
                "SparkEmbeddings, async", lambda to: embeddings(to).aembed_documents([PASSAGE])
            ),
        ),
        is_whole,
        service="post",
        named=langchain_name,
    ),
)
