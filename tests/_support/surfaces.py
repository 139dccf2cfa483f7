"""Every way to make a call, by name. A new adapter, client or method is a row here.

Used by the matrix of faults (``tests/reliability``), and by the searches for secrets and the
pickles (``tests/trust``).
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from unittest import mock

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, ContentDelta, SparkClient
from iflytek_spark.cli import main
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support import gateway
from tests._support.calls import PROMPT, AsyncCall, AsyncStream, Call, Make, Stream, Surface, Target

PASSAGE = "讯飞星火"
MESSAGES = [ChatMessage(PROMPT)]
QUESTION = {"question": PROMPT}
CLI = "iflytek-spark chat"
"""Prints its errors, while all others raise them."""


@cache
def client(target: Target) -> SparkClient:
    return SparkClient(**target.client_settings())


@cache
def async_client(target: Target) -> AsyncSparkClient:
    return AsyncSparkClient(**target.client_settings())


@cache
def chat_model(target: Target) -> ChatSpark:
    return ChatSpark(**target.model_settings())


@cache
def chain(target: Target) -> Runnable[dict[str, str], str]:
    prompt = ChatPromptTemplate.from_messages([("human", "{question}")])
    return prompt | chat_model(target) | StrOutputParser()


@cache
def completion_model(target: Target) -> LangChainLLM:
    return LangChainLLM(**target.model_settings())


@cache
def embeddings(target: Target) -> SparkEmbeddings:
    return SparkEmbeddings(**target.model_settings(), max_qps=None)


@cache
def image_tool(target: Target) -> SparkImageTool:
    return SparkImageTool(**target.model_settings())


@cache
def llm(target: Target) -> SparkLLM:
    return SparkLLM(**target.model_settings())


@cache
def embedding(target: Target) -> SparkEmbedding:
    return SparkEmbedding(**target.model_settings(), max_qps=None)


def environment(target: Target) -> dict[str, str]:
    """The variables that lead a program to a target."""
    keys = target.credentials
    return {
        "SPARK_BASE_URL": target.base_url,
        "SPARK_APP_ID": keys.app_id,
        "SPARK_API_KEY": keys.api_key,
        "SPARK_API_SECRET": keys.api_secret,
    }


def command_line(variables: dict[str, str]) -> int:
    with mock.patch.dict(os.environ, variables):
        return main(["chat", PROMPT])


def event_text(event: object) -> str:
    return event.text if isinstance(event, ContentDelta) else ""


def text_of(piece: Any) -> str:
    return str(piece.text)


def delta_of(response: Any) -> str:
    return str(response.delta)


def content_of(response: Any) -> str:
    return str(response.message.content)


async def achat_text(one: AsyncSparkClient) -> str:
    return (await one.chat(PROMPT)).text


async def ainvoke_text(model: ChatSpark) -> str:
    return (await model.ainvoke(PROMPT)).text


async def achat_content(model: SparkLLM) -> str:
    return content_of(await model.achat(MESSAGES))


async def aembed_passage(model: SparkEmbedding) -> object:
    return [await model.aget_text_embedding(PASSAGE)]


MODELS: dict[str, Make] = {
    "ChatSpark": chat_model,
    "LangChain's SparkLLM": completion_model,
    "SparkEmbeddings": embeddings,
    "SparkImageTool": image_tool,
    "LlamaIndex's SparkLLM": llm,
    "SparkEmbedding": embedding,
}
"""What the adapters give a framework."""

_ALL: tuple[Surface, ...] = (
    Stream("SparkClient.stream", client, lambda one: one.stream(PROMPT), event_text),
    Call("SparkClient.chat", client, lambda one: one.chat(PROMPT).text),
    Call("SparkClient.embed", client, lambda one: one.embed([PASSAGE], max_qps=None)),
    Call("SparkClient.generate_image", client, lambda one: one.generate_image(PROMPT)),
    AsyncStream(
        "AsyncSparkClient.stream", async_client, lambda one: one.stream(PROMPT), event_text
    ),
    AsyncCall("AsyncSparkClient.chat", async_client, achat_text),
    AsyncCall(
        "AsyncSparkClient.embed", async_client, lambda one: one.embed([PASSAGE], max_qps=None)
    ),
    Call("ChatSpark.invoke", chat_model, lambda model: model.invoke(PROMPT).text),
    Stream("ChatSpark.stream", chat_model, lambda model: model.stream(PROMPT), text_of),
    AsyncCall("ChatSpark.ainvoke", chat_model, ainvoke_text),
    AsyncStream("ChatSpark.astream", chat_model, lambda model: model.astream(PROMPT), text_of),
    AsyncStream(
        "ChatSpark.astream_events",
        chat_model,
        lambda model: model.astream_events(PROMPT, version="v2"),
    ),
    Call("chain.invoke", chain, lambda one: one.invoke(QUESTION)),
    Stream("chain.stream", chain, lambda one: one.stream(QUESTION)),
    AsyncCall("chain.ainvoke", chain, lambda one: one.ainvoke(QUESTION)),
    AsyncStream("chain.astream", chain, lambda one: one.astream(QUESTION)),
    Call("LangChain's SparkLLM", completion_model, lambda model: model.invoke(PROMPT)),
    Call("SparkEmbeddings", embeddings, lambda model: model.embed_documents([PASSAGE])),
    AsyncCall(
        "SparkEmbeddings, async", embeddings, lambda model: model.aembed_documents([PASSAGE])
    ),
    Call("SparkImageTool", image_tool, lambda tool: tool.invoke({"prompt": PROMPT})),
    Call("SparkLLM.chat", llm, lambda model: content_of(model.chat(MESSAGES))),
    Stream("SparkLLM.stream_chat", llm, lambda model: model.stream_chat(MESSAGES), delta_of),
    AsyncCall("SparkLLM.achat", llm, achat_content),
    AsyncStream("SparkLLM.astream_chat", llm, lambda model: model.astream_chat(MESSAGES), delta_of),
    Call("SparkEmbedding", embedding, lambda model: [model.get_text_embedding(PASSAGE)]),
    AsyncCall("SparkEmbedding, async", embedding, aembed_passage),
    Call(CLI, environment, command_line),
    Call("httpx2.Client.post", gateway.url, gateway.ask),
    AsyncCall("httpx2.AsyncClient.post", gateway.url, gateway.aask),
    Stream("httpx2.Client.stream", gateway.url, gateway.stream),
    AsyncStream("httpx2.AsyncClient.stream", gateway.url, gateway.astream),
)

SURFACES: dict[str, Surface] = {surface.name: surface for surface in _ALL}
IN_PROCESS = {name: one for name, one in SURFACES.items() if one.make is not gateway.url}
"""All but those of the gateway, which calls Spark for its own callers."""
