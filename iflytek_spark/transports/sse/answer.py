"""The request as bytes, and the answer to it as messages: what both transports share."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple
from urllib.parse import urlsplit

from iflytek_spark._version import __version__
from iflytek_spark.protocol.steps import HTTPStatusError, Opening, RedirectedError
from iflytek_spark.transports.sse.events import EventReader
from iflytek_spark.transports.sse.lines import LineReader
from iflytek_spark.transports.sse.response import ResponseReader

MAX_ERROR_BODY = 65536
"""Bytes that are read of the body of an HTTP error."""
ERROR_BODY_TIMEOUT = 1.0
"""Seconds that such a body may take: what counts has come before it."""


class Origin(NamedTuple):
    """What a connection is made to.

    Attributes:
        secure: whether it is over TLS.
        host: the host as the Host header has it.
    """

    secure: bool
    host: str

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of an address."""
        parts = urlsplit(url)
        return cls(parts.scheme == "https", parts.netloc)

    @property
    def name(self) -> str:
        """The host's name alone."""
        return urlsplit(f"//{self.host}").hostname or ""

    @property
    def port(self) -> int:
        """The port, the scheme's own by default."""
        return urlsplit(f"//{self.host}").port or (443 if self.secure else 80)


def write_request(opening: Opening, body: str | bytes) -> bytes:
    """Write a request with its body, or with the first part of a body that is sent in parts."""
    data = as_bytes(body)
    parts = urlsplit(opening.url)
    length = len(data) if opening.length is None else opening.length
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    headers = {
        "Host": parts.netloc,
        "User-Agent": f"iflytek-spark/{__version__}",
        "Accept-Encoding": "identity",
        **opening.headers,
    }
    if opening.method == "POST":
        headers["Content-Length"] = str(length)
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = f"{opening.method} {target} HTTP/1.1\r\n{''.join(lines)}\r\n"
    return head.encode("latin-1") + data


def as_bytes(data: str | bytes) -> bytes:
    """Return data as it is sent."""
    return data.encode() if isinstance(data, str) else data


class Answer:
    """The answer to one request, from the bytes of the connection.

    Attributes:
        response: the response that carries it.
    """

    def __init__(self, lines: bool = False) -> None:
        """Start before the first byte; a body is read by ``lines``, or else by events."""
        self.response = ResponseReader()
        self._events = LineReader() if lines else EventReader()
        self._messages: deque[bytes] = deque()
        self._error_body = b""
        self._ended = False

    @property
    def waits_for_error_body(self) -> bool:
        """Whether the status says an error, whose text has not come yet."""
        return self._refused and not self.response.complete

    @property
    def reusable(self) -> bool:
        """Whether a further request may follow, once the rest of a finished answer has come."""
        finished = self.response.complete or self._events.done
        return finished and self.response.persistent and not self._refused

    @property
    def complete(self) -> bool:
        """Whether all of it has come."""
        return self.response.complete

    @property
    def waiting(self) -> int:
        """Messages that nobody has taken yet."""
        return len(self._messages)

    @property
    def _refused(self) -> bool:
        return self.response.status >= 400

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            TransportError: for what is no answer, or too large.
        """
        body = self.response.feed(data)
        if 300 <= self.response.status < 400:
            raise RedirectedError("the service answered with a redirect, which is not followed")
        if self._refused:
            self._error_body = (self._error_body + body)[:MAX_ERROR_BODY]
        elif body:
            self._messages += self._events.feed(body)
        if self.response.complete:
            self._end()

    def end(self) -> None:
        """Take note that the connection has ended.

        Raises:
            TransportError: when the answer is not whole.
        """
        if not self._refused:
            self.response.end()
        self._end()

    def take(self) -> bytes | None:
        """Return the next message, or None when none has come yet."""
        return self._messages.popleft() if self._messages else None

    def refuse(self) -> None:
        """Raise the error that the status is, with as much of its text as has come."""
        if self._refused:
            raise HTTPStatusError(
                self.response.status, dict(self.response.headers), self._error_body
            )

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._ended and not self._messages

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._messages += self._events.end()
