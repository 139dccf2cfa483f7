"""POST requests over httpx2's own transports: one request, one message as the answer.

httpx2's clients are not used: they write each address to the log at INFO, and a signed URL is a
secret. One transport serves one call after the other on one connection, which it keeps open
between them; connecting, sending and receiving are one exchange, which ``receive`` carries out.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib.util
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx2

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    ConnectTimedOutError,
    HTTPStatusError,
    MessageTooLargeError,
    NotConnectedError,
    Opening,
    RedirectedError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.tls import checked_context

_HEADERS = {"Accept-Encoding": "identity"}
_SOCKET_EVENTS = ("connect_tcp.complete", "start_tls.complete")


class _Asked(NamedTuple):
    """What the next exchange sends, and how long its parts may take."""

    opening: Opening
    connect_timeout: float
    body: bytes = b""


class HttpTransport:
    """Posts in the caller's thread; :meth:`abort` may be called from another one."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting.

        Args:
            route: proxy and TLS of the connection.
        """
        self._route = route
        self._asked: _Asked | None = None
        self._pool: httpx2.HTTPTransport | None = None
        self._socket: socket.socket | None = None
        self._expired = False
        self._aborted = threading.Event()

    def connect(self, opening: Opening, timeout: float) -> None:
        """Note where the next request goes."""
        self._asked = _Asked(opening, timeout)

    def send(self, data: str | bytes, timeout: float) -> None:
        """Note the next request."""
        self._asked = _with_body(self._asked, data)

    def receive(self, timeout: float) -> bytes | None:
        """Send the request and read its answer.

        Args:
            timeout: seconds for all of it.

        Returns:
            The body, or None when nothing was asked.

        Raises:
            TimeoutError: when the connection or the answer takes too long.
            TransportError: when there is no connection, it is lost, or the status is not 200.
            CancelledError: after :meth:`abort`.
        """
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        self._expired = False
        watchdog = threading.Timer(timeout, self._expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            with _failures():
                return self._exchange(asked, timeout)
        except (TimeoutError, ConnectionFailedError) as error:
            raise self._reason(error) from error.__cause__
        finally:
            watchdog.cancel()
            watchdog.join()
            if self._expired:
                self._disconnect()

    def sleep(self, seconds: float) -> None:
        """Wait for one's turn or between two tries.

        Args:
            seconds: how long.

        Raises:
            CancelledError: after :meth:`abort`, at once.
        """
        if self._aborted.wait(seconds):
            raise concurrent.futures.CancelledError

    def abort(self) -> None:
        """End whatever runs, from any thread; the transport cannot be used again."""
        self._aborted.set()
        self._hang_up()

    def close(self) -> None:
        """End a call; the connection is kept for the next one, until the ``with`` block ends."""
        self._asked = None

    def _disconnect(self) -> None:
        pool, self._pool, self._socket = self._pool, None, None
        if pool is not None:
            pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._disconnect()

    def _exchange(self, asked: _Asked, timeout: float) -> bytes:
        if self._aborted.is_set():
            raise concurrent.futures.CancelledError
        if self._pool is None:
            self._pool = httpx2.HTTPTransport(**_settings(asked.opening.url, self._route))
        response = self._pool.handle_request(_request(asked, timeout, self._trace))
        try:
            body = _Body()
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return _checked(response, body.whole)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """Note the connection's socket, so that it can be closed while a thread waits for it."""
        if event.endswith(_SOCKET_EVENTS):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._expired or self._aborted.is_set():
                self._hang_up()

    def _expire(self) -> None:
        """Give up at the deadline; the time-outs of a socket begin anew with every byte."""
        self._expired = True
        self._hang_up()

    def _hang_up(self) -> None:
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):
                # Not the method of a TLS socket, which would take its state away from its reader.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _reason(self, error: Exception) -> Exception:
        if self._aborted.is_set():
            return concurrent.futures.CancelledError()
        return TimeoutError() if self._expired else error


class AsyncHttpTransport:
    """Posts in the running event loop; otherwise as :class:`HttpTransport`."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting.

        Args:
            route: proxy and TLS of the connection.
        """
        self._route = route
        self._asked: _Asked | None = None
        self._pool: httpx2.AsyncHTTPTransport | None = None

    async def connect(self, opening: Opening, timeout: float) -> None:
        """Note where the next request goes."""
        self._asked = _Asked(opening, timeout)

    async def send(self, data: str | bytes, timeout: float) -> None:
        """Note the next request."""
        self._asked = _with_body(self._asked, data)

    async def receive(self, timeout: float) -> bytes | None:
        """Send the request and read its answer; see :meth:`HttpTransport.receive`."""
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        with _failures():
            async with asyncio.timeout(timeout):
                return await self._exchange(asked, timeout)

    async def sleep(self, seconds: float) -> None:
        """Wait for one's turn or between two tries."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """End a call; the connection is kept for the next one, until the ``with`` block ends."""
        self._asked = None

    async def _disconnect(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._disconnect()

    async def _exchange(self, asked: _Asked, timeout: float) -> bytes:
        if self._pool is None:
            self._pool = httpx2.AsyncHTTPTransport(**_settings(asked.opening.url, self._route))
        response = await self._pool.handle_async_request(_request(asked, timeout))
        try:
            body = _Body()
            async for chunk in response.aiter_raw():
                body.add(chunk)
        finally:
            await response.aclose()
        return _checked(response, body.whole)


def _settings(url: str, route: ConnectionOptions) -> dict[str, Any]:
    proxy = resolve_proxy(url, route.proxy)
    scheme = urlsplit(proxy or "").scheme
    if scheme.startswith("socks4"):
        raise ConfigurationError(
            f"httpx2, which sends this request, cannot use a {scheme} proxy",
            hint="name an http:// or socks5h:// proxy",
        )
    if scheme.startswith("socks5") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(
            f"a {scheme} proxy needs a further package here", hint="pip install 'httpx2[socks]'"
        )
    return {
        "verify": checked_context(route.ssl_context),
        "proxy": proxy,
        "trust_env": False,
        "limits": httpx2.Limits(max_connections=1, keepalive_expiry=None),
    }


def _with_body(asked: _Asked | None, data: str | bytes) -> _Asked:
    if asked is None:
        raise ConnectionFailedError("the connection is closed")
    return asked._replace(body=data.encode() if isinstance(data, str) else data)


def _request(asked: _Asked, timeout: float, trace: Any = None) -> httpx2.Request:
    timeouts = {
        "connect": asked.connect_timeout,
        "read": timeout,
        "write": timeout,
        "pool": timeout,
    }
    extensions: dict[str, Any] = {"timeout": timeouts}
    if trace is not None:
        extensions["trace"] = trace
    url, headers = asked.opening
    host = {"Host": urlsplit(url).netloc}  # what the signature covers
    return httpx2.Request(
        "POST",
        url,
        headers={**host, **_HEADERS, **headers},
        content=asked.body,
        extensions=extensions,
    )


def _checked(response: httpx2.Response, body: bytes) -> bytes:
    status = response.status_code
    if 300 <= status < 400:
        raise RedirectedError("the service answered with a redirect, which is not followed")
    if status != 200:
        raise HTTPStatusError(status, dict(response.headers), body)
    return body


class _Body:
    """A response's body as it comes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, chunk: bytes) -> None:
        self._data += chunk
        if len(self._data) > MAX_MESSAGE_BYTES:
            raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")

    @property
    def whole(self) -> bytes:
        return bytes(self._data)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """Give every exception of httpx2 its place among the transports' own."""
    try:
        yield
    except httpx2.ConnectTimeout as error:
        raise ConnectTimedOutError from error
    except httpx2.TimeoutException as error:
        raise TimeoutError from error
    except (httpx2.ConnectError, httpx2.ProxyError, httpx2.InvalidURL) as error:
        raise NotConnectedError(str(error) or type(error).__name__) from error
    except TimeoutError:
        raise
    except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
        raise ConnectionFailedError(str(error) or type(error).__name__) from error
