"""What is compared with what, and what should be reached: the one table.

Goals are those of the project's requirements; a row without one is there to be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.cases.embeddings import IDEAL
from benchmarks.cases.paced import IDEAL_FIRST
from benchmarks.report.results import Results
from benchmarks.sections.gateway import LENGTHS, length_name
from benchmarks.sections.growth import FLOORS, TALKING
from benchmarks.sections.streams import BURST, COUNTS, FROZEN, SURFACES, row


class Figure(NamedTuple):
    """A median in the results."""

    section: str
    row: str
    metric: str


class Comparison(NamedTuple):
    """A line of the table.

    Attributes:
        what: what is measured.
        beside: what it is compared with; empty when the value itself has a goal.
        top: the value.
        bottom: what it is divided by: the sum of figures, or a number.
        unit: of both.
        goal: the highest ratio, or without ``beside`` the highest value, that is wanted.
        peer: it is a peer, for the chart.
    """

    what: str
    beside: str
    top: Figure
    bottom: tuple[Figure, ...] | float
    unit: str
    goal: float | None = None
    peer: bool = False

    def values(self, results: Results) -> tuple[float, float] | None:
        """Return both values, or None when one is missing."""
        top = results.median(*self.top)
        if isinstance(self.bottom, float):
            return None if top is None else (top, self.bottom)
        parts = [results.median(*figure) for figure in self.bottom]
        known = [part for part in parts if part is not None]
        return None if top is None or len(known) < len(parts) else (top, sum(known))

    def ratio(self, results: Results) -> float | None:
        """Return the ratio, or without ``beside`` the value."""
        values = self.values(results)
        return None if values is None else values[0] / values[1]


def _chunk(what: str, *beside: str, goal: float | None = None, peer: bool = True) -> Comparison:
    top, *bottom = (Figure("chunks", name, "µs") for name in (what, *beside))
    return Comparison(what, " + ".join(beside), top, tuple(bottom), "µs", goal, peer)


CHUNKS = (
    _chunk("ChatSpark.stream", "ChatOpenAI.stream", goal=0.25),
    _chunk("ChatSpark.stream", "langchain-community stream", goal=0.35),
    _chunk("ChatSpark.astream", "ChatOpenAI.astream", goal=0.2),
    _chunk("ChatSpark.astream", "langchain-community astream"),
    _chunk("ChatSpark.stream_events v3", "ChatOpenAI.stream_events v3", goal=0.2),
    _chunk("ChatSpark in a chain", "ChatOpenAI in a chain"),
    _chunk("ChatSpark, a tool call", "ChatOpenAI, a tool call", goal=0.25),
    _chunk("ChatSpark, a tool call", "raw websocket-client, a tool call", peer=False),
    _chunk("SparkLLM.stream_chat", "OpenAILike.stream_chat", goal=0.33),
    _chunk("SparkLLM.astream_chat", "OpenAILike.astream_chat", goal=0.33),
    _chunk("SparkClient.stream", "spark-ai-python stream"),
    _chunk("AsyncSparkClient.stream", "spark-ai-python astream"),
    _chunk("SparkClient.stream", "raw websocket-client", peer=False),
    _chunk("AsyncSparkClient.stream", "raw websockets", peer=False),
    _chunk(
        "ChatSpark.stream", "raw websocket-client", "LangChain's floor, stream",
        goal=1.25, peer=False,
    ),
    _chunk("ChatSpark.astream", "raw websockets", "LangChain's floor, astream", peer=False),
    _chunk(
        "SparkLLM.stream_chat", "raw websocket-client", "LlamaIndex's floor, stream_chat",
        peer=False,
    ),
    _chunk(
        "SparkLLM.astream_chat", "raw websockets", "LlamaIndex's floor, astream_chat", peer=False
    ),
)  # fmt: skip


def _streams() -> Iterator[Comparison]:
    names = [row(name, count) for name in SURFACES for count in COUNTS]
    names += [row("ChatSpark.astream", 1000, FROZEN), row("AsyncSparkClient.stream", 1000, BURST)]
    for name in names:
        goal = 1.15 if name.endswith(" 1,000") else None
        first = Figure("streams", name, "p95")
        yield Comparison(
            f"{name}: p95 to the first token", "the ideal", first, IDEAL_FIRST, "s", goal
        )
        if goal:
            wall = Figure("streams", name, "wall/ideal")
            yield Comparison(f"{name}: wall", "the ideal", wall, 1.0, "")
            wrong = Figure("streams", name, "wrong")
            yield Comparison(f"{name}: wrong answers", "", wrong, 1.0, "", 0.0)


def _first_token(what: str, beside: str) -> Comparison:
    top, bottom = (Figure("first-token", name, "40") for name in (what, beside))
    words = f"{what}: first token at 40 ms"
    return Comparison(words, beside, top, (bottom,), "ms", peer=True)


def _warm(name: str) -> Comparison:
    words = f"{name}: first token at 40 ms"
    return Comparison(
        words, "one round trip", Figure("first-token", name, "40"), 40.0, "ms", goal=1.3
    )


FIRST_TOKEN = (
    _warm("SparkClient, warm"),
    _warm("AsyncSparkClient, warm"),
    _first_token("SparkClient, warm", "langchain-community"),
    _first_token("SparkClient, warm", "ChatOpenAI, warm"),
    _first_token("SparkClient, cold", "langchain-community"),
    _first_token("SparkClient, cold", "spark-ai-python"),
    _first_token("SparkClient, cold", "ChatOpenAI, cold"),
)


def _startup(section: str, metric: str, what: str, beside: str, **more: float) -> Comparison:
    top, bottom = (Figure(section, name, metric) for name in (what, beside))
    unit = metric if section == "imports" else "µs"
    peer = "goal" not in more and beside != "llama_index.core"
    words = f"import {what}" if section == "imports" else what
    return Comparison(words, beside, top, (bottom,), unit, more.get("goal"), peer)


_CORE = "langchain_core.language_models.chat_models"
STARTUP = (
    _startup("imports", "ms of CPU", "langchain_spark", _CORE, goal=1.15),
    _startup("imports", "ms of CPU", "langchain_spark", "langchain_openai"),
    _startup("imports", "ms of CPU", "langchain_spark", "langchain_community.chat_models.sparkllm"),
    _startup("imports", "ms of CPU", "llama_index_spark", "llama_index.core"),
    _startup("imports", "ms of CPU", "llama_index_spark", "llama_index.llms.openai_like"),
    _startup("construction", "further", "ChatSpark()", "ChatOpenAI()"),
    _startup("construction", "further", "SparkLLM()", "OpenAILike()"),
)
EMBEDDINGS = tuple(
    Comparison(
        f"{name}, 1,000 texts", "the ideal", Figure("embeddings", name, "s"), IDEAL, "s", 1.05
    )
    for name in ("SparkClient.embed", "AsyncSparkClient.embed")
)


def _growth() -> Iterator[Comparison]:
    for name, floor in FLOORS.items():
        top = Figure("growth", name, "growth")
        bottom = (Figure("growth", floor, "growth"),) if floor else 1.0
        words = f"{name}: growth to 20,000 chunks"
        yield Comparison(words, floor or "linear", top, bottom, "", 1.25)
    for name in TALKING:
        if name.startswith(("Spark", "AsyncSpark", "ChatSpark")):
            top = Figure("history", name, "growth")
            yield Comparison(f"{name}: growth to 201 messages", "linear", top, 1.0, "", 1.5)


_FAST, _PACED = "µs a chunk, full speed", "µs a chunk, 64 streams at 20 ms"
_CROWD = "p95 ms to first token, 500 streams at 20 ms"
_WHOLE, _WHOLE_TLS = "ms a request, not streamed", "ms a request, not streamed, wss"


def _gateway() -> Iterator[Comparison]:
    goals = {_FAST: 30.0, _PACED: 80.0, _CROWD: 1000.0, _WHOLE: 2.0, _WHOLE_TLS: 2.5}
    for name, goal in goals.items():
        ours = Figure("gateway", f"gateway: {name}", "value")
        unit = "µs" if name.startswith("µs") else "ms"
        yield Comparison(f"gateway: {name}", "", ours, 1.0, unit, goal)
        if name != _WHOLE_TLS:
            theirs = Figure("gateway", f"litellm: {name}", "value")
            yield Comparison(f"gateway: {name}", "litellm", ours, (theirs,), unit, 0.1, peer=True)
    short, long = (Figure("gateway", f"gateway: {length_name(at)}", "value") for at in LENGTHS)
    words = "gateway: growth from 200 to 20,000 chunks"
    yield Comparison(words, "linear", long, (short,), "µs", 1.25)


GROUPS: dict[str, tuple[Comparison, ...]] = {
    "CPU per streamed chunk": CHUNKS,
    "Many paced streams in one process": tuple(_streams()),
    "Time to the first token": FIRST_TOKEN,
    "Import and construction": STARTUP,
    "Embeddings": EMBEDDINGS,
    "Growth": tuple(_growth()),
    "The gateway": tuple(_gateway()),
}
