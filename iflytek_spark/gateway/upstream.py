"""Which client answers a request: the caller's own Spark credentials, or the gateway's."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from starlette.datastructures import Headers

from iflytek_spark import AsyncSparkClient, Credentials, Timeouts
from iflytek_spark.errors import ConfigurationError, MissingCredentialsError
from iflytek_spark.gateway.accounts.accounts import Accounts
from iflytek_spark.gateway.accounts.routed import RoutedClient
from iflytek_spark.gateway.middleware.metrics import GatewayMetrics, shared_folder
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.rates import (
    Limit,
    MachineStore,
    ProcessStore,
    Rate,
    RateStore,
    RedisStore,
    Turns,
)

LEGACY_NAMES = ("APP_ID", "API_KEY", "API_SECRET")
"""The variables, and behind ``X_`` the headers, of the gateway that this one replaces."""

_HTTP_NAMES = ("API_PASSWORD", "MAAS_API_KEY")
"""Behind ``X_`` the headers of keys that are for HTTP."""

_MAX_CLIENTS = 1024
_RATES_FILE = "rates.sqlite"

UpstreamClient: TypeAlias = AsyncSparkClient | RoutedClient
"""What answers a request: an account's client, or all of the gateway's accounts."""


class Upstream:
    """Gives each request the client of its credentials."""

    def __init__(self, settings: GatewaySettings, metrics: GatewayMetrics | None = None) -> None:
        """Set up; the gateway's own credentials are those of the environment or the accounts now.

        Args:
            settings: the gateway's.
            metrics: counts; without it nothing can be asked, and this is just a check.

        Raises:
            ConfigurationError: for an address or a default model that cannot be used; no caller
                could be served, and none is to blame.
        """
        self._settings = settings
        self._on_open = metrics.upstream_opens.inc if metrics else None
        self._environ = dict(os.environ)
        AsyncSparkClient(Credentials("none", "none", "none"), base_url=settings.base_url)
        store = rate_store(settings)
        self._rate = _own_rate(settings, store)
        self.accounts: Accounts | None = None
        self._routed: RoutedClient | None = None
        for account in settings.accounts.values():
            account.credentials()
        if settings.accounts and metrics:
            self.accounts = Accounts(settings, store, metrics.accounts, self._account_client)
            self._routed = RoutedClient(self.accounts)
        self._own = self._own_client()
        self._client = lru_cache(_MAX_CLIENTS)(self._new_client)

    def client(self, headers: Headers) -> UpstreamClient:
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
        if self._routed and self._serves_with_own(headers):
            return self._routed
        credentials = self._credentials_of(headers)
        if self._own is not None and credentials == self._own[0]:
            return self._own[1]
        return self._client(credentials)

    def credentials(self, headers: Headers) -> list[tuple[Credentials, str | None]]:
        """Return the keys of the accounts that a request is for, each with its own address.

        Raises:
            MissingCredentialsError: as :meth:`client` does.
            ConfigurationError: for a value that is no credential.
        """
        if self._settings.accounts and self._serves_with_own(headers):
            accounts = self._settings.accounts.values()
            return [(account.credentials(), account.base_url) for account in accounts]
        return [(self._credentials_of(headers), None)]

    def _serves_with_own(self, headers: Headers) -> bool:
        return self._settings.own_credentials and not brings_credentials(headers)

    def _credentials_of(self, headers: Headers) -> Credentials:
        environ = self._environ if self._settings.own_credentials else {}
        try:
            return _http_keys(headers) or _credentials(_given(headers), environ)
        except MissingCredentialsError as error:
            names = ", ".join(f"X_{name}" for name in LEGACY_NAMES)
            raise MissingCredentialsError(
                error.message, hint=f"or send the headers {names}"
            ) from None

    def ready(self) -> bool:
        """Return whether callers without credentials of their own can be served."""
        if self._settings.accounts:
            return True
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
        return credentials, self._new_client(credentials, preconnect=self._settings.preconnect)

    def _account_client(self, name: str, rate: Turns) -> AsyncSparkClient:
        """Make the client of an account."""
        account, preconnect = self._settings.accounts[name], self._settings.preconnect
        url = account.base_url or self._settings.base_url
        return self._new_client(account.credentials(), url, rate, preconnect=preconnect)

    def _new_client(
        self,
        credentials: Credentials,
        base_url: str | None = None,
        rate: Turns | None = None,
        *,
        preconnect: int = 0,
    ) -> AsyncSparkClient:
        settings = self._settings
        return AsyncSparkClient(
            credentials,
            base_url=base_url or settings.base_url,
            rate=rate or self._rate,
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


def rate_store(settings: GatewaySettings) -> RateStore:
    """Return where turns at Spark are counted: by all who share a Redis, or by this machine.

    A process that is alone counts in its memory, and writes no file.
    """
    if settings.redis_url is not None:
        return RedisStore(settings.redis_url.get_secret_value())
    folder = shared_folder()
    return MachineStore(folder / _RATES_FILE) if folder else ProcessStore()


def brings_credentials(headers: Headers) -> bool:
    """Return whether a request has Spark credentials of its caller's own."""
    return all(_read(headers, LEGACY_NAMES)) or any(_read(headers, _HTTP_NAMES))


def _own_rate(settings: GatewaySettings, store: RateStore) -> Rate | None:
    """Return the rate of accounts that have no limits of their own, by whose keys ever."""
    rate = settings.embeddings_per_second
    return Rate(store, embeddings=Limit(rate), rerank=Limit(rate)) if rate else None


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
