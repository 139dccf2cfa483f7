"""The blocking transport: websocket-client over a socket with deadlines."""

from __future__ import annotations

import contextlib
import time
from urllib.parse import urlsplit

import websocket
from websocket._abnf import frame_buffer

from iflytek_spark.protocol.secrets.log_filter import WEBSOCKET_LOGGERS, filter_logs, redacted_logs
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    HTTPStatusError,
    Opening,
    RedirectedError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.sockets import DeadlineSocket, open_socket
from iflytek_spark.transports.tls import checked_context

filter_logs(WEBSOCKET_LOGGERS)

_CLOSE_TIMEOUT = 0.05
"""Seconds that a closing frame may take: it is a courtesy, the socket is closed in any case."""

_REDIRECTS = range(300, 400)
_FAILURES = (websocket.WebSocketException, OSError, ValueError, AttributeError, IndexError)
"""The last three are what websocket-client raises for an answer that is not HTTP."""


class _ExactBuffer(frame_buffer):
    """Reads frames from a socket that buffers: a second buffer costs 5 µs a frame."""

    def recv_strict(self, bufsize: int) -> bytes:
        """Return exactly ``bufsize`` bytes."""
        return self.recv(bufsize)


class WebSocketTransport:
    """A WebSocket in the caller's thread; see :class:`~iflytek_spark.transports.base.Transport`."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        self._route = route
        self._socket: DeadlineSocket | None = None
        self._websocket = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)

    def connect(self, opening: Opening, timeout: float) -> None:
        """Open a WebSocket to a signed URL, in place of the one that is open, if any."""
        self.close()
        url = opening.url
        deadline = time.monotonic() + timeout
        secure = url.startswith("wss:")
        context = checked_context(self._route.ssl_context) if secure else None
        try:
            self._socket = open_socket(url, deadline, self._route.proxy, context)
            self._websocket = websocket.WebSocket(
                skip_utf8_validation=True, enable_multithread=False
            )
            with redacted_logs(opening, self._route.proxies):
                self._websocket.connect(
                    url,
                    socket=self._socket,
                    host=urlsplit(url).netloc,  # as it is signed
                    header=dict(opening.headers),
                    redirect_limit=0,
                    suppress_origin=True,
                )
            self._websocket.frame_buffer = _ExactBuffer(
                self._socket.read, skip_utf8_validation=True
            )
        except (TimeoutError, websocket.WebSocketTimeoutException) as error:
            raise TimeoutError from error
        except websocket.WebSocketBadStatusException as error:
            raise self._refused(error) from error
        except _FAILURES as error:
            raise self._failed(error) from error
        if self._route.on_open is not None:
            self._route.on_open()

    def send(self, data: str | bytes, timeout: float) -> None:
        """Send one text frame."""
        self._open().deadline = time.monotonic() + timeout
        try:
            self._websocket.send(data)
        except (TimeoutError, websocket.WebSocketTimeoutException) as error:
            raise TimeoutError from error
        except (websocket.WebSocketException, OSError) as error:
            raise ConnectionFailedError(str(error) or type(error).__name__) from error

    def receive(self, timeout: float) -> bytes | str | None:
        """Return the next frame's payload, or None when the peer has closed."""
        self._open().start_frame(time.monotonic() + timeout)
        try:
            opcode, payload = self._websocket.recv_data()
        except (TimeoutError, websocket.WebSocketTimeoutException) as error:
            raise TimeoutError from error
        except (websocket.WebSocketException, OSError) as error:
            raise ConnectionFailedError(str(error) or type(error).__name__) from error
        return None if opcode == websocket.ABNF.OPCODE_CLOSE else payload

    def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        time.sleep(seconds)

    def alive(self) -> bool:
        """Return whether the peer has been silent since the handshake, and has not closed."""
        return self._socket is not None and self._socket.silent()

    def detach(self) -> None:
        """Forget a connection that another process goes on using, without a word to the peer."""
        sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()

    def close(self) -> None:
        """Close the socket at once, without waiting for the peer."""
        sock, self._socket = self._socket, None
        if sock is None:
            return
        with contextlib.suppress(websocket.WebSocketException, OSError):
            sock.deadline = time.monotonic() + _CLOSE_TIMEOUT
            self._websocket.send_close()
        sock.close()

    def _refused(self, error: websocket.WebSocketBadStatusException) -> HTTPStatusError:
        headers = error.resp_headers or {}
        body = error.resp_body
        if body is None and self._socket is not None:
            body = self._socket.read_body(chunked="transfer-encoding" in headers)
        return HTTPStatusError(error.status_code, headers, body or b"")

    def _failed(self, error: Exception) -> ConnectionFailedError:
        if (self._websocket.getstatus() or 0) in _REDIRECTS:
            return RedirectedError("the service answered with a redirect, which is not followed")
        return ConnectionFailedError(str(error) or type(error).__name__)

    def _open(self) -> DeadlineSocket:
        if self._socket is None:
            raise ConnectionFailedError("the connection is closed")
        return self._socket
