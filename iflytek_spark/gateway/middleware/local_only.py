"""Without keys the gateway serves this machine alone, and no page of another site in its browser.

That it listens on the loopback does not ensure it: a web page in a browser here can send to it,
under a name of the page's own (DNS rebinding) too, and another server may listen elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from iflytek_spark.gateway.batches.settings import is_upload
from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError, error_response

_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#\s]+)(?::[0-9]{1,5})?")
_FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_PAGES, _SITE = ("origin", "referer"), "sec-fetch-site"
_READ = {name.encode(): name for name in ("host", "content-type", *_PAGES, _SITE, *_FORWARDING)}
_OWN_SITE = ("same-origin", "same-site", "none")
"""What a browser calls a request that no page of another site made (``Sec-Fetch-Site``)."""

_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")
_MAX_KEPT = 64
_MAX_SHOWN = 100
"""Characters of a caller's text in an error."""

_KEYS = "or give the gateway keys (iflytek-spark gateway --new-key NAME)"


class LocalOnlyMiddleware:
    """Refuses what does not come from a program on this machine."""

    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        """Set up for what answers, and for the pages of other sites that may ask all the same."""
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] == "http":
            try:
                _check(scope, self._origins)
            except GatewayError as error:
                record = record_of(scope)
                record.caller, record.error = _caller(scope), error.row.code
                await error_response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _caller(scope: Scope) -> str:
    client = scope.get("client")  # None: a socket among this machine's files
    return client[0] if client else ""


def _check(scope: Scope, origins: Collection[str]) -> None:
    server = scope.get("server") or ("",)
    if is_upload(scope) and not any(name == b"authorization" for name, _ in scope["headers"]):
        raise _refused(
            "a page of another site could send a form: send 'Authorization: Bearer any' with it, "
            "as OpenAI's clients do,"
        )
    has_body = scope["method"] not in _WITHOUT_BODY and not is_upload(scope)
    read = tuple([(name, value) for name, value in scope["headers"] if name in _READ])
    _check_read(_caller(scope), server[0] or "", read, tuple(origins), has_body)


@lru_cache(_MAX_KEPT)
def _check_read(
    caller: str,
    server: str,
    read: tuple[tuple[bytes, bytes], ...],
    origins: tuple[str, ...],
    has_body: bool,
) -> None:
    """Check what is read of a request; programs send the same again and again, and that is kept."""
    headers: dict[str, list[str]] = {name: [] for name in _READ.values()}
    for name, value in read:
        headers[_READ[name]].append(value.decode("latin-1"))
    own = _address(server)
    _check_sender(caller, headers, own)
    _check_host(headers["host"], own)
    if not _is_allowed_page(headers["origin"], origins):
        _check_site(headers, own)
    if has_body and not _is_json(headers["content-type"]):
        raise GatewayError(
            ErrorRow.NOT_JSON, "the body must be JSON: send it as 'Content-Type: application/json'"
        )


def _check_sender(caller: str, headers: _Headers, own: _Address) -> None:
    if caller and not _is_local(_address(caller), own):
        raise _refused(f"{caller} is another machine, and there are no keys: ask from this one,")
    for name in _FORWARDING:
        if headers[name]:
            raise _refused(f"{name}: a proxy passed this on, and there are no keys: ask directly,")


def _check_host(given: list[str], own: _Address) -> None:
    if len(given) != 1 or not _is_here(given[0], own):
        shown = ", ".join(map(repr, given))[:_MAX_SHOWN] or "missing"
        raise _refused(f"Host: {shown} is not this machine: ask for localhost or 127.0.0.1,")


def _check_site(headers: _Headers, own: _Address) -> None:
    """Refuse what a browser sends for a page of another site; programs send none of these."""
    for name in _PAGES:
        for page in headers[name]:
            if not _is_own_page(page, own):
                raise _refused(
                    f"{name}: {page[:_MAX_SHOWN]!r}: a page of another site may not ask;"
                )
    for site in headers[_SITE]:
        if site.strip().lower() not in _OWN_SITE:
            raise _refused(f"{_SITE}: {site[:_MAX_SHOWN]!r}: a page of another site may not ask;")


def _is_allowed_page(given: list[str], origins: Collection[str]) -> bool:
    """Return whether the browser names the one page that asks, and that may: pages cannot lie."""
    return len(given) == 1 and given[0] in origins


def _is_own_page(url: str, own: _Address) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and _is_here(parts.netloc, own)


@lru_cache(_MAX_KEPT)
def _is_here(authority: str, own: _Address) -> bool:
    """Return whether a host, with a port or without, is this machine by a name that nobody gave."""
    match = _AUTHORITY.fullmatch(authority.strip())
    if match is None:
        return False
    host = match["host"].lower().removesuffix(".")
    return host == "localhost" or _is_local(_address(host.strip("[]")), own)


def _is_local(address: _Address, own: _Address) -> bool:
    """Return whether an address is the loopback's, or the one that was asked itself."""
    return address is not None and (address.is_loopback or address == own)


_Address = IPv4Address | IPv6Address | None
_Headers = Mapping[str, list[str]]


@lru_cache(_MAX_KEPT)
def _address(text: str) -> _Address:
    """Read an address; one of IPv4 within IPv6 is that of IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_json(given: list[str]) -> bool:
    """Return whether the body says that it is JSON, which no page of another site can send."""
    kinds = {kind.partition(";")[0].strip().lower() for kind in given}
    return kinds == {"application/json"}


def _refused(why: str) -> GatewayError:
    return GatewayError(ErrorRow.NOT_LOCAL, f"{why} {_KEYS}")
