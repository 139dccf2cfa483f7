"""Lets running responses finish when the gateway is stopped, and refuses others meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send

from iflytek_spark.gateway.middleware.request_log_record import is_api_request, record_of
from iflytek_spark.gateway.openai.errors import ERROR_EVENT, ErrorRow, GatewayError, error_response

_REFUSED = "the gateway is being stopped; try again"
_CUT = "the gateway was stopped before the answer's end; ask again"
_HEADERS = {"retry-after": "5", "connection": "close"}
"""Seconds enough for another process to stand in its place."""

_LAST_EVENT_SECONDS = 0.5
"""A caller that does not read is not waited for."""


class Drain:
    """What runs, and whether it is to end.

    Attributes:
        stopping: whether new requests are refused.
    """

    def __init__(self) -> None:
        """Start with nothing under way."""
        self.stopping = False
        self._cut = False
        self._running: set[asyncio.Task[object]] = set()

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return not self._running

    def cut(self) -> None:
        """End what still runs."""
        self._cut = True
        for task in self._running:
            task.cancel()

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Count the present task as a request.

        Raises:
            CutError: inside out, in place of the cancellation by :meth:`cut`.
        """
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._running.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self._cut:
                raise
            task.uncancel()
            raise CutError from None
        finally:
            self._running.discard(task)


class CutError(Exception):
    """The time to finish is over."""


class DrainMiddleware:
    """ASGI middleware that counts the API's requests, refuses them, and ends them properly."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        """Set up for what answers, and for what says when to stop."""
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if not is_api_request(scope):
            await self._app(scope, receive, send)
        elif self._drain.stopping:
            await _refuse(_REFUSED, scope, receive, send)
        else:
            try:
                with self._drain.under_way():
                    await self._app(scope, receive, send)
            except CutError:
                await _send_last(scope, receive, send)


async def _refuse(message: str, scope: Scope, receive: Receive, send: Send) -> None:
    error = GatewayError(ErrorRow.STOPPING, message, headers=_HEADERS)
    record_of(scope).error = error.row.code
    await error_response(error)(scope, receive, send)


async def _send_last(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the caller an error, where the response can still take one; no ``[DONE]`` follows."""
    record = record_of(scope)
    record.error = ErrorRow.STOPPING.code
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_EVENT_SECONDS):
            if record.status is None:
                await _refuse(_CUT, scope, receive, send)
            elif ERROR_EVENT in scope:
                event = scope[ERROR_EVENT](GatewayError(ErrorRow.STOPPING, _CUT))
                await send({"type": "http.response.body", "body": event, "more_body": False})
