"""Fetches what a stranger's URL names, from public addresses only.

A URL in a message is written by whoever talks to the program, and the program stands where its
writer does not: beside databases, admin pages and a cloud's metadata. So nothing is fetched from
an address that is not public. The name is resolved once, each of its addresses is checked, and
the connection goes to a checked address itself: a second answer of the name server is never
asked for. No proxy of the environment is used, since a proxy would resolve the name on its own.
"""

from __future__ import annotations

import re
import socket
import ssl
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import h11

from iflytek_spark.errors import APIConnectionError, APITimeoutError, InvalidRequestError
from iflytek_spark.images.addresses import IPAddress, is_public
from iflytek_spark.transports.resolver import (
    LookUp,
    Resolver,
    connect_to,
    resolve_name,
    seconds_left,
)
from iflytek_spark.transports.tls import checked_context

MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[0-9a-z._:-]{1,253}")
_MOVED = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})
_TRIED_ADDRESSES = 8
_CHUNK = 65536
_RESOLVER = Resolver()
"""Of its own: names that strangers choose must not keep the service's waiting."""


def fetch_public(
    url: str,
    *,
    max_bytes: int,
    timeout: float = 10.0,
    allowed: Callable[[IPAddress], bool] = is_public,
    resolve: LookUp = resolve_name,
    ssl_context: ssl.SSLContext | None = None,
) -> bytes:
    """Fetch a small file that a URL from outside names. It blocks: async callers use a thread.

    Errors name scheme, host and port of what was refused, never the path, the query, or the
    address behind a name.

    Args:
        url: an http or https address without a user name; each of at most 3 redirects is
            checked as if it had been given.
        max_bytes: the largest file.
        timeout: seconds for everything together, from the name's resolution to the last byte.
        allowed: which addresses may be connected to; all of a host's must be.
        resolve: how a host and a port become addresses; called once for each URL.
        ssl_context: your own CA; certificates are always verified, against the URL's host.

    Returns:
        The file, unchanged.

    Raises:
        InvalidRequestError: when the URL, an address behind it, the size, the encoding or the
            server (status 4xx, too many redirects) forbids it.
        APIConnectionError: when the server cannot be reached, fails, or breaks off.
        APITimeoutError: when the time is over.
        ConfigurationError: when the ssl_context does not verify certificates.
    """
    context = checked_context(ssl_context)
    fetch = _Fetch(time.monotonic() + timeout, max_bytes, allowed, resolve, context)
    for _ in range(1 + MAX_REDIRECTS):
        target = _read_target(url)
        answer = fetch.get(target)
        if isinstance(answer, bytes):
            return answer
        url = _joined(url, answer)
    raise InvalidRequestError(f"{target.origin} leads to more than {MAX_REDIRECTS} redirects")


class _Target(NamedTuple):
    """One URL that may be asked for, when its addresses allow it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The host as the Host header writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """What errors may say of the URL."""
        return f"{self.scheme}://{self.authority}"


def _read_target(url: str) -> _Target:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
        query = f"?{parts.query}" if parts.query else ""
        path = quote((parts.path or "/") + query, string.punctuation)
    except ValueError:  # its text may hold a password
        raise InvalidRequestError("the URL cannot be read") from None
    if parts.scheme not in _PORTS:
        raise InvalidRequestError(
            f"a URL with {parts.scheme or 'no scheme'!r} is not fetched", hint="use http or https"
        )
    if "@" in parts.netloc:
        raise InvalidRequestError("a URL with a user name or a password is not fetched")
    if not _HOST.fullmatch(host):
        raise InvalidRequestError("the URL has no host, or a host that cannot be one")
    return _Target(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise InvalidRequestError("a redirect leads to a URL that cannot be read") from None


@dataclass(frozen=True, slots=True)
class _Fetch:
    """The rules of one call."""

    deadline: float
    max_bytes: int
    allowed: Callable[[IPAddress], bool]
    resolve: LookUp
    context: ssl.SSLContext

    def get(self, target: _Target) -> bytes | str:
        """Return the file, or the place to which it has moved."""
        try:
            addresses = self._addresses(target)
            with (
                connect_to([*map(str, addresses)], target.port, self.deadline) as plain,
                self._secured(plain, target) as sock,
            ):
                return _Exchange(sock, self.deadline, target).get(self.max_bytes)
        except TimeoutError as error:
            raise APITimeoutError(f"{target.origin} took too long") from error
        except h11.ProtocolError as error:
            raise APIConnectionError(f"{target.origin} broke off, or is not HTTP") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise APIConnectionError(f"{target.origin} failed: {reason}") from error

    def _addresses(self, target: _Target) -> list[IPAddress]:
        """Resolve the host, as it is written: an odd spelling of an address is a name."""
        left = seconds_left(self.deadline)
        found = _RESOLVER.addresses(target.host, target.port, left, self.resolve)
        addresses = [ip_address(address) for address in found]
        if not all(self.allowed(address) for address in addresses):
            raise InvalidRequestError(f"{target.origin} is not at a public address")
        return addresses[:_TRIED_ADDRESSES]

    def _secured(self, sock: socket.socket, target: _Target) -> socket.socket:
        if target.scheme == "http":
            return sock
        sock.settimeout(seconds_left(self.deadline))
        return self.context.wrap_socket(sock, server_hostname=target.host)


class _Exchange:
    """One request and its answer on one connection."""

    def __init__(self, sock: socket.socket, deadline: float, target: _Target) -> None:
        self._socket = sock
        self._deadline = deadline
        self._target = target
        self._http = h11.Connection(h11.CLIENT)

    def get(self, max_bytes: int) -> bytes | str:
        """Return the file, or the place to which it has moved."""
        self._ask()
        while not isinstance(answer := self._next_event(), h11.Response):
            continue  # 100 and 103 come before the answer
        headers = {name: value.decode("utf-8", "replace") for name, value in answer.headers}
        if answer.status_code in _MOVED and b"location" in headers:
            return headers[b"location"]
        self._check(answer.status_code, headers.get(b"content-encoding", "identity"))
        return self._body(int(headers.get(b"content-length", 0)), max_bytes)

    def _ask(self) -> None:
        headers = [
            ("Host", self._target.authority),
            ("User-Agent", "iflytek-spark"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        request = self._http.send(
            h11.Request(method="GET", target=self._target.path, headers=headers)
        )
        self._socket.settimeout(seconds_left(self._deadline))
        self._socket.sendall((request or b"") + (self._http.send(h11.EndOfMessage()) or b""))

    def _check(self, status: int, encoding: str) -> None:
        """Accept a plain answer; a compressed one could unpack to any size."""
        origin = self._target.origin
        if status >= 500 or status in _PASSING:
            raise APIConnectionError(f"{origin} answered with status {status}")
        if status != 200:
            raise InvalidRequestError(f"{origin} answered with status {status}")
        if encoding.strip().lower() != "identity":
            raise InvalidRequestError(f"{origin} sent a compressed file without being asked")

    def _body(self, announced: int, max_bytes: int) -> bytes:
        body = bytearray()
        while max(announced, len(body)) <= max_bytes:
            event = self._next_event()
            if not isinstance(event, h11.Data):
                return bytes(body)
            body += event.data
        raise InvalidRequestError(f"{self._target.origin} sends more than {max_bytes} bytes")

    def _next_event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._socket.settimeout(seconds_left(self._deadline))
            self._http.receive_data(self._socket.recv(_CHUNK))
        return event
