"""Opens a blocking socket, directly or through a proxy, and gives it deadlines."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from python_socks import ProxyConnectionError, ProxyError, ProxyType
from python_socks.sync import Proxy

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.protocol.steps import ConnectionFailedError, MessageTooLargeError
from iflytek_spark.transports.proxy import proxy_login, resolve_proxy
from iflytek_spark.transports.resolver import (
    SERVICE_RESOLVER,
    connect,
    seconds_left,
    with_shares,
)

_CHUNK = 65536
_BODY = 4096
_LONG_LINE = 8192  # as websockets has it
_BODY_TIMEOUT = 1.0
_LAST_CHUNK = b"0\r\n\r\n"
PROXY_KINDS = {  # scheme: kind, and whether the proxy resolves the name
    "http": (ProxyType.HTTP, True),
    "socks4": (ProxyType.SOCKS4, False),
    "socks4a": (ProxyType.SOCKS4, True),
    "socks5": (ProxyType.SOCKS5, False),
    "socks5h": (ProxyType.SOCKS5, True),
}


class DeadlineSocket:
    """A buffered socket whose every wait ends at one deadline.

    A time-out of the operating system's socket starts anew with each byte, so that a peer who
    sends a byte a second is waited for without end; a deadline is not.

    Attributes:
        deadline: the moment, in seconds of the monotonic clock, at which waiting ends.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        """Take over a connected socket."""
        self._socket = sock
        self._buffer = b""
        self._at = 0
        self._quota = MAX_MESSAGE_BYTES
        self.deadline = deadline

    def start_frame(self, deadline: float) -> None:
        """Set the deadline of the next frame, and let it have its full size."""
        self.deadline = deadline
        self._quota = MAX_MESSAGE_BYTES

    def read(self, size: int) -> bytes:
        """Return exactly ``size`` bytes.

        Raises:
            ConnectionResetError: at the end of the stream.
            MessageTooLargeError: when the frame would be longer than is accepted.
        """
        if size > self._quota:
            raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")
        start, end = self._at, self._at + size
        if end <= len(self._buffer):
            self._at = end
            self._quota -= size
            return self._buffer[start:end]
        pieces: list[bytes] = []
        while size > 0:
            part = self.recv(size)
            if not part:
                raise ConnectionResetError("the connection was lost")
            pieces.append(part)
            size -= len(part)
        return b"".join(pieces)

    def recv(self, size: int) -> bytes:
        """Return 1 to ``size`` bytes, or none at the end of the stream."""
        if self._at == len(self._buffer):
            self._socket.settimeout(self._remaining())
            self._buffer, self._at = self._socket.recv(_CHUNK), 0
        data = self._buffer[self._at : self._at + size]
        self._at += len(data)
        self._quota -= len(data)
        if self._quota < 0:
            raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")
        return data

    def send(self, data: bytes) -> int:
        """Send a part of ``data`` and return how many bytes it has."""
        self._socket.settimeout(self._remaining())
        return self._socket.send(data)

    def send_all(self, data: bytes) -> None:
        """Send all of ``data``."""
        while data:
            data = data[self.send(data) :]

    def read_line(self) -> bytes:
        """Return the next line with its end, or what there is of it at the end of the stream.

        Of a line that is too long there is no end.
        """
        line = bytearray()
        while len(line) < _LONG_LINE and not line.endswith(b"\n"):
            byte = self.recv(1)
            if not byte:
                break
            line += byte
        return bytes(line)

    def read_body(self, *, chunked: bool, length: int | None = None) -> bytes:
        """Read the beginning of an HTTP body, for a moment at most.

        Args:
            chunked: whether it comes in chunks, which end before the stream does.
            length: how long it is, if that was given.
        """
        most = _BODY if length is None or chunked else min(length, _BODY)
        data = b""
        self.deadline = min(self.deadline, time.monotonic() + _BODY_TIMEOUT)
        with contextlib.suppress(OSError):
            while len(data) < most and not (chunked and data.endswith(_LAST_CHUNK)):
                part = self.recv(most)
                if not part:
                    break
                data += part
        return _joined(data) if chunked else data

    def silent(self) -> bool:
        """Return whether the peer has neither closed nor sent what was not read."""
        if self._at < len(self._buffer):
            return False
        self._socket.settimeout(0)
        try:
            socket.socket.recv(self._socket, 1, socket.MSG_PEEK)  # below TLS, which cannot peek
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def gettimeout(self) -> float:
        """Return the seconds left."""
        return self._remaining()

    def close(self) -> None:
        """Close the socket at once."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def _remaining(self) -> float:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def open_socket(
    url: str, deadline: float, proxy: str | None, context: ssl.SSLContext | None
) -> DeadlineSocket:
    """Connect to the host of a URL.

    Args:
        url: a ws or wss address.
        deadline: the moment, in seconds of the monotonic clock, until which to try.
        proxy: as in :class:`~iflytek_spark.transports.base.ConnectionOptions`.
        context: the TLS context of a wss address, None for ws.

    Returns:
        A connected socket, over TLS if there is a context.

    Raises:
        TimeoutError: at the deadline.
        OSError: when the connection or TLS fails.
        ConnectionFailedError: when the proxy refuses.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (80 if context is None else 443)
    chosen = resolve_proxy(url, proxy)
    if chosen is None:
        sock = connect(host, port, deadline)
    else:
        sock = _through_proxy(chosen, host, port, deadline)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock.settimeout(max(deadline - time.monotonic(), 0.001))
            sock = context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise
    return DeadlineSocket(sock, deadline)


def _through_proxy(proxy: str, host: str, port: int, deadline: float) -> socket.socket:
    """Open a tunnel; all names are looked up here that the proxy does not look up itself."""
    parts = urlsplit(proxy)
    kind, remote_names = PROXY_KINDS[parts.scheme]
    at, login = parts.port or 0, proxy_login(proxy)
    addresses = SERVICE_RESOLVER.addresses(parts.hostname or "", at, seconds_left(deadline))
    if not remote_names:
        found = SERVICE_RESOLVER.addresses(host, port, seconds_left(deadline))
        host = usable_address(found, kind)
    for address, share in with_shares(addresses, deadline):
        tunnel = Proxy(kind, address, at, *login, remote_names)
        try:
            return tunnel.connect(host, port, timeout=share)
        except ProxyConnectionError:
            if address == addresses[-1]:
                raise
        except ProxyError as error:
            raise ConnectionFailedError(f"the proxy refused: {error}") from error
    raise ConnectionFailedError("the proxy has no address")


def usable_address(found: Sequence[str], kind: ProxyType) -> str:
    """Return the address that a proxy is to connect to; SOCKS4 has no IPv6."""
    usable = [one for one in found if kind is not ProxyType.SOCKS4 or ":" not in one]
    if not usable:
        raise ConnectionFailedError("the host has no address that the proxy can use")
    return usable[0]


def _joined(chunks: bytes) -> bytes:
    """Join the chunks of an HTTP body as far as they are whole."""
    body = b""
    while chunks:
        size, _, rest = chunks.partition(b"\r\n")
        try:
            length = int(size, 16)
        except ValueError:
            break
        body += rest[:length]
        chunks = rest[length + 2 :]
    return body
