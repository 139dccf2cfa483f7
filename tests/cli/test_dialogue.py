from __future__ import annotations

import sys

import pytest

from iflytek_spark.cli import main
from iflytek_spark.emulator import Emulator, faults

Capture = pytest.CaptureFixture[str]


class _Keyboard:
    """Stands in for standard input; a line ``^C`` is the key of that name."""

    def __init__(self, lines: str) -> None:
        self._lines = iter(lines.splitlines(keepends=True))

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        line = next(self._lines, "")
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


@pytest.fixture(autouse=True)
def no_readline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "readline", None)


def _talk(lines: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr(sys, "stdin", _Keyboard(lines))
    return main(["chat", *options])


def _sent(emulator: Emulator) -> list[list[tuple[str, str]]]:
    texts = [request.body["payload"]["message"]["text"] for request in emulator.requests]
    return [[(turn["role"], turn["content"]) for turn in text] for text in texts]


def test_a_conversation_remembers(
    keys: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert _talk("一加一\n\n  二加二  \n", monkeypatch, "--system", "你是老师") == 0
    out, err = capsys.readouterr()
    assert out.startswith("iFlytek Spark 讯飞星火 · 4.0Ultra  ws://127.0.0.1:")
    assert err == ""
    first, second = _sent(emulator)
    assert first == [("system", "你是老师"), ("user", "一加一")]
    assert [role for role, _ in second] == ["system", "user", "assistant", "user"]
    assert second[-1] == ("user", "二加二")
    assert second[2][1] in out


def test_clear_forgets_and_exit_ends(
    keys: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert _talk("一\n/clear\n二\n/help\n/exit\n三\n", monkeypatch) == 0
    assert _sent(emulator) == [[("user", "一")], [("user", "二")]]
    assert capsys.readouterr().out.count("/clear forgets the conversation") == 2


def test_an_error_does_not_end_it(
    keys: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    emulator.script(None, faults.ErrorFrame(10013), None)
    assert _talk("一\n二\n三\n", monkeypatch) == 0
    assert capsys.readouterr().err.startswith("error: Spark error 10013")
    assert [content for _, content in _sent(emulator)[-1]][::2] == ["一", "三"]


def test_the_interrupt_key_drops_a_line_only(
    keys: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _talk("^C\n一\n^C\n", monkeypatch) == 0
    assert _sent(emulator) == [[("user", "一")]]


def test_a_wrong_model_is_told_before_it_begins(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert _talk("一\n", monkeypatch, "--model", "gpt-4o") == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: unknown model 'gpt-4o'")
