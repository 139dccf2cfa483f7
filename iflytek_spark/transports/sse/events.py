"""Cuts a body into messages: the data of server-sent events, or a whole body that is none.

An event's data may have several lines, lines may end in any way, and comments, blank lines and
other fields pass by (WHATWG HTML §9.2). A service that was asked for events may answer with plain
JSON, and with an error in a line of its own amid them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.protocol.steps import MessageTooLargeError

DONE = b"[DONE]"
"""The data of the last event (PROTOCOL-HTTP.md §1)."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_FIELDS = (b"data", b"event", b"id", b"retry", b":")
_MARK = b"\xef\xbb\xbf"
_DATA = b"data:"


class EventReader:
    """Takes the bytes of one body.

    Attributes:
        done: whether the event that says the end has come.
    """

    def __init__(self) -> None:
        """Start before the first byte."""
        self.done = False
        self._buffer = b""
        self._more: list[bytes] = []
        self._data: list[bytes] = []
        self._held = 0
        self._is_stream: bool | None = None

    def feed(self, body: bytes) -> list[bytes]:
        """Take the next bytes, and return the messages that are complete.

        Raises:
            MessageTooLargeError: for a message that is longer than is accepted.
        """
        if self._is_stream and not self._more and b"\n" in body:
            self._buffer += body
        else:
            self._gather(body)
        messages = list(self._messages(self._lines())) if self._is_stream and not self._more else []
        if len(self._buffer) + self._held > MAX_MESSAGE_BYTES:
            raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")
        return messages

    def end(self) -> list[bytes]:
        """Return what the body's end completes: a last event, or all of a body that is no stream.

        Such a body is followed by the event that says the end, since it is there as a whole.
        """
        self._join()
        rest, self._buffer = self._buffer.strip(), b""
        if not self._is_stream:
            return [rest, DONE] if rest else []
        return [message for message in self._messages([rest, b""]) if _is_whole(message)]

    def _gather(self, body: bytes) -> None:
        """Take bytes that may be no whole line: those of a long one are joined once."""
        if self._within_a_line(body):
            self._more.append(body)
            self._held += len(body)
            return
        self._join(body)
        if self._is_stream is None:
            self._buffer = self._buffer.lstrip().removeprefix(_MARK)
            self._is_stream = _is_stream(self._buffer)

    def _within_a_line(self, body: bytes) -> bool:
        if not self._is_stream:
            return self._is_stream is False
        return b"\n" not in body and b"\r" not in body and not self._buffer.endswith(b"\r")

    def _join(self, body: bytes = b"") -> None:
        self._held -= sum(map(len, self._more))
        self._buffer = b"".join((self._buffer, *self._more, body))
        self._more = []

    def _lines(self) -> list[bytes]:
        if b"\r" not in self._buffer:
            lines = self._buffer.split(b"\n")
            self._buffer = lines.pop()
            return lines
        half = b"\r" if self._buffer.endswith(b"\r") else b""  # of a line end, perhaps
        lines = _LINE_END.split(self._buffer[: len(self._buffer) - len(half)])
        self._buffer = lines.pop() + half
        return lines

    def _messages(self, lines: list[bytes]) -> Iterator[bytes]:
        for line in lines:
            if line.startswith(_DATA):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
                self._held += len(line)
            elif not line or line[:1] == b"{":
                for message in filter(None, (*self._event(), line)):
                    self.done = self.done or message.strip() == DONE
                    yield message

    def _event(self) -> list[bytes]:
        """Return the event's data; lines that are each a message were not kept apart."""
        lines, self._data, self._held = self._data, [], 0
        return lines if all(map(_is_whole, lines)) else [b"\n".join(lines)]


def _is_stream(start: bytes) -> bool | None:
    """Tell whether a body is a stream of events by its start, as soon as that can be told."""
    if any(start.startswith(field) for field in _FIELDS):
        return True
    return None if any(field.startswith(start) for field in (*_FIELDS, _MARK)) else False


def _is_whole(message: bytes) -> bool:
    message = message.strip()
    return message == DONE or (message[:1] == b"{" and message[-1:] == b"}")
