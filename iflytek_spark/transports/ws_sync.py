"""The blocking transport: websocket-client over a socket with deadlines."""

from __future__ import annotations

import contextlib
import logging
import time
from urllib.parse import urlsplit

import websocket
from websocket._abnf import frame_buffer
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.protocol import State
from websockets.uri import parse_uri

from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    HTTPStatusError,
    Opening,
    RedirectedError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.sockets import DeadlineSocket, open_socket
from iflytek_spark.transports.tls import checked_context

_CLOSE_TIMEOUT = 0.05
"""Seconds that a closing frame may take: it is a courtesy, the socket is closed in any case."""

_REDIRECTS = range(300, 400)
_WITHOUT_BODY = (204, 304)
_FRAMING = ("content-length", "transfer-encoding")
_SILENT = logging.getLogger("iflytek_spark.websockets")
_SILENT.disabled = True
"""websockets writes each request line to its log at DEBUG, and a signed URL is a secret."""


class _ExactBuffer(frame_buffer):
    """Reads frames from a socket that buffers: a second buffer costs 5 µs a frame."""

    def recv_strict(self, bufsize: int) -> bytes:
        """Return exactly ``bufsize`` bytes."""
        return self.recv(bufsize)

    def recv_mask(self) -> None:
        """Refuse a frame that is masked, which those of a server never are (RFC 6455 §5.1)."""
        if self.has_mask():
            raise websocket.WebSocketProtocolException("a frame of the server was masked")
        self.mask_value = ""


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
            _shake_hands(self._socket, opening)
        except TimeoutError:
            raise
        except (WebSocketException, OSError, EOFError) as error:
            raise ConnectionFailedError(str(error) or type(error).__name__) from error
        self._websocket = _over(self._socket)
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

    def answers(self, timeout: float) -> bool:
        """Return whether the peer answers a ping in time, and sends nothing else."""
        self._open().start_frame(time.monotonic() + timeout)
        try:
            self._websocket.ping()
            opcode, _ = self._websocket.recv_data(control_frame=True)
        except (websocket.WebSocketException, OSError):
            return False
        return opcode == websocket.ABNF.OPCODE_PONG and self.alive()

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

    def _open(self) -> DeadlineSocket:
        if self._socket is None:
            raise ConnectionFailedError("the connection is closed")
        return self._socket


def _over(sock: DeadlineSocket) -> websocket.WebSocket:
    """Return what writes and reads the frames of an opened connection."""
    opened = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
    vars(opened).update(sock=sock, connected=True)  # typed as a socket's own class
    opened.frame_buffer = _ExactBuffer(sock.read, skip_utf8_validation=True)
    return opened


def _shake_hands(sock: DeadlineSocket, opening: Opening) -> None:
    """Open a WebSocket as strictly as the asyncio transport does: by the same code.

    A refusal's body is kept from it, since it would read all of one that never ends.
    """
    protocol = ClientProtocol(parse_uri(opening.url), logger=_SILENT)
    request = protocol.connect()
    del request.headers["Host"]
    request.headers["Host"] = urlsplit(opening.url).netloc  # as it is signed
    request.headers.update(opening.headers)
    protocol.send_request(request)
    sock.send_all(b"".join(protocol.data_to_send()))
    framing: dict[str, str] = {}
    while protocol.state is State.CONNECTING and protocol.handshake_exc is None:
        _read_line(sock, protocol, framing)
    if isinstance(protocol.handshake_exc, InvalidStatus):
        raise _refused(sock, protocol.handshake_exc, framing) from protocol.handshake_exc
    if protocol.handshake_exc is not None:
        raise protocol.handshake_exc


def _read_line(sock: DeadlineSocket, protocol: ClientProtocol, framing: dict[str, str]) -> None:
    line = sock.read_line()
    name, colon, value = line.partition(b":")
    if colon and name.lower().decode("latin-1") in _FRAMING:
        framing[name.lower().decode("latin-1")] = value.decode("latin-1").strip()
        return
    if line:
        protocol.receive_data(line)
    if line in (b"", b"\r\n") and protocol.state is State.CONNECTING:
        protocol.receive_eof()


def _refused(
    sock: DeadlineSocket, error: InvalidStatus, framing: dict[str, str]
) -> HTTPStatusError | ConnectionFailedError:
    response = error.response
    if response.status_code in _REDIRECTS:
        return RedirectedError("the service answered with a redirect, which is not followed")
    headers = {name.lower(): value for name, value in response.headers.raw_items()} | framing
    if response.status_code < 200 or response.status_code in _WITHOUT_BODY:
        return HTTPStatusError(response.status_code, headers, b"")
    length = framing.get("content-length", "")
    body = sock.read_body(
        chunked="transfer-encoding" in framing,
        length=int(length) if length.isascii() and length.isdigit() else None,
    )
    return HTTPStatusError(response.status_code, headers, body)
