"""Reads one HTTP/1.1 response from bytes, however they are cut (RFC 9112). It opens nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.protocol.steps import ConnectionFailedError, MessageTooLargeError

_MAX_HEAD = 65536
_END = b"\r\n"
_START = b"HTTP/1."
_BARE = (204, 304)
_GZIP_OR_ZLIB = 47
"""The window of zlib that finds out by itself which of the two it is."""


class ResponseReader:
    """Takes the bytes of a connection and gives those of the response's body.

    Attributes:
        status: the HTTP status; 0 before the head has come.
        headers: the headers, names in lower case.
        complete: whether the whole response has come.
    """

    def __init__(self) -> None:
        """Start before the first byte."""
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.complete = False
        self._buffer = bytearray()
        self._left = 0
        self._step: Callable[[], bytes | None] = self._head
        self._persistent = False
        self._unpack: Callable[[bytes], bytes] | None = None

    @property
    def begun(self) -> bool:
        """Whether anything has come."""
        return bool(self.status or self._buffer)

    @property
    def persistent(self) -> bool:
        """Whether a further request may follow on the connection, once this one is complete."""
        return self._persistent and not (self.complete and self._buffer)

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the connection.

        Returns:
            The bytes of the body among them.

        Raises:
            ConnectionFailedError: for what is not HTTP.
            MessageTooLargeError: for too long a head, or a body that unpacks without end.
        """
        self._buffer += data
        body = bytearray()
        while not self.complete and (part := self._step()) is not None:
            body += part
        return self._unpack(bytes(body)) if self._unpack and body else bytes(body)

    def end(self) -> None:
        """Take note that the connection has ended.

        Raises:
            ConnectionFailedError: when the response is not whole.
        """
        if self._step == self._until_the_end:
            self.complete = True
        if not self.complete:
            where = "amid the answer" if self.begun else "without an answer"
            raise ConnectionFailedError(f"the connection was closed {where}")

    def _head(self) -> bytes | None:
        start = bytes(self._buffer[: len(_START)])
        if start != _START[: len(start)]:
            raise ConnectionFailedError("the answer is not HTTP")
        end = self._buffer.find(_END + _END)
        if end < 0 or end > _MAX_HEAD:
            if len(self._buffer) > _MAX_HEAD:
                raise MessageTooLargeError(f"a head of more than {_MAX_HEAD} bytes")
            return None
        head = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 4]
        first, *lines = head.split("\r\n")
        status = first[9:12]
        if not (status.isascii() and status.isdigit()):
            raise ConnectionFailedError("the answer is not HTTP")
        if int(status) >= 200:
            self._begin(int(status), first, lines)
        return b""

    def _begin(self, status: int, first: str, lines: list[str]) -> None:
        fields = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        self.status, self.headers = status, headers
        closing = headers.get("connection", "").lower()
        self._persistent = first.startswith("HTTP/1.1") and "close" not in closing
        self._choose_coding(headers.get("content-encoding", "").lower())
        length = headers.get("content-length", "")
        if status in _BARE:
            self.complete = True
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            self._step = self._size
        elif length:
            self._begin_length(length)
        else:
            self._step, self._persistent = self._until_the_end, False

    def _begin_length(self, length: str) -> None:
        if not (length.isascii() and length.isdigit()):
            raise ConnectionFailedError("the answer's length is no number")
        self._left, self._step = int(length[:18]), self._length
        self.complete = self._left == 0

    def _choose_coding(self, coding: str) -> None:
        if coding in ("gzip", "x-gzip", "deflate"):
            packed = zlib.decompressobj(_GZIP_OR_ZLIB)
            self._unpack = lambda data: _unpacked(packed, data)
        elif coding not in ("", "identity"):
            raise ConnectionFailedError(f"the answer is packed as {coding[:20]!r}, unasked")

    def _size(self) -> bytes | None:
        line = self._line()
        if line is None:
            return None
        try:
            self._left = int(line.partition(b";")[0].strip()[:16], 16)
        except ValueError:
            raise ConnectionFailedError("the answer's chunks have no size") from None
        if self._left < 0:
            raise ConnectionFailedError("the answer's chunks have no size")
        self._step = self._chunk if self._left else self._trailer
        return b""

    def _chunk(self) -> bytes | None:
        part = self._take()
        if not self._left:
            self._step = self._chunk_end
        return part

    def _chunk_end(self) -> bytes | None:
        if self._line() is None:
            return None
        self._step = self._size
        return b""

    def _trailer(self) -> bytes | None:
        line = self._line()
        self.complete = line == b""
        return None if line is None else b""

    def _length(self) -> bytes | None:
        part = self._take()
        self.complete = not self._left
        return part

    def _until_the_end(self) -> bytes | None:
        self._left = len(self._buffer)
        return self._take()

    def _take(self) -> bytes | None:
        if not self._buffer:
            return None
        part = bytes(self._buffer[: self._left])
        del self._buffer[: len(part)]
        self._left -= len(part)
        return part

    def _line(self) -> bytes | None:
        end = self._buffer.find(_END)
        if end < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise MessageTooLargeError(f"a line of more than {_MAX_HEAD} bytes")
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line


def _unpacked(packed: zlib._Decompress, data: bytes) -> bytes:
    try:
        body = packed.decompress(data, MAX_MESSAGE_BYTES)
    except zlib.error as error:
        raise ConnectionFailedError("the answer cannot be unpacked") from error
    if packed.unconsumed_tail:
        raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")
    return body
