"""A port for the operator alone: what is not for callers is answered there, and nothing else."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from iflytek_spark.gateway.middleware.request_log_record import is_api_request
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_response

_OPERATORS = ("/metrics", "/readyz", "/docs", "/openapi.json", "/operator")
"""What the callers' port does not answer; ``/healthz`` is for both."""


class OperatorPortMiddleware:
    """Answers each port what is meant for it."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Set up for what answers, and for the operator's port."""
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer that it is for the other port."""
        if scope["type"] == "http" and self._is_for_others(scope):
            message = f"{scope['method']} {scope['path'][:100]} is not answered on this port"
            await error_response(GatewayError(ErrorRow.NO_SUCH_ROUTE, message))(
                scope, receive, send
            )
        else:
            await self._app(scope, receive, send)

    def _is_for_others(self, scope: Scope) -> bool:
        server = scope.get("server") or ("", None)
        if server[1] == self._port:
            return is_api_request(scope)
        return any(f"{scope['path']}/".startswith(f"{path}/") for path in _OPERATORS)
