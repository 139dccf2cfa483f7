"""A streamed response in ASGI: server-sent events, one loop, back-pressure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from iflytek_spark import (
    AsyncChatStream,
    ChatResponse,
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    SparkError,
    ToolCallDelta,
)
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord, record_of
from iflytek_spark.gateway.openai.errors import ERROR_EVENT, GatewayError
from iflytek_spark.gateway.routes.coalesce import FlushBeforeWait

_MAX_BYTES = 64 * 1024
"""What is sent at once at most."""

_MORE_SECONDS = 1.0
"""Than Spark has, so that its time-out is the one that is reported."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


_UNREAD = "response_unread"
"""What the log says of a caller that read too slowly, or nothing."""


EventSource: TypeAlias = AsyncChatStream | AsyncGenerator[Event, None]
"""Where the events of a response come from."""


class StreamWriter(Protocol):
    """Writes the events of a response as server-sent events of a route's form."""

    def start(self) -> bytes:
        """Write what comes before the first event."""

    def write(self, event: Event) -> bytes:
        """Write what stands for an event; empty when nothing does."""

    def error(self, error: SparkError | GatewayError) -> bytes:
        """Write what ends a response that is not whole."""


async def _nothing() -> None:
    """Do nothing more at the end of a response."""


class StreamedResponse(Response):
    """Sends a response as it comes.

    Headers go out with the first event, so what fails before is an error with its own status.
    """

    def __init__(
        self,
        source: EventSource,
        writer: StreamWriter,
        seconds: float,
        finished: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """Prepare to write what comes from a source, which is closed at the end.

        Args:
            source: the events; its own time-outs end it when Spark is slow.
            writer: writes them.
            seconds: for the whole, when the caller is slow.
            finished: is awaited when the response is whole, before the caller learns that it is.
        """
        super().__init__()
        self._seconds = seconds + _MORE_SECONDS
        self._source = source
        self._writer = writer
        self._finished = finished
        self._chunks: list[bytes] = []
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; it ends when the caller disconnects."""
        record, scope[ERROR_EVENT] = record_of(scope), self._writer.error
        try:
            await cancel_on_disconnect(receive, self._run(send, record))
        except ClientDisconnect:
            record.client_disconnected = True

    async def _run(self, send: Send, record: RequestLogRecord) -> None:
        try:
            first = await anext(self._source)  # what fails here has a status
            record.first_token = time.monotonic()
            await self._send_in_time(send, record, first)
        finally:
            await self._source.aclose()

    async def _send_in_time(self, send: Send, record: RequestLogRecord, first: Event) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(send, record, first)
        except TimeoutError:  # the caller does not read; the server hangs up
            record.error = _UNREAD

    async def _send(self, send: Send, record: RequestLogRecord, first: Event) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._add(self._writer.start())
        try:
            await self._send_rest(send, record, first)
        except SparkError as error:
            record.add_error(error)
            self._add(self._writer.error(error))
        else:
            await self._finished()
        body = b"".join(self._chunks)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_rest(self, send: Send, record: RequestLogRecord, event: Event) -> None:
        async def flush() -> None:
            body = b"".join(self._chunks)
            self._chunks.clear()
            self._waiting = 0
            await send({"type": "http.response.body", "body": body, "more_body": True})

        self._add(self._writer.write(event))
        while not isinstance(event, Finished):
            if self._waiting > _MAX_BYTES:
                await flush()
            event = await FlushBeforeWait(anext(self._source), flush)
            self._add(self._writer.write(event))
        record.usage, record.sid = event.usage, event.sid

    def _add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._waiting += len(chunk)


async def events_of(work: Callable[[], Awaitable[ChatResponse]]) -> AsyncGenerator[Event, None]:
    """Wait for a whole response, and yield it as events."""
    response = await work()
    if response.reasoning:
        yield ReasoningDelta(response.reasoning)
    if response.text:
        yield ContentDelta(response.text)
    for call in response.tool_calls:
        yield ToolCallDelta(call)
    for plugin in response.plugins:
        yield Citations(response.citations, plugin)
    yield Finished(
        response.finish_reason,
        response.usage,
        response.sid,
        response.deviations,
        response.ignored,
        response.wire,
        response.stop,
    )
