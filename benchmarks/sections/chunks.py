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
    "LangChain's floor, stream": "langchain:stream:make_fake",
    "ChatSpark.stream": "langchain:stream:make_chat_spark",
    "ChatOpenAI.stream": "langchain:stream:make_chat_openai",
    "langchain-community stream": "spark_peers:community_stream",
    "LangChain's floor, astream": "langchain:astream:make_fake",
    "ChatSpark.astream": "langchain:astream:make_chat_spark",
    "ChatOpenAI.astream": "langchain:astream:make_chat_openai",
    "langchain-community astream": "spark_peers:community_astream",
    "LangChain's floor, v3": "langchain:events:make_fake",
    "ChatSpark.stream_events v3": "langchain:events:make_chat_spark",
    "ChatOpenAI.stream_events v3": "langchain:events:make_chat_openai",
    "LangChain's floor, chain": "langchain:chain:make_fake",
    "ChatSpark in a chain": "langchain:chain:make_chat_spark",
    "ChatOpenAI in a chain": "langchain:chain:make_chat_openai",
    "raw websocket-client, a tool call": "sockets:websocket_client_calls",
    "ChatSpark, a tool call": "langchain:tool_calls:make_chat_spark",
    "ChatOpenAI, a tool call": "langchain:tool_calls:make_chat_openai",
    "LlamaIndex's floor, stream_chat": "llama_index:stream:make_fake",
    "SparkLLM.stream_chat": "llama_index:stream:make_spark_llm",
    "OpenAILike.stream_chat": "llama_index:stream:make_openai_like",
    "LlamaIndex's floor, astream_chat": "llama_index:astream:make_fake",
    "SparkLLM.astream_chat": "llama_index:astream:make_spark_llm",
    "OpenAILike.astream_chat": "llama_index:astream:make_openai_like",
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
def place() -> Iterator[Place]:
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
    place=place,
    reference="raw websocket-client",
    rows={name: _row(case) for name, case in CASES.items()},
)
