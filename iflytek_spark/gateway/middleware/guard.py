"""The guard before the routes of ``/v1/``, as pure ASGI."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.middleware.admission import Admission
from iflytek_spark.gateway.middleware.auth import KeyRing
from iflytek_spark.gateway.middleware.body_limits import GuardedBody, check_declared_size
from iflytek_spark.gateway.middleware.limits import Limits
from iflytek_spark.gateway.middleware.request_log_record import is_api_request, record_of
from iflytek_spark.gateway.openai.errors import CallerError, caller_error_response
from iflytek_spark.gateway.settings import GatewaySettings


class Guard:
    """Lets in who has a key, asks for no more than is allowed, and sends it in time."""

    def __init__(self, app: ASGIApp, settings: GatewaySettings) -> None:
        """Set up.

        Args:
            app: what is guarded.
            settings: the gateway's.
        """
        self._app = app
        self._settings = settings
        self._keys = KeyRing(settings.keys)
        self._limits = Limits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif is_api_request(scope):
            await self._guard(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            admission = await self._admit(scope)
        except CallerError as error:
            record_of(scope).error = error.row.code
            await caller_error_response(error)(scope, receive, send)
            return
        settings = self._settings
        body = GuardedBody(receive, settings.max_body_bytes, settings.body_timeout)
        try:
            await self._app(scope, body, admission.sending(send))
        finally:
            await admission.release()

    async def _admit(self, scope: Scope) -> Admission:
        record = record_of(scope)
        record.caller = self._keys.caller(scope)
        check_declared_size(scope, self._settings.max_body_bytes)
        return await self._limits.admit(record.caller)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown."):
                await self._limits.aclose()
            await send(message)

        await self._app(scope, receive, send_last)
