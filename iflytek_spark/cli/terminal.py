"""What the terminal, or whatever stands in its place, gets to see."""

from __future__ import annotations

import io
import os
import sys

_CONTROLS = dict.fromkeys({*range(32), *range(127, 160)} - {ord("\t"), ord("\n")})


def prepare_streams() -> None:
    """Let every text through: UTF-8 where the locale has ASCII only, and never an exception."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name) or io.StringIO()  # closed by whoever started the program
        setattr(sys, name, stream)
        if isinstance(stream, io.TextIOWrapper):
            narrow = not stream.encoding or "ascii" in stream.encoding.lower().replace("_", "")
            encoding = "utf-8" if narrow else stream.encoding
            stream.reconfigure(encoding=encoding, errors="replace")


def report(error: Exception) -> None:
    """Tell an error in one line."""
    print("error:", " ".join(str(error).split()), file=sys.stderr)


def end_interrupted_line() -> None:
    """Let the shell's prompt begin on a line of its own, below the terminal's ``^C``."""
    if sys.stderr.isatty():
        print(file=sys.stderr)


def is_terminal() -> bool:
    """Return whether a person reads standard output as it comes."""
    return sys.stdout.isatty()


def bold(text: str) -> str:
    """Return ``text`` for a heading."""
    return _styled(text, 1)


def dim(text: str) -> str:
    """Return ``text`` for something of less weight."""
    return _styled(text, 2)


def plain(text: str) -> str:
    """Return ``text`` without the control characters that could drive a terminal."""
    return text.translate(_CONTROLS)


def _styled(text: str, code: int) -> str:
    if not text or not is_terminal() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{code}m{text}\033[0m"
