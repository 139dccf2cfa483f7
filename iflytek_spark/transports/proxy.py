"""Which proxy a call goes through: one rule for all transports."""

from __future__ import annotations

import ipaddress
import urllib.request
from urllib.parse import SplitResult, unquote, urlsplit

from iflytek_spark.errors import ConfigurationError

_SCHEMES = ("http", "socks5", "socks5h", "socks4", "socks4a")
_EXAMPLE = "write it like http://proxy:3128 or http://user:password@proxy:3128"


def resolve_proxy(url: str, proxy: str | None) -> str | None:
    """Choose the proxy for an address.

    Args:
        url: the address of a WebSocket or of HTTP.
        proxy: an explicit proxy, an empty string for none, or None to ask the environment:
            ``HTTPS_PROXY`` (for wss and https), ``HTTP_PROXY`` (for ws and http),
            ``ALL_PROXY``, ``NO_PROXY``. Addresses of this machine never go through the
            environment's proxy.

    Returns:
        The proxy's address, which always names a port, or None.

    Raises:
        ConfigurationError: for a kind of proxy that is not supported, or an address with a part
            that would mean nothing. The libraries would refuse it too, each in words of its own,
            which show the whole address with its password.
    """
    chosen = _from_environment(url) if proxy is None else proxy
    if not chosen:
        return None
    try:
        parts = urlsplit(chosen)
        usable = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError("the proxy's address cannot be read", hint=_EXAMPLE) from None
    if parts.scheme not in _SCHEMES or not usable:
        raise ConfigurationError(
            f"the proxy's address starts with {_shown(parts.scheme)}",
            hint=f"supported are {', '.join(scheme + '://' for scheme in _SCHEMES)}",
        )
    problem = _problem(chosen, parts)
    if problem:
        raise ConfigurationError(f"the proxy's address {problem}", hint=_EXAMPLE)
    return chosen if parts.port is not None else _with_port(parts)


def _with_port(parts: SplitResult) -> str:
    """Write the usual port, of which the libraries have different ideas."""
    port = 80 if parts.scheme == "http" else 1080
    return f"{parts.scheme}://{parts.netloc.rstrip(':')}:{port}"


def proxy_login(proxy: str) -> tuple[str | None, str | None]:
    """Return the user and the password of a proxy's address, as they are sent to it."""
    parts = urlsplit(proxy)
    if parts.username is None or parts.password is None:
        return None, None
    return unquote(parts.username), unquote(parts.password)


def _shown(scheme: str) -> str:
    """Say how an address starts; what is no scheme of a proxy may be a user's name or password."""
    return repr(scheme) if scheme in ("https", "ftp", "ws", "wss", "socks") else "no known scheme"


def _problem(proxy: str, parts: SplitResult) -> str:
    """Say which part of an address has no meaning, without showing it."""
    if not proxy.isprintable() or " " in proxy:
        return "holds a space or a character that is not printable"
    if parts.path not in ("", "/"):
        return "has a path, which means nothing for a proxy"
    if "?" in proxy or "#" in proxy:
        return "has a query or a fragment; write ? and # in a password as %3F and %23"
    if parts.username is None:
        return ""
    if parts.password is None:
        return "has a user without a password; write user:@ for an empty one"
    return _login_problem(parts.netloc.rpartition("@")[0], parts.scheme)


def _login_problem(login: str, scheme: str) -> str:
    name, _, password = login.partition(":")
    try:
        plain = [unquote(part, errors="strict") for part in (name, password)]
    except UnicodeDecodeError:
        return "has a user or a password whose %-escapes are no UTF-8"
    if ":" in plain[0]:
        return "has a user with a colon in it, which cannot be sent"
    if "@" in login:
        return "has more than one @; write @ in a password as %40"
    if scheme.startswith("socks5") and any(len(part.encode()) > 255 for part in plain):
        return "has a user or a password that is too long for SOCKS"
    return ""


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
