"""What a request must pass before the routes of ``/v1/``: its key, its size and its limits."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.middleware.auth import KeyRing, KeyStore
from iflytek_spark.gateway.middleware.body_limits import (
    BodyMemory,
    LimitedBody,
    check_declared_size,
)
from iflytek_spark.gateway.middleware.limits import Admission, Limits
from iflytek_spark.gateway.middleware.request_log_record import is_api_request, record_of
from iflytek_spark.gateway.openai.errors import GatewayError, error_response
from iflytek_spark.gateway.settings import GatewaySettings


class AdmissionMiddleware:
    """Admits a request that has a key, is within the limits, and is sent in time."""

    def __init__(
        self, app: ASGIApp, settings: GatewaySettings, store: KeyStore | None = None
    ) -> None:
        """Set up.

        Args:
            app: what answers.
            settings: the gateway's.
            store: has further keys, or None.
        """
        self._app = app
        self._settings = settings
        self._keys = KeyRing(settings.keys, store)
        self._store = store
        self._limits = Limits(settings)
        self._memory = BodyMemory(settings.max_bodies_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif is_api_request(scope):
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            admission = await self._admit(scope)
        except GatewayError as error:
            record_of(scope).error = error.row.code
            await error_response(error)(scope, receive, send)
            return
        settings = self._settings
        limit, seconds = settings.max_body_bytes, settings.body_timeout
        body = LimitedBody(receive, limit, seconds, self._memory)
        try:
            await self._app(scope, body, admission.sending(send))
        finally:
            body.release()
            await admission.release()

    async def _admit(self, scope: Scope) -> Admission:
        record = record_of(scope)
        caller = self._keys.caller(scope)
        record.caller, record.models = caller.name, caller.models
        check_declared_size(scope, self._settings.max_body_bytes)
        if self._store is not None and scope["method"] == "POST":
            self._store.check_budget(caller)
        return await self._limits.admit(caller)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._limits.aclose()
                if self._store is not None:
                    await asyncio.to_thread(self._store.close)
            await send(message)

        if self._store is not None:
            self._store.start()
        await self._app(scope, receive, send_last)
