"""The blocking transport: websocket-client over a socket with deadlines."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import time
from urllib.parse import urlsplit

import websocket
from websocket._abnf import frame_buffer

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
_STATUS = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*\r\n")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*\r\n")
_MAX_HEADERS = 128  # what websockets takes
_ACCEPT_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3


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
        except OSError as error:
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
    """Open a WebSocket as strictly as the asyncio transport does, which keeps to RFC 6455 §4."""
    parts, key = urlsplit(opening.url), base64.b64encode(os.urandom(16))
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    fixed = {
        "Host": parts.netloc,  # as it is signed
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key.decode(),
        "Sec-WebSocket-Version": "13",
    }
    lines = [f"{name}: {value}" for name, value in {**fixed, **opening.headers}.items()]
    sock.send_all("\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode())
    status, headers = _read_head(sock)
    if status != 101:
        raise _refused(sock, status, headers)
    _check(
        headers, base64.b64encode(hashlib.sha1(key + _ACCEPT_SALT, usedforsecurity=False).digest())
    )


def _read_head(sock: DeadlineSocket) -> tuple[int, dict[str, list[str]]]:
    found = _STATUS.fullmatch(sock.read_line())
    headers: dict[str, list[str]] = {}
    for _ in range(_MAX_HEADERS + 1 if found else 0):
        line = sock.read_line()
        if found and line == b"\r\n":
            return int(found[1]), headers
        header = _HEADER.fullmatch(line)
        if header is None:
            break
        name, value = (part.decode("latin-1") for part in header.groups())
        headers.setdefault(name.lower(), []).append(value)
    raise ConnectionFailedError("did not receive a valid HTTP response")


def _check(headers: dict[str, list[str]], accept: bytes) -> None:
    """Check what the service agrees to."""
    for name, wanted in (("connection", "upgrade"), ("upgrade", "websocket")):
        values = [one.strip().lower() for one in ",".join(headers.get(name, [])).split(",")]
        if wanted not in values or (name == "upgrade" and len(values) > 1):
            raise ConnectionFailedError(f"missing or invalid {name.title()} header")
    if headers.get("sec-websocket-accept") != [accept.decode()]:
        raise ConnectionFailedError("missing or invalid Sec-WebSocket-Accept header")
    for name in ("extensions", "protocol"):
        if f"sec-websocket-{name}" in headers:
            raise ConnectionFailedError(f"the service chose a WebSocket {name} nobody asked for")


def _refused(
    sock: DeadlineSocket, status: int, lists: dict[str, list[str]]
) -> HTTPStatusError | ConnectionFailedError:
    if status in _REDIRECTS:
        return RedirectedError("the service answered with a redirect, which is not followed")
    headers = {name: values[-1] for name, values in lists.items()}
    if status < 200 or status in _WITHOUT_BODY:
        return HTTPStatusError(status, headers, b"")
    length = headers.get("content-length", "")
    body = sock.read_body(
        chunked="transfer-encoding" in headers,
        length=int(length) if length.isascii() and length.isdigit() else None,
    )
    return HTTPStatusError(status, headers, body)
