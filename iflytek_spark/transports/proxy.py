"""Which proxy a call goes through: one rule for both transports."""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import urlsplit

from iflytek_spark.errors import ConfigurationError

_SCHEMES = ("http", "socks5", "socks5h", "socks4", "socks4a")


def resolve_proxy(url: str, proxy: str | None) -> str | None:
    """Choose the proxy for an address.

    Args:
        url: the address of a WebSocket or of HTTP.
        proxy: an explicit proxy, an empty string for none, or None to ask the environment:
            ``HTTPS_PROXY`` (for wss and https), ``HTTP_PROXY`` (for ws and http),
            ``ALL_PROXY``, ``NO_PROXY``. Addresses of this machine never go through the
            environment's proxy.

    Returns:
        The proxy's address, or None.

    Raises:
        ConfigurationError: for a kind of proxy that is not supported.
    """
    chosen = _from_environment(url) if proxy is None else proxy
    if not chosen:
        return None
    try:
        parts = urlsplit(chosen)
        usable = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        raise ConfigurationError(
            "the proxy's address cannot be read", hint="write it like http://proxy:3128"
        ) from None
    if parts.scheme not in _SCHEMES or not usable:
        raise ConfigurationError(
            f"the proxy's address starts with {parts.scheme or 'no scheme'!r}",
            hint=f"supported are {', '.join(scheme + '://' for scheme in _SCHEMES)}",
        )
    return chosen


def _from_environment(url: str) -> str | None:
    parts = urlsplit(url)
    if _is_loopback(parts.hostname or "") or urllib.request.proxy_bypass(parts.netloc):
        return None
    proxies = urllib.request.getproxies()
    kind = "https" if parts.scheme in ("wss", "https") else "http"
    return proxies.get(kind) or proxies.get("all")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
