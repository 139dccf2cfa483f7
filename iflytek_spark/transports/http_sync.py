"""POST requests in the caller's thread; :mod:`iflytek_spark.transports.http` says how."""

from __future__ import annotations

import concurrent.futures
import contextlib
import socket
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    ConnectTimedOutError,
    NotConnectedError,
    Opening,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http import Body, Exchange, HttpCalls, http_failures, pool_settings
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.resolver import SERVICE_RESOLVER

_SOCKET_EVENTS = ("connect_tcp.complete", "start_tls.complete")


class HttpTransport(HttpCalls):
    """Posts in the caller's thread; :meth:`abort` may be called from another one."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        super().__init__(route)
        self._pool: httpx2.HTTPTransport | None = None
        self._socket: socket.socket | None = None
        self._address: str | None = None
        self._expired = False
        self._aborted = threading.Event()

    def connect(self, opening: Opening, timeout: float) -> None:
        """Note where the next request goes."""
        self._next = Exchange(opening, timeout)

    def send(self, data: str | bytes, timeout: float) -> None:
        """Note the next request."""
        self._add_body(data)

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
        exchange = self._take_next()
        if exchange is None:
            return None
        self._expired = False
        watchdog = threading.Timer(timeout, self._expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._logged(exchange), http_failures():
                return self._noted(self._exchange(exchange, timeout))
        except (TimeoutError, ConnectionFailedError) as error:
            raise self._reason(error) from error.__cause__
        finally:
            watchdog.cancel()
            watchdog.join()
            if self._expired:
                self._disconnect()

    def sleep(self, seconds: float) -> None:
        """Wait for one's turn or between two tries; after :meth:`abort`, a CancelledError."""
        if self._aborted.wait(seconds):
            raise concurrent.futures.CancelledError

    def abort(self) -> None:
        """End whatever runs, from any thread; the transport cannot be used again."""
        self._aborted.set()
        self._hang_up()

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

    def _exchange(self, exchange: Exchange, timeout: float) -> bytes:
        if self._aborted.is_set():
            raise concurrent.futures.CancelledError
        response = self._response(exchange, timeout)
        body = Body()
        try:
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return body.checked(response)

    def _response(self, exchange: Exchange, timeout: float) -> httpx2.Response:
        """Ask the first of the host's addresses that answers, or the proxy, which looks it up."""
        proxy = resolve_proxy(exchange.opening.url, self._route.proxy)
        if proxy is not None:
            request = exchange.request(timeout, trace=self._trace)
            return self._connected(_at_address(proxy, exchange)).handle_request(request)
        deadline = time.monotonic() + exchange.connect_timeout
        addresses = self._addresses(exchange)
        failure: Exception = NotConnectedError("the name has no address")
        for index, address in enumerate(addresses):
            share = max(deadline - time.monotonic(), 0.001) / (len(addresses) - index)
            attempt = exchange._replace(connect_timeout=share)
            request = attempt.request(timeout, address, trace=self._trace)
            try:
                response = self._connected(None).handle_request(request)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
            else:
                self._address = address
                return response
        self._address = None
        raise failure

    def _connected(self, proxy: str | None) -> httpx2.HTTPTransport:
        if self._pool is None:
            self._pool = httpx2.HTTPTransport(**pool_settings(proxy, self._route))
        return self._pool

    def _addresses(self, exchange: Exchange) -> Sequence[str]:
        """Return where to ask: where the last answer came from, or what the host's name means."""
        return [self._address] if self._address else _looked_up(exchange.opening.url, exchange)

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


def _looked_up(url: str, exchange: Exchange) -> Sequence[str]:
    parts = urlsplit(url)
    try:
        return SERVICE_RESOLVER.addresses(
            parts.hostname or "", parts.port or 443, exchange.connect_timeout
        )
    except TimeoutError as error:
        raise ConnectTimedOutError from error
    except OSError as error:
        raise NotConnectedError(str(error)) from error


def _at_address(proxy: str, exchange: Exchange) -> str:
    """Write a proxy's address in place of its name."""
    parts = urlsplit(proxy)
    address = _looked_up(proxy, exchange)[0]
    host = f"[{address}]" if ":" in address else address
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    port = "" if parts.port is None else f":{parts.port}"
    return parts._replace(netloc=f"{login}{host}{port}").geturl()
