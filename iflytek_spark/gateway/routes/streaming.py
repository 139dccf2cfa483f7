"""A streamed answer as an ASGI response: server-sent events, one loop, back-pressure."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.middleware.disconnect import CallerLeftError, unless_left
from iflytek_spark.gateway.middleware.request_log_record import RequestRecord, record_of
from iflytek_spark.gateway.openai.errors import note_error, spark_error_body
from iflytek_spark.gateway.openai.sse import ChunkWriter, error_event
from iflytek_spark.gateway.routes.coalesce import BeforeWaiting
from iflytek_spark.messages import ChatResponse
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)

_MOST_BYTES = 64 * 1024
"""What is sent in one piece at most."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class EventSource(Protocol):
    """Where the events of an answer come from."""

    async def __anext__(self) -> Event:
        """Return the next event."""

    async def aclose(self) -> None:
        """Let go of the connection."""


class StreamedAnswer(Response):
    """Sends an answer as it comes.

    Headers go out with the first event, so what fails before is an error with its own status.
    """

    def __init__(self, source: EventSource, writer: ChunkWriter) -> None:
        """Prepare.

        Args:
            source: the answer; it is closed at the end.
            writer: writes its events.
        """
        super().__init__()
        self._source = source
        self._writer = writer
        self._pieces: list[bytes] = []
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; it ends when the caller hangs up."""
        record = record_of(scope)
        try:
            await unless_left(receive, self._run(scope, send, record))
        except CallerLeftError:
            record.left = True

    async def _run(self, scope: Scope, send: Send, record: RequestRecord) -> None:
        try:
            first = await anext(self._source)  # what fails here has a status
            record.first_token = time.monotonic()
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            self._add(self._writer.role())
            self._add(self._writer.write(first))
            try:
                await self._send_rest(send, record, first)
            except SparkError as error:
                note_error(scope, error)
                self._add(error_event(spark_error_body(error)))
            body = b"".join(self._pieces)
            await send({"type": "http.response.body", "body": body, "more_body": False})
        finally:
            await self._source.aclose()

    async def _send_rest(self, send: Send, record: RequestRecord, event: Event) -> None:
        async def flush() -> None:
            body = b"".join(self._pieces)
            self._pieces.clear()
            self._waiting = 0
            await send({"type": "http.response.body", "body": body, "more_body": True})

        while not isinstance(event, Finished):
            if self._waiting > _MOST_BYTES:
                await flush()
            event = await BeforeWaiting(anext(self._source), flush)
            self._add(self._writer.write(event))
        record.usage, record.sid = event.usage, event.sid

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._waiting += len(piece)


async def events_of(response: ChatResponse) -> AsyncGenerator[Event, None]:
    """Tell a whole answer as events."""
    if response.reasoning:
        yield ReasoningDelta(response.reasoning)
    if response.text:
        yield ContentDelta(response.text)
    for call in response.tool_calls:
        yield ToolCallDelta(call)
    for plugin in response.plugins:
        yield Citations(response.citations, plugin)
    yield Finished(response.finish_reason, response.usage, response.sid)
