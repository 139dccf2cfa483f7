"""The keys of HTTP: one for each dialect, and what a wrong one gets (PROTOCOL-HTTP.md §1, §7)."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.wire.openai.errors import (
    HttpError,
    maas_error,
    open_error,
    proxy_error,
)
from iflytek_spark.protocol.wire.signing import NO_AUTHORIZATION, NO_HOST, UNKNOWN_KEY

_HEX_KEY = re.compile(r"[0-9a-f]{32}")
_MAAS_KEY = re.compile(r"[0-9a-f]{32}:[A-Za-z0-9+/_-]+=*")


def _password() -> str:
    return secrets.token_urlsafe(24)


def _maas_key() -> str:
    return f"{secrets.token_hex(16)}:{base64.b64encode(secrets.token_bytes(24)).decode()}"


@dataclass(frozen=True, slots=True)
class HttpKeys:
    """The keys that the emulator takes over HTTP beside ``APIKey:APISecret``; made up by default.

    Attributes:
        api_password: dialect A's APIPassword.
        maas_key: dialect B's key.
    """

    api_password: str = field(default_factory=_password, repr=False)
    maas_key: str = field(default_factory=_maas_key, repr=False)


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header, or an empty string for any other header."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_maas_key(authorization: str) -> bool:
    """Tell whether a header looks as one of dialect B's."""
    return _MAAS_KEY.fullmatch(bearer(authorization)) is not None


def open_refusal(authorization: str, keys: HttpKeys, own: Credentials) -> HttpError | None:
    """Check a header as dialect A does: its APIPassword, or ``APIKey:APISecret``.

    No token at all, and a WebSocket's key alone, are taken for a signature that is wrong.
    """
    token = bearer(authorization)
    if not token or _HEX_KEY.fullmatch(token) or _same(token, own.api_key):
        return proxy_error(NO_HOST.status, NO_HOST.message)
    if _same(token, keys.api_password) or _same(token, f"{own.api_key}:{own.api_secret}"):
        return None
    return open_error(401, None, "invalid user")


def maas_refusal(
    authorization: str, keys: HttpKeys, form: Literal["proxy", "error"]
) -> HttpError | None:
    """Check a header as dialect B does."""
    token = bearer(authorization)
    if _same(token, keys.maas_key):
        return None
    if form == "error":
        return maas_error(401, None, "invalid user", "authentication_error")
    refusal = UNKNOWN_KEY if token else NO_AUTHORIZATION
    return proxy_error(refusal.status, refusal.message)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
