"""Cuts a body into lines, however long they are and however its bytes come."""

from __future__ import annotations

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES


class LineReader:
    """Takes the bytes of one body. Blank lines count: they have numbers too.

    Attributes:
        done: never True before the body's end, which nothing in a line can tell.
    """

    done = False

    def __init__(self) -> None:
        """Start before the first byte."""
        self._parts: list[bytes] = []
        self._held = 0

    def feed(self, body: bytes) -> list[bytes]:
        """Take the next bytes, and return the lines that are complete, without their ends.

        Of a line that is too long comes as much as shows that.
        """
        first, *others = body.split(b"\n")
        self._hold(first)
        lines = []
        for start in others:
            lines.append(self._line())
            self._hold(start)
        return lines

    def end(self) -> list[bytes]:
        """Return the last line, if it has no end."""
        return [self._line()] if self._held else []

    def _hold(self, part: bytes) -> None:
        part = part[: MAX_MESSAGE_BYTES + 1 - self._held]
        if part:
            self._parts.append(part)
            self._held += len(part)

    def _line(self) -> bytes:
        line = b"".join(self._parts)
        self._parts, self._held = [], 0
        return line.removesuffix(b"\r")
