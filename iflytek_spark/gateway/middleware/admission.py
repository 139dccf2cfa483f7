"""What a request must pass before the routes of ``/v1/``: its key, its size and its limits."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.batches.settings import is_batch_request, is_upload
from iflytek_spark.gateway.middleware.auth import Caller, KeyRing, KeyStore
from iflytek_spark.gateway.middleware.body_limits import (
    BodyMemory,
    LimitedBody,
    check_declared_size,
)
from iflytek_spark.gateway.middleware.limits import Admission, Limits
from iflytek_spark.gateway.middleware.request_log_record import is_api_request, record_of
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_response
from iflytek_spark.gateway.reloading import Reloading
from iflytek_spark.gateway.settings import GatewaySettings


class AdmissionMiddleware:
    """Admits a request that has a key, is within the limits, and is sent in time."""

    def __init__(
        self,
        app: ASGIApp,
        settings: GatewaySettings,
        reloading: Reloading | None = None,
        store: KeyStore | None = None,
    ) -> None:
        """Set up.

        Args:
            app: what answers.
            settings: the gateway's.
            reloading: has the keys of the configuration read anew, or None.
            store: has further keys, or None.
        """
        self._app = app
        self._settings = settings
        self._keys = KeyRing(settings.keys, store)
        self._store = store
        self._limits = Limits(settings)
        self._memory = BodyMemory(settings.max_bodies_bytes)
        self._uploads = BodyMemory(settings.batches.max_uploads_bytes)
        if reloading is not None:
            reloading.add(lambda settings: self._keys.replace(settings.keys))

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
        body = self._limited(scope, receive)
        try:
            await self._app(scope, body, admission.sending(send))
        finally:
            body.release()
            await admission.release()

    async def _admit(self, scope: Scope) -> Admission:
        record = record_of(scope)
        caller = self._keys.caller(scope)
        record.caller, record.models = caller.name, caller.models
        check_declared_size(scope, self._max_bytes(scope))
        _check_batches(scope, caller)
        if self._store is not None and scope["method"] == "POST":
            self._store.check_budget(caller)
        return await self._limits.admit(caller)

    def _limited(self, scope: Scope, receive: Receive) -> LimitedBody:
        """Bound a body; an upload goes to the disk, and has bounds of its own."""
        upload, settings = is_upload(scope), self._settings
        seconds = settings.batches.upload_timeout if upload else settings.body_timeout
        held = self._uploads if upload else self._memory
        return LimitedBody(receive, self._max_bytes(scope), seconds, held)

    def _max_bytes(self, scope: Scope) -> int:
        settings = self._settings
        return settings.batches.max_file_bytes if is_upload(scope) else settings.max_body_bytes

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


def _check_batches(scope: Scope, caller: Caller) -> None:
    """Refuse batches to a key with a budget: what they cost is not known before they have ended.

    Raises:
        GatewayError: for such a key.
    """
    budget = caller.tokens_per_day or caller.tokens_per_month
    if budget and is_batch_request(scope):
        raise GatewayError(
            ErrorRow.NO_BATCHES,
            "this key has a budget of tokens, and what a batch takes is known at its end alone: "
            "send the requests one by one",
        )
