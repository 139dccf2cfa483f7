"""CPU per streamed chunk: ours, beside what a user would pick instead and what is under it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.cases import Place
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh, serving

CHUNKS = 1000
CASES = {
    "raw websocket-client": "sockets:websocket_client",
    "raw websockets": "sockets:websockets_asyncio",
    "SparkClient.stream": "sockets:core",
    "AsyncSparkClient.stream": "sockets:core_async",
    "spark-ai-python stream": "spark_peers:vendor_stream",
    "spark-ai-python astream": "spark_peers:vendor_astream",
    "LangChain's floor, stream": "langchain:floor_stream",
    "ChatSpark.stream": "langchain:spark_stream",
    "ChatOpenAI.stream": "langchain:openai_stream",
    "langchain-community stream": "spark_peers:community_stream",
    "LangChain's floor, astream": "langchain:floor_astream",
    "ChatSpark.astream": "langchain:spark_astream",
    "ChatOpenAI.astream": "langchain:openai_astream",
    "langchain-community astream": "spark_peers:community_astream",
    "LangChain's floor, v3": "langchain:floor_events",
    "ChatSpark.stream_events v3": "langchain:spark_events",
    "ChatOpenAI.stream_events v3": "langchain:openai_events",
    "LangChain's floor, chain": "langchain:floor_chain",
    "ChatSpark in a chain": "langchain:spark_chain",
    "ChatOpenAI in a chain": "langchain:openai_chain",
    "raw websocket-client, a tool call": "sockets:websocket_client_calls",
    "ChatSpark, a tool call": "langchain:spark_tool_calls",
    "ChatOpenAI, a tool call": "langchain:openai_tool_calls",
    "LlamaIndex's floor, stream_chat": "llama_index:floor_stream",
    "SparkLLM.stream_chat": "llama_index:spark_stream",
    "OpenAILike.stream_chat": "llama_index:openai_stream",
    "LlamaIndex's floor, astream_chat": "llama_index:floor_astream",
    "SparkLLM.astream_chat": "llama_index:spark_astream",
    "OpenAILike.astream_chat": "llama_index:openai_astream",
}


@contextlib.contextmanager
def answers(*counts: int) -> Iterator[dict[int, Place]]:
    """Serve answers of so many chunks; yield where, by their number."""
    with serving("servers.answers", *map(str, counts)) as ports:
        yield {
            count: Place(f"ws://127.0.0.1:{spark}", f"http://127.0.0.1:{openai}", count)
            for count, spark, openai in zip(counts, ports[::2], ports[1::2])
        }


@contextlib.contextmanager
def _place() -> Iterator[Place]:
    with answers(CHUNKS) as places:
        yield places[CHUNKS]


def _row(case: str) -> Callable[[Place], Metrics]:
    return partial(fresh, "measuring:chunks", case)


SECTION = Section(
    name="chunks",
    title="CPU per streamed chunk, µs (of a tool call: per call)",
    about=f"Answers of {CHUNKS:,} chunks from a server in a process of its own, which writes them "
    "at once. The floors are what a bare socket costs with a JSON parser, and what the framework "
    "costs with a model that has its chunks in memory. What the imports have left for the garbage "
    "collector is collected before.",
    seconds=50,
    place=_place,
    reference="raw websocket-client",
    rows={name: _row(case) for name, case in CASES.items()},
)
