"""Writes a running answer to standard output."""

from __future__ import annotations

import sys

from iflytek_spark.cli.terminal import dim, is_terminal, plain
from iflytek_spark.protocol.events import ContentDelta, Event, Finished, ReasoningDelta
from iflytek_spark.streams import ChatStream


class Printer:
    """Prints one answer, piece by piece.

    On a terminal the model's thoughts come dimmed before the answer; a pipe gets the answer
    alone.
    """

    def __init__(self) -> None:
        """Print nothing yet."""
        self._terminal = is_terminal()
        self._pieces: list[str] = []
        self._reasoning = False
        self._line_open = False

    @property
    def text(self) -> str:
        """The answer as far as it came, without the thoughts."""
        return "".join(self._pieces)

    def print(self, stream: ChatStream) -> None:
        """Print an answer to its end, and close it however it ends.

        Raises:
            SparkError: when the answer cannot be read to its end.
        """
        try:
            with stream:
                for event in stream:
                    self._show(event)
        finally:
            self._end_line()

    def _show(self, event: Event) -> None:
        match event:
            case ReasoningDelta(text) if self._terminal:
                self._reasoning = True
                self._write(dim(plain(text)), text)
            case ContentDelta(text):
                self._end_reasoning()
                self._pieces.append(text)
                self._write(plain(text) if self._terminal else text, text)
            case Finished("length"):
                self._end_line()
                print("note: the answer was cut at its longest; see --max-tokens", file=sys.stderr)

    def _end_reasoning(self) -> None:
        if self._reasoning:
            self._reasoning = False
            self._end_line()
            print()

    def _write(self, shown: str, text: str) -> None:
        self._line_open = not text.endswith("\n") if text else self._line_open
        print(shown, end="", flush=True)  # Ctrl-C may come in here

    def _end_line(self) -> None:
        if self._line_open:
            self._line_open = False
            print(flush=True)
