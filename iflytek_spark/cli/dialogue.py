"""A conversation on a terminal."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Sequence

from iflytek_spark.cli.printer import Printer
from iflytek_spark.cli.terminal import bold, dim, report
from iflytek_spark.client import SparkClient
from iflytek_spark.errors import SparkError
from iflytek_spark.messages import Message
from iflytek_spark.requests.options import ChatOptions

_PROMPT = "> "
_HELP = "/clear forgets the conversation, /exit or Ctrl-D ends it, Ctrl-C stops an answer"


class Dialogue:
    """A conversation, with its history."""

    def __init__(
        self, client: SparkClient, options: ChatOptions, system: Sequence[Message] = ()
    ) -> None:
        """Begin with an empty history; ``system`` stands before every conversation."""
        self._client = client
        self._options = options
        self._system = tuple(system)
        self._history: list[Message] = []

    def run(self, place: str) -> int:
        """Read questions and print answers from ``place`` until the user ends it."""
        with contextlib.suppress(ImportError):
            importlib.import_module("readline")  # gives input() its line editing
        heading = bold(f"iFlytek Spark 讯飞星火 · {self._client.model.name}")
        print(f"{heading}  {place}", dim(_HELP), sep="\n")
        while (line := _read_line()) is not None:
            match line.strip():
                case "":
                    pass
                case "/exit":
                    break
                case "/clear":
                    self._history.clear()
                case "/help":
                    print(dim(_HELP))
                case question:
                    self._answer(Message("user", question))
        return 0

    def _answer(self, question: Message) -> None:
        """Print the answer, and remember both when it was not an error."""
        printer = Printer()
        try:
            messages = (*self._system, *self._history, question)
            printer.print(self._client.stream(messages, **self._options))
        except KeyboardInterrupt:
            print(dim("(stopped)"))
        except SparkError as error:
            report(error)
            return
        if printer.text:
            self._history += [question, Message("assistant", printer.text)]


def _read_line() -> str | None:
    """Return a line, empty when Ctrl-C drops it, or None at the end of the input."""
    try:
        return input(_PROMPT)
    except KeyboardInterrupt:
        print()
        return ""
    except EOFError:
        print()
        return None
