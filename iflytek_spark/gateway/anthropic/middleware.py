"""The door of Anthropic's clients: their key is taken, and all they are refused has their form."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iflytek_spark.gateway.anthropic.errors import messages_error
from iflytek_spark.gateway.openai.errors import ERROR_FORM, REQUEST_ID

_PATH = re.compile(r"/v1/messages(/|$)")
_KEY, _AUTHORIZATION = b"x-api-key", b"authorization"


def is_anthropics(path: str) -> bool:
    """Return whether a path is one of Anthropic's, below which the app may be mounted too."""
    return _PATH.search(path) is not None


class AnthropicMiddleware:
    """Reads ``x-api-key`` as the gateway's key, and names each request as they look for it."""

    def __init__(self, app: ASGIApp) -> None:
        """Set up for what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; what is for other routes as it is."""
        if scope["type"] != "http" or not is_anthropics(scope["path"]):
            await self._app(scope, receive, send)
            return
        scope[ERROR_FORM] = messages_error
        scope["headers"] = _with_bearer(scope["headers"])
        await self._app(scope, receive, _naming(scope[REQUEST_ID], send))


def _with_bearer(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Move the key to where the gateway looks for it: ``x-api-key`` is one of Spark's elsewhere."""
    key = next((value for name, value in headers if name == _KEY), None)
    rest = [(name, value) for name, value in headers if name != _KEY]
    if key is None or any(name == _AUTHORIZATION for name, _ in rest):
        return rest
    return [*rest, (_AUTHORIZATION, b"Bearer " + key)]


def _naming(name: str, send: Send) -> Callable[[Message], Awaitable[None]]:
    def send_named(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"request-id", name.encode())]
            message = {**message, "headers": headers}
        return send(message)

    return send_named
