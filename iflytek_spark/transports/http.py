"""Signed POST requests over httpx2's own transports.

httpx2's clients are not used: they write each address to the log at INFO, and a signed URL is a
secret. One transport serves one call after the other on one connection, which it keeps open
between them.
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
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from iflytek_spark.assumptions import MAX_FRAME_BYTES
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.post import ConnectTimedOutError, Post, Reply
from iflytek_spark.protocol.steps import ConnectionFailedError, FrameTooLargeError
from iflytek_spark.transports.base import Route
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.tls import checked_context

_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}
_SOCKET_EVENTS = ("connect_tcp.complete", "start_tls.complete")


class HttpTransport:
    """Posts in the caller's thread; :meth:`abort` may be called from another one."""

    def __init__(self, route: Route) -> None:
        """Prepare without connecting.

        Args:
            route: proxy and TLS of the connection.
        """
        self._route = route
        self._pool: httpx2.HTTPTransport | None = None
        self._socket: socket.socket | None = None
        self._expired = False
        self._aborted = threading.Event()

    def post(self, step: Post) -> Reply:
        """Send one request and read its response.

        Args:
            step: what to send, and how long to wait.

        Returns:
            The response, whatever its status.

        Raises:
            TimeoutError: when the connection or the response takes too long.
            TransportError: when there is no connection, or it is lost.
            CancelledError: after :meth:`abort`.
        """
        self._expired = False
        watchdog = threading.Timer(step.timeout, self._expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            with _failures():
                return self._exchange(step)
        except (TimeoutError, ConnectionFailedError) as error:
            raise self._reason(error) from error.__cause__
        finally:
            watchdog.cancel()
            watchdog.join()
            if self._expired:
                self.close()

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
        """Close the connection."""
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
        self.close()

    def _exchange(self, step: Post) -> Reply:
        if self._aborted.is_set():
            raise concurrent.futures.CancelledError
        if self._pool is None:
            self._pool = httpx2.HTTPTransport(**_settings(step.url, self._route))
        response = self._pool.handle_request(_request(step, self._trace))
        try:
            body = _Body()
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return Reply(response.status_code, dict(response.headers), body.whole)

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

    def __init__(self, route: Route) -> None:
        """Prepare without connecting.

        Args:
            route: proxy and TLS of the connection.
        """
        self._route = route
        self._pool: httpx2.AsyncHTTPTransport | None = None

    async def post(self, step: Post) -> Reply:
        """Send one request and read its response; see :meth:`HttpTransport.post`."""
        with _failures():
            async with asyncio.timeout(step.timeout):
                return await self._exchange(step)

    async def sleep(self, seconds: float) -> None:
        """Wait for one's turn or between two tries."""
        await asyncio.sleep(seconds)

    async def aclose(self) -> None:
        """Close the connection."""
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
        await self.aclose()

    async def _exchange(self, step: Post) -> Reply:
        if self._pool is None:
            self._pool = httpx2.AsyncHTTPTransport(**_settings(step.url, self._route))
        response = await self._pool.handle_async_request(_request(step))
        try:
            body = _Body()
            async for chunk in response.aiter_raw():
                body.add(chunk)
        finally:
            await response.aclose()
        return Reply(response.status_code, dict(response.headers), body.whole)


def _settings(url: str, route: Route) -> dict[str, Any]:
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


def _request(step: Post, trace: Any = None) -> httpx2.Request:
    timeouts = {
        "connect": step.connect_timeout,
        "read": step.timeout,
        "write": step.timeout,
        "pool": step.timeout,
    }
    extensions: dict[str, Any] = {"timeout": timeouts}
    if trace is not None:
        extensions["trace"] = trace
    headers = {"Host": urlsplit(step.url).netloc, **_HEADERS}  # what the signature covers
    return httpx2.Request(
        "POST", step.url, headers=headers, content=step.body, extensions=extensions
    )


class _Body:
    """A response's body as it comes."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, chunk: bytes) -> None:
        self._data += chunk
        if len(self._data) > MAX_FRAME_BYTES:
            raise FrameTooLargeError(f"more than {MAX_FRAME_BYTES} bytes")

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
    except TimeoutError:
        raise
    except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
        raise ConnectionFailedError(str(error) or type(error).__name__) from error
