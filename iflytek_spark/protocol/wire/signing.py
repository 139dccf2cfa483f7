"""The signature in a URL, made by the client and checked by the emulator (PROTOCOL.md §2.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from iflytek_spark.credentials import Credentials

ALLOWED_SKEW = 300.0
"""Seconds by which the date of a signature may be off (§2.1)."""

_SIGNED_HEADERS = "host date request-line"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)")
_AUTHORIZATION = re.compile(
    r'(?:api_key=|hmac username=)"(?P<api_key>[^"]*)", *algorithm="(?P<algorithm>[^"]*)", *'
    r'headers="(?P<headers>[^"]*)", *signature="(?P<signature>[^"]*)"'
)


class Refusal(NamedTuple):
    """A handshake that the service turns down."""

    status: int
    message: str


NO_AUTHORIZATION = Refusal(401, "Unauthorized")
UNREADABLE = Refusal(401, "HMAC signature cannot be verified")
UNKNOWN_KEY = Refusal(401, "HMAC signature cannot be verified: fail to retrieve credential")
NO_HOST = Refusal(
    401,
    "HMAC signature cannot be verified:enforced header 'host' not used for signature creation",
)
NO_MATCH = Refusal(401, "HMAC signature does not match")
WRONG_DATE = Refusal(
    403,
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC "
    "Authentication",
)


def http_date(timestamp: float) -> str:
    """Write a moment as HTTP does, whatever the locale.

    Args:
        timestamp: seconds since 1970, UTC.

    Returns:
        For instance ``Mon, 06 Jan 2025 08:00:00 GMT``.
    """
    when = datetime.fromtimestamp(timestamp, UTC)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02} {month} {when.year} {when:%H:%M:%S} GMT"


def parse_http_date(text: str) -> float | None:
    """Read a date as :func:`http_date` writes it.

    Args:
        text: the date; the suffix may be GMT or UTC.

    Returns:
        Seconds since 1970, or None when the text is not such a date.
    """
    match = _DATE.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, _, year, hour, minute, second = match.groups()
    try:
        when = datetime(
            int(year), _MONTHS.index(match[2]) + 1, int(day), int(hour), int(minute), int(second),
            tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None
    return when.timestamp()


def sign_url(url: str, credentials: Credentials, timestamp: float, method: str = "GET") -> str:
    """Sign an address of the service.

    Args:
        url: the address without a query.
        credentials: whose key and secret sign.
        timestamp: now, in seconds since 1970; the service accepts it for 300 s.
        method: GET for a WebSocket, POST for the services of HTTP.

    Returns:
        The address with ``authorization``, ``date`` and ``host`` in its query. It is a secret
        for as long as it is valid.
    """
    parts = urlsplit(url)
    date = http_date(timestamp)
    signature = _signature(credentials.api_secret, parts.netloc, date, method, parts.path or "/")
    authorization = (
        f'api_key="{credentials.api_key}", algorithm="hmac-sha256", '
        f'headers="{_SIGNED_HEADERS}", signature="{signature}"'
    )
    query = {
        "authorization": base64.b64encode(authorization.encode()).decode(),
        "date": date,
        "host": parts.netloc,
    }
    return f"{url}?{urlencode(query)}"


def verify_url(
    target: str,
    host: str,
    timestamp: float,
    secret_of: Callable[[str], str | None],
    method: str = "GET",
) -> Refusal | None:
    """Check a signature as the service does.

    Args:
        target: the request's path and query.
        host: the request's Host header.
        timestamp: now, in seconds since 1970.
        secret_of: gives the API secret of an API key, or None for an unknown key.
        method: the request's method.

    Returns:
        None when the request may pass, or the service's refusal.
    """
    path, _, search = target.partition("?")
    query = {name: values[0] for name, values in parse_qs(search).items()}
    fields = _read_authorization(query.get("authorization"))
    if isinstance(fields, Refusal):
        return fields
    date = parse_http_date(query.get("date", ""))
    if date is None or abs(timestamp - date) > ALLOWED_SKEW:
        return WRONG_DATE
    secret = secret_of(fields["api_key"])
    if secret is None:
        return UNKNOWN_KEY
    expected = _signature(secret, host, query["date"], method, path)
    same = hmac.compare_digest(expected.encode(), fields["signature"].encode())
    return None if same and query.get("host") == host else NO_MATCH


def _signature(secret: str, host: str, date: str, method: str, path: str) -> str:
    origin = f"host: {host}\ndate: {date}\n{method} {path} HTTP/1.1"
    digest = hmac.new(secret.encode(), origin.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _read_authorization(value: str | None) -> dict[str, str] | Refusal:
    if value is None:
        return NO_AUTHORIZATION
    try:
        text = base64.b64decode(value, validate=True).decode()
    except ValueError:
        return UNREADABLE
    match = _AUTHORIZATION.fullmatch(text)
    canonical = base64.b64encode(text.encode()).decode() == value
    if match is None or not canonical or match["algorithm"] != "hmac-sha256":
        return UNREADABLE
    if "host" not in match["headers"].split():
        return NO_HOST
    return match.groupdict() if match["headers"] == _SIGNED_HEADERS else UNREADABLE
