"""POST requests in the caller's thread; :mod:`iflytek_spark.transports.http` says how."""

from __future__ import annotations

import concurrent.futures
import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self

import httpx2

from iflytek_spark.protocol.steps import ConnectionFailedError, Opening
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http import Body, Exchange, HttpCalls, http_failures, pool_settings

_SOCKET_EVENTS = ("connect_tcp.complete", "start_tls.complete")


class HttpTransport(HttpCalls):
    """Posts in the caller's thread; :meth:`abort` may be called from another one."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        super().__init__(route)
        self._pool: httpx2.HTTPTransport | None = None
        self._socket: socket.socket | None = None
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
                return self._exchange(exchange, timeout)
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
        if self._pool is None:
            self._pool = httpx2.HTTPTransport(**pool_settings(exchange.opening.url, self._route))
        response = self._pool.handle_request(exchange.request(timeout, trace=self._trace))
        body = Body()
        try:
            for chunk in response.iter_raw():
                body.add(chunk)
        finally:
            response.close()
        return body.checked(response)

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
