"""A streamed response in ASGI: server-sent events, one loop, back-pressure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Protocol, TypeAlias

from starlette.datastructures import Headers
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
from iflytek_spark.gateway.accounts.routed import RoutedStream
from iflytek_spark.gateway.middleware.disconnect import cancel_on_disconnect
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord, record_of
from iflytek_spark.gateway.openai.errors import ERROR_EVENT, GatewayError
from iflytek_spark.gateway.routes.coalesce import FlushBeforeWait
from iflytek_spark.gateway.state import state_of

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


KEEP_ALIVE_SECONDS = 15.0
_COMMENT = b": not yet whole\n\n"
"""Which clients of server-sent events pass over."""

EventSource: TypeAlias = AsyncChatStream | RoutedStream | AsyncGenerator[Event | None, None]
"""Where the events of a response come from; None stands for one that is not there yet."""


class StreamWriter(Protocol):
    """Writes the events of a response as server-sent events of a route's form."""

    def start(self) -> bytes:
        """Write what comes before the first event."""

    def write(self, event: Event) -> bytes:
        """Write what stands for an event; empty when nothing does."""

    def error(self, error: SparkError | GatewayError, request_id: str) -> bytes:
        """Write what ends a response that is not whole, and names the request."""


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
        self._source: EventSource = source
        self._writer = writer
        self._finished = finished
        self._chunks: list[bytes] = []
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; it ends when the caller disconnects."""
        record, self._scope = record_of(scope), scope
        scope[ERROR_EVENT] = partial(self._writer.error, request_id=record.request_id)
        try:
            await cancel_on_disconnect(receive, self._run(send, record))
        except ClientDisconnect:
            record.client_disconnected = True

    async def _run(self, send: Send, record: RequestLogRecord) -> None:
        try:
            first = await self._first()  # what fails here has a status
            record.first_token = time.monotonic()
            await self._send_in_time(send, record, first)
        finally:
            await self._source.aclose()

    async def _first(self) -> Event | None:
        """Return the first event; from the second on the stream of one account is read as it is."""
        if not isinstance(self._source, RoutedStream):
            return await anext(self._source)
        first, self._source = await self._source.open()
        return first

    async def _send_in_time(
        self, send: Send, record: RequestLogRecord, first: Event | None
    ) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._send(send, record, first)
        except TimeoutError:  # the caller does not read; the server hangs up
            record.error = _UNREAD

    async def _send(self, send: Send, record: RequestLogRecord, first: Event | None) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        self._add(self._writer.start())
        try:
            await self._send_rest(send, record, first)
        except SparkError as error:
            record.add_error(error)
            self._add(self._writer.error(self._blame(error), record.request_id))
        else:
            await self._finished()
        body = b"".join(self._chunks)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_rest(self, send: Send, record: RequestLogRecord, event: Event | None) -> None:
        async def flush() -> None:
            body = b"".join(self._chunks)
            self._chunks.clear()
            self._waiting = 0
            await send({"type": "http.response.body", "body": body, "more_body": True})

        self._add(self._write(event))
        while not isinstance(event, Finished):
            if self._waiting > _MAX_BYTES:
                await flush()
            event = await FlushBeforeWait(anext(self._source), flush)
            self._add(self._write(event))
        record.usage, record.sid = event.usage, event.sid

    def _write(self, event: Event | None) -> bytes:
        return _COMMENT if event is None else self._writer.write(event)

    def _blame(self, error: SparkError) -> SparkError | GatewayError:
        return state_of(self._scope).own_keys.blame(error, Headers(scope=self._scope))

    def _add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._waiting += len(chunk)


async def events_of(
    work: Callable[[], Coroutine[Any, Any, ChatResponse]], begun: asyncio.Event
) -> AsyncGenerator[Event | None, None]:
    """Wait for a whole response, and yield it as events.

    Args:
        work: returns the response.
        begun: is set when a part of it has come, so that it is not refused any more.

    Yields:
        None when it has begun, and every 15 seconds from then on, so that no proxy takes the
        connection for dead; then the events.
    """
    working, waiting = asyncio.ensure_future(work()), asyncio.ensure_future(begun.wait())
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        while not working.done():
            yield None
            await asyncio.wait((working,), timeout=KEEP_ALIVE_SECONDS)
        response = working.result()
    finally:
        working.cancel()
        waiting.cancel()
        await asyncio.wait((working, waiting))
    for event in _events(response):
        yield event


def _events(response: ChatResponse) -> Iterator[Event]:
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
