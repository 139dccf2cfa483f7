"""Real signals to a real process, sent when its output shows that the answer is running."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from iflytek_spark.emulator import Emulator

_QUESTION = "讲一个很长的故事" * 20
_COMMAND = [sys.executable, "-u", "-m", "iflytek_spark", "chat"]


def test_a_single_question_ends_with_130(slow: Emulator) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen([*_COMMAND, _QUESTION], stdout=pipe, stderr=pipe) as process:
        assert process.stdout
        assert process.stderr
        first = process.stdout.read(3)
        process.send_signal(signal.SIGINT)
        rest, errors = process.stdout.read(), process.stderr.read()
        assert process.wait(5) == 130
    assert errors == b""
    assert (first + rest).decode().endswith("\n")
    assert slow.wait_until_idle(1)


def test_while_the_service_is_silent(slow: Emulator) -> None:
    """The signal comes before anything is printed, as the request has just arrived."""
    with subprocess.Popen([*_COMMAND, _QUESTION], stderr=subprocess.PIPE) as process:
        assert process.stderr
        assert slow.wait_for_requests(1)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        assert process.wait(5) == 130
    assert slow.wait_until_idle(1)


def test_a_conversation_goes_on(slow: Emulator) -> None:
    with _on_a_terminal() as (process, terminal):
        _read_until(terminal, "> ")
        os.write(terminal, f"{_QUESTION}\n".encode())
        _read_until(terminal, "你问的")
        process.send_signal(signal.SIGINT)
        assert "(stopped)" in _read_until(terminal, "> ")
        assert slow.wait_until_idle(1)
        os.write(terminal, b"/exit\n")
        assert process.wait(5) == 0


def test_a_stopped_answer_is_remembered_as_far_as_it_came(slow: Emulator) -> None:
    with _on_a_terminal() as (process, terminal):
        _read_until(terminal, "> ")
        os.write(terminal, f"{_QUESTION}\n".encode())
        _read_until(terminal, "你问的")
        process.send_signal(signal.SIGINT)
        _read_until(terminal, "> ")
        os.write(terminal, "然后呢\n".encode())
        assert slow.wait_for_requests(2)
        process.send_signal(signal.SIGINT)
        _read_until(terminal, "> ")
        os.write(terminal, b"\x04")
        assert process.wait(5) == 0
    turns = slow.requests[-1].body["payload"]["message"]["text"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[1]["content"].startswith("你问的")
    assert len(turns[1]["content"]) < len(_QUESTION)


@contextmanager
def _on_a_terminal() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the conversation on a pseudo-terminal; its other end is yielded too."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(_COMMAND, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def _read_until(terminal: int, words: str) -> str:
    """Read what the program prints, the echo of what was typed included."""
    seen = b""
    while words.encode() not in seen:
        seen += os.read(terminal, 1024)
    return seen.decode(errors="replace")
