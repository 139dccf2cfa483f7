"""Spark over HTTP: the cost of a chunk, the first token, many streams at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

from benchmarks.cases.over_http import TRIP
from benchmarks.runner import Section
from benchmarks.sampling import fresh, serving
from benchmarks.sections import chunks, first_token
from benchmarks.sections.streams import COUNTS, row

_CASES = {
    "SparkClient.stream over HTTP": "over_http:core",
    "ChatSpark.stream over HTTP": "langchain:stream:make_chat_spark_over_http",
    "ChatOpenAI.stream": "langchain:stream:make_chat_openai",
    "AsyncSparkClient.stream over HTTP": "over_http:core_async",
    "ChatSpark.astream over HTTP": "langchain:astream:make_chat_spark_over_http",
    "ChatOpenAI.astream": "langchain:astream:make_chat_openai",
}

CHUNKS = Section(
    name="http-chunks",
    title="CPU per streamed chunk over HTTP, µs",
    about=f"The same answers of {chunks.CHUNKS:,} events, from the same server in a process of its "
    "own, for all rows.",
    seconds=15,
    place=chunks.place,
    reference="ChatOpenAI.stream",
    rows={name: partial(fresh, "measuring:chunks", case) for name, case in _CASES.items()},
)

FIRST_TOKEN = Section(
    name="http-first-token",
    title=f"Time to the first token over HTTP and TLS, {TRIP} ms of round trip",
    about="On a connection that is opened, and on one that an answer before has left open.",
    seconds=6,
    place=first_token.place,
    rows={
        f"SparkClient over HTTP, {manner}": lambda lines, kept=kept: fresh(
            "cases.over_http:first_token", kept, lines.ports, environment=lines.trust
        )
        for manner, kept in (("cold", False), ("warm", True))
    },
)


@contextlib.contextmanager
def _place() -> Iterator[str]:
    with serving("servers.paced") as (_, port):
        yield f"http://127.0.0.1:{port}"


_MOST = max(COUNTS)
STREAMS = Section(
    name="http-streams",
    title="Concurrent paced streams over HTTP in one process",
    about="As the streams over a WebSocket, one begun every 5 ms.",
    seconds=14,
    place=_place,
    rows={
        row("AsyncSparkClient.stream over HTTP", _MOST): lambda url: fresh(
            "cases.paced:measure", "core_over_http", url, _MOST, COUNTS[_MOST], False
        )
    },
)
