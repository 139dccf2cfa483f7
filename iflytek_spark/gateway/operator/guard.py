"""Who may use ``/operator/…``: a key of the operator's own, and no page of another site."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers

from iflytek_spark.gateway.middleware.auth import KeyRing
from iflytek_spark.gateway.middleware.rate_limit import RequestRate
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.settings import GatewaySettings

_GUESSES_PER_MINUTE = 10
"""Wrong keys from one address, before further ones are not even looked at."""

_OWN_SITE = ("same-origin", "none")


class OperatorGuard:
    """Admits an operator's request, or says why not."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Set up with the settings that hold the operator's keys."""
        self._guesses = RequestRate(None)
        self.replace(settings)

    def replace(self, settings: GatewaySettings) -> None:
        """Take the operator's keys of settings that were read anew."""
        self._keys = KeyRing(settings.operator_keys)
        self._has_keys = bool(settings.operator_keys)

    async def check(self, request: Request) -> None:
        """Check a request.

        Raises:
            GatewayError: 404 when there is no operator's key at all, 403 for a page of another
                site, 401 for a wrong key, 429 after too many of these.
        """
        if not self._has_keys:
            path = f"{request.method} {request.url.path}"
            raise GatewayError(
                ErrorRow.NO_SUCH_ROUTE, f"{path}: there is none without operator_keys"
            )
        _check_site(request.headers)
        address = request.client.host if request.client else "unknown"
        await self._guesses.check(address, _GUESSES_PER_MINUTE)
        try:
            self._keys.caller(request.scope)
        except GatewayError:
            await self._guesses.count(address, _GUESSES_PER_MINUTE)
            raise


def _check_site(headers: Headers) -> None:
    """Refuse what a browser sends for a page of another site; programs send none of these."""
    host = headers.get("host", "").lower()
    pages = [*headers.getlist("origin"), *headers.getlist("referer")]
    sites = [site for site in headers.getlist("sec-fetch-site") if site.lower() not in _OWN_SITE]
    if sites or any(_authority(page) != host for page in pages):
        raise GatewayError(ErrorRow.NOT_LOCAL, "a page of another site may not ask this")


def _authority(url: str) -> str | None:
    with suppress(ValueError):
        return urlsplit(url).netloc.lower()
    return None
