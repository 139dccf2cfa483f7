"""The two callers: a thread with the sync client, an event loop with the async one."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.protocol.events import Event
from tests.contract.services import Service

PROMPT = "你好"


class Caller(Protocol):
    """Makes one call, and tells what it saw."""

    def stream(self, service: Service, **options: Any) -> tuple[list[Event], SparkError | None]:
        """The events up to the end, or to an error."""

    def chat(self, service: Service, **options: Any) -> ChatResponse:
        """The whole answer."""


class SyncCaller:
    def stream(self, service: Service, **options: Any) -> tuple[list[Event], SparkError | None]:
        events: list[Event] = []
        try:
            with service.sync_client().stream(PROMPT, **options) as stream:
                events.extend(stream)
        except SparkError as error:
            return events, error
        return events, None

    def chat(self, service: Service, **options: Any) -> ChatResponse:
        return service.sync_client().chat(PROMPT, **options)


class AsyncCaller:
    def stream(self, service: Service, **options: Any) -> tuple[list[Event], SparkError | None]:
        return asyncio.run(self._stream(service, options))

    def chat(self, service: Service, **options: Any) -> ChatResponse:
        return asyncio.run(service.async_client().chat(PROMPT, **options))

    async def _stream(
        self, service: Service, options: dict[str, Any]
    ) -> tuple[list[Event], SparkError | None]:
        events: list[Event] = []
        try:
            async with service.async_client().stream(PROMPT, **options) as stream:
                async for event in stream:
                    events.append(event)  # noqa: PERF401 - what came before an error counts
        except SparkError as error:
            return events, error
        return events, None


CALLERS: dict[str, Caller] = {"sync": SyncCaller(), "async": AsyncCaller()}
