"""How the cost grows with the length of an answer, and with the length of a conversation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.cases import Place
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh
from benchmarks.sections.chunks import CASES, answers

LENGTHS = (200, 2000, 20_000)
MESSAGES = (1, 101, 201)
FLOORS = {
    "SparkClient.stream": "",
    "AsyncSparkClient.stream": "",
    "ChatSpark.stream": "LangChain's floor, stream",
    "ChatSpark.astream": "LangChain's floor, astream",
    "ChatSpark.stream_events v3": "LangChain's floor, v3",
    "ChatSpark in a chain": "LangChain's floor, chain",
    "SparkLLM.stream_chat": "LlamaIndex's floor, stream_chat",
    "SparkLLM.astream_chat": "LlamaIndex's floor, astream_chat",
}
"""What is ours, and what of the framework's own is under it."""
PEERS = ("ChatOpenAI.stream", "langchain-community stream", "OpenAILike.stream_chat")
TALKING = (
    "SparkClient.stream", "AsyncSparkClient.stream", "spark-ai-python stream",
    "ChatSpark.stream", "ChatSpark.astream", "ChatOpenAI.stream", "langchain-community stream",
    "SparkLLM.stream_chat", "SparkLLM.astream_chat", "OpenAILike.stream_chat",
)  # fmt: skip


@contextlib.contextmanager
def _lengths() -> Iterator[list[Place]]:
    with answers(*LENGTHS) as places:
        yield list(places.values())


@contextlib.contextmanager
def _conversations() -> Iterator[list[Place]]:
    with answers(1) as places:
        yield [places[1]._replace(messages=messages) for messages in MESSAGES]


def _rows(function: str, names: tuple[str, ...]) -> dict[str, Callable[[list[Place]], Metrics]]:
    return {name: partial(fresh, f"measuring:{function}", CASES[name]) for name in names}


ANSWERS = Section(
    name="growth",
    title="CPU per streamed chunk, µs, in answers of 200 to 20,000 chunks",
    about="*growth* is the cost of a chunk in the longest answer against its lower cost in the "
    "two others: 1 is linear, or better. In part LangChain and LlamaIndex put the text together "
    "again for each chunk; nothing of ours may add to that.",
    seconds=40,
    place=_lengths,
    rows=_rows("growth", (*FLOORS, *filter(None, FLOORS.values()), *PEERS)),
)
HISTORY = Section(
    name="history",
    title="CPU per call, µs, with 1 to 201 messages",
    about="The answer is one chunk. *growth* is what a message of the second hundred costs "
    "against one of the first: 1 is linear.",
    seconds=15,
    place=_conversations,
    rows=_rows("history", TALKING),
)
