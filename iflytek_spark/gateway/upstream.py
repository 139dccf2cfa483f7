"""Which client answers a request: the caller's own Spark credentials, or the gateway's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache

from starlette.datastructures import Headers

from iflytek_spark.client import AsyncSparkClient
from iflytek_spark.credentials import OWN_FAMILY, Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.timeouts import Timeouts

OLDER_NAMES = ("APP_ID", "API_KEY", "API_SECRET")
"""The variables, and behind ``X_`` the headers, of the gateway that this one replaces."""

_CLIENTS = 1024


class Upstream:
    """Gives each request the client of its credentials."""

    def __init__(
        self,
        settings: GatewaySettings,
        environ: Mapping[str, str] | None = None,
        on_open: Callable[[], object] | None = None,
    ) -> None:
        """Set up.

        Args:
            settings: the gateway's.
            environ: where the gateway's own credentials are; the process's by default.
            on_open: called for each WebSocket that is opened.

        Raises:
            ConfigurationError: for an address or a default model that cannot be used; no caller
                could be served, and none is to blame.
        """
        self._settings = settings
        self._on_open = on_open
        self._environ = _with_older_names(os.environ if environ is None else environ)
        Endpoint.from_env(base_url=settings.base_url, environ=self._environ)
        self._client = lru_cache(_CLIENTS)(self._new_client)

    def client(self, headers: Headers) -> AsyncSparkClient:
        """Return the client for a request.

        Args:
            headers: the request's; ``X_APP_ID``, ``X_API_KEY`` and ``X_API_SECRET``, with
                underscores or dashes, win over the environment.

        Raises:
            MissingCredentialsError: when a value is found in neither place, or the gateway's own
                may not be used.
            ConfigurationError: for a value that is no credential.
        """
        given = [headers.get(f"x_{name}") or headers.get(_dashed(name)) for name in OLDER_NAMES]
        environ = self._environ if self._settings.own_credentials else {}
        try:
            return self._client(Credentials.resolve(*given, environ=environ))
        except MissingCredentialsError as error:
            names = ", ".join(f"X_{name}" for name in OLDER_NAMES)
            raise MissingCredentialsError(
                error.message, hint=f"or send the headers {names}"
            ) from None

    def ready(self) -> bool:
        """Tell whether callers without credentials of their own can be served."""
        try:
            Credentials.resolve(environ=self._environ)
        except MissingCredentialsError:
            return not self._settings.own_credentials
        return True

    def _new_client(self, credentials: Credentials) -> AsyncSparkClient:
        settings = self._settings
        return AsyncSparkClient(
            credentials,
            base_url=settings.base_url,
            timeout=Timeouts(
                connect=settings.connect_timeout,
                first_frame=settings.first_token_timeout,
                between_frames=settings.token_timeout,
                total=settings.total_timeout,
            ),
            preconnect=settings.preconnect,
            on_open=self._on_open,
        )


def _dashed(name: str) -> str:
    return f"x-{name.replace('_', '-')}"


def _with_older_names(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Let ``APP_ID`` and its like stand in where no family of variables is complete."""
    try:
        Credentials.resolve(environ=environ)
    except MissingCredentialsError:
        names = (OWN_FAMILY.app_id[0], OWN_FAMILY.api_key, OWN_FAMILY.api_secret)
        older = {name: environ[old] for name, old in zip(names, OLDER_NAMES) if environ.get(old)}
        if len(older) == len(names) or not any(OWN_FAMILY.read(environ)):  # families never mix
            return {**environ, **older}
    return environ
