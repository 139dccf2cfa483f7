"""Which client answers a request: the caller's own Spark credentials, or the gateway's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from starlette.datastructures import Headers

from iflytek_spark import AsyncSparkClient, Credentials, Timeouts
from iflytek_spark.errors import ConfigurationError, MissingCredentialsError
from iflytek_spark.gateway.settings import GatewaySettings

LEGACY_NAMES = ("APP_ID", "API_KEY", "API_SECRET")
"""The variables, and behind ``X_`` the headers, of the gateway that this one replaces."""

_HTTP_NAMES = ("API_PASSWORD", "MAAS_API_KEY")
"""Behind ``X_`` the headers of keys that are for HTTP."""

_MAX_CLIENTS = 1024


class Upstream:
    """Gives each request the client of its credentials."""

    def __init__(
        self, settings: GatewaySettings, on_open: Callable[[], object] | None = None
    ) -> None:
        """Set up; the gateway's own credentials are those of the environment now.

        Args:
            settings: the gateway's.
            on_open: called for each WebSocket that is opened.

        Raises:
            ConfigurationError: for an address or a default model that cannot be used; no caller
                could be served, and none is to blame.
        """
        self._settings = settings
        self._on_open = on_open
        self._environ = dict(os.environ)
        AsyncSparkClient(Credentials("none", "none", "none"), base_url=settings.base_url)
        self._own = self._own_client()
        self._client = lru_cache(_MAX_CLIENTS)(self._new_client)

    def client(self, headers: Headers) -> AsyncSparkClient:
        """Return the client for a request.

        Args:
            headers: the request's; ``X_APP_ID``, ``X_API_KEY`` and ``X_API_SECRET``, with
                underscores or dashes, win over the environment. They count together: other
                services' clients send one of them too. ``X_API_PASSWORD`` and
                ``X_MAAS_API_KEY`` win too, each alone or beside those three.

        Raises:
            MissingCredentialsError: when the headers hold a secret and not the rest, or there
                are no credentials of the gateway's own that may be used.
            ConfigurationError: for a value that is no credential.
        """
        environ = self._environ if self._settings.own_credentials else {}
        try:
            credentials = _http_keys(headers) or _credentials(_given(headers), environ)
            if self._own is not None and credentials == self._own[0]:
                return self._own[1]
            return self._client(credentials)
        except MissingCredentialsError as error:
            names = ", ".join(f"X_{name}" for name in LEGACY_NAMES)
            raise MissingCredentialsError(
                error.message, hint=f"or send the headers {names}"
            ) from None

    def ready(self) -> bool:
        """Return whether callers without credentials of their own can be served."""
        try:
            _credentials((), self._environ)
        except MissingCredentialsError:
            return not self._settings.own_credentials
        return True

    def _own_client(self) -> tuple[Credentials, AsyncSparkClient] | None:
        """Make the client of the gateway's own credentials, if it has any that may be used.

        It alone opens connections ahead: other credentials are what callers write, who would
        have a pool for each that they invent.
        """
        try:
            credentials = _credentials((), self._environ)
        except (MissingCredentialsError, ConfigurationError):
            return None  # a request for which they are needed says so
        if not self._settings.own_credentials:
            return None
        return credentials, self._new_client(credentials, self._settings.preconnect)

    def _new_client(self, credentials: Credentials, preconnect: int = 0) -> AsyncSparkClient:
        settings = self._settings
        return AsyncSparkClient(
            credentials,
            base_url=settings.base_url,
            timeout=Timeouts(
                connect=settings.connect_timeout,
                response=settings.first_token_timeout,
                first=settings.first_token_timeout,
                idle=settings.token_timeout,
                total=settings.total_timeout,
            ),
            max_retries=settings.max_retries,
            preconnect=preconnect,
            wire=settings.wire,
            on_open=self._on_open,
        )


def brings_credentials(headers: Headers) -> bool:
    """Return whether a request has Spark credentials of its caller's own."""
    return all(_read(headers, LEGACY_NAMES)) or any(_read(headers, _HTTP_NAMES))


def _read(headers: Headers, names: Sequence[str]) -> list[str | None]:
    written = [f"x_{name}" for name in names]
    return [headers.get(name) or headers.get(name.replace("_", "-")) for name in written]


def _given(headers: Headers) -> Sequence[str]:
    """Return the caller's own credentials, all of them or none."""
    found = dict(zip(LEGACY_NAMES, _read(headers, LEGACY_NAMES), strict=True))
    missing = [f"X_{name}" for name, value in found.items() if not value]
    if missing and found["API_SECRET"]:
        raise MissingCredentialsError(f"X_API_SECRET came without {' and '.join(missing)}")
    return () if missing else [value for value in found.values() if value]


def _credentials(given: Sequence[str], environ: Mapping[str, str]) -> Credentials:
    """Return the caller's own credentials, or a family of variables, or the legacy ones.

    Whoever sends credentials of his own does not call with other keys of the gateway's.
    """
    if given:
        return Credentials.resolve(*given, environ={})
    try:
        return Credentials.resolve(environ=environ)
    except MissingCredentialsError:
        values = [environ.get(name) for name in LEGACY_NAMES]
        if not all(values):
            raise
        return Credentials.resolve(*values, environ={})


def _http_keys(headers: Headers) -> Credentials | None:
    """Return the caller's own keys of HTTP with the rest of his credentials, if he has any."""
    password, maas = _read(headers, _HTTP_NAMES)
    if not password and not maas:
        return None
    given = _given(headers)
    return Credentials.resolve(*given, api_password=password, maas_api_key=maas, environ={})
