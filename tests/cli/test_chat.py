from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from iflytek_spark.cli import main
from iflytek_spark.emulator import Emulator, faults

Capture = pytest.CaptureFixture[str]


def _pipe(text: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text), encoding="ascii")


def test_a_question(keys: dict[str, str], capsys: Capture) -> None:
    assert main(["chat", "今天", "星期几"]) == 0
    out, err = capsys.readouterr()
    assert "今天 星期几" in out
    assert out.endswith("\n")
    assert err == ""


def test_a_question_from_a_pipe(
    keys: dict[str, str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _pipe("问号在管道里\n".encode()))
    assert main(["chat"]) == 0
    assert "问号在管道里" in capsys.readouterr().out


def test_bytes_that_are_no_text_do_not_hurt(
    keys: dict[str, str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _pipe(b"abc \xff\xfe def"))
    assert main(["chat"]) == 0
    assert "abc ��" in capsys.readouterr().out


def test_the_options_reach_the_wire(keys: dict[str, str], emulator: Emulator) -> None:
    options = ["--model", "lite", "--temperature", "0.3", "--max-tokens", "77"]
    assert main(["chat", *options, "--system", "简短", "你好"]) == 0
    sent = emulator.requests[-1].body
    assert emulator.requests[-1].handshake.path == "/v1.1/chat"
    assert sent["parameter"]["chat"]["temperature"] == 0.3
    assert sent["parameter"]["chat"]["max_tokens"] == 77
    assert "简短" in str(sent["payload"])


def test_a_base_url_of_ones_own(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("SPARK_BASE_URL", "ws://127.0.0.1:9")
    assert main(["chat", "--base-url", keys["SPARK_BASE_URL"], "你好"]) == 0
    assert "你好" in capsys.readouterr().out


def test_the_emulator_needs_no_keys(capsys: Capture) -> None:
    assert main(["chat", "--emulator", "--model", "x1.5", "你好"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("你好"), "thoughts are for terminals only"


def test_keys_from_a_dotenv_file(keys: dict[str, str], folder: Path, capsys: Capture) -> None:
    for name in keys:
        del os.environ[name]
    below = folder / "below"
    below.mkdir()
    os.chdir(below)
    (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
    assert main(["chat", "你好"]) == 0
    assert "你好" in capsys.readouterr().out


def test_a_note_when_the_answer_is_cut(keys: dict[str, str], capsys: Capture) -> None:
    assert main(["chat", "--max-tokens", "3", "讲一个故事"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("\n")
    assert err == "note: the answer was cut at its longest; see --max-tokens\n"


def _fails(argv: list[str], capsys: Capture) -> str:
    assert main(argv) == 1
    _, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert err.endswith("\n")
    return err


def test_missing_keys(capsys: Capture) -> None:
    err = _fails(["chat", "你好"], capsys)
    assert "SPARK_API_SECRET" in err
    assert "--emulator" in err


def test_a_wrong_secret(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("SPARK_API_SECRET", "MARKER")
    err = _fails(["chat", "你好"], capsys)
    assert "check that api_secret belongs to api_key" in err
    assert "MARKER" not in err
    assert keys["SPARK_API_KEY"] not in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "4.1Ultra"], "did you mean 4.0Ultra"),
        (["--base-url", "nowhere"], "is not an address"),
        (["--base-url", "ws://127.0.0.1:1"], "no connection to 127.0.0.1:1"),
        (["--temperature", "7"], "temperature is 7.0"),
        (["--temperature", "warm"], "invalid float value: 'warm'"),
        (["--max-tokens", "0"], "max_tokens is 0"),
        (["--timeout", "-1"], "timeout"),
        (["--timeout", "nan"], "timeout"),
        (["--emulator", "--base-url", "ws://127.0.0.1:1"], "not allowed with"),
        (["--colour"], "--colour"),
    ],
)
def test_wrong_options(
    keys: dict[str, str], options: list[str], words: str, capsys: Capture
) -> None:
    assert words in _fails(["chat", *options, "你好"], capsys)


def test_an_empty_pipe(
    keys: dict[str, str], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _pipe(b"\n"))
    assert "empty" in _fails(["chat"], capsys)


def test_a_dotenv_file_that_is_no_text(folder: Path, capsys: Capture) -> None:
    (folder / ".env").write_bytes("SPARK_APP_ID=x".encode("utf-16"))
    assert "save it as UTF-8" in _fails(["chat", "你好"], capsys)


def test_an_answer_that_breaks_off(
    keys: dict[str, str], emulator: Emulator, capsys: Capture
) -> None:
    emulator.script(faults.Cut(after=2))
    assert main(["chat", "你好呀"]) == 1
    out, err = capsys.readouterr()
    assert out.endswith("\n")
    assert err.startswith("error: the connection was lost before the answer was whole")


def test_an_error_of_several_lines_is_told_in_one(
    keys: dict[str, str], emulator: Emulator, capsys: Capture
) -> None:
    emulator.script(faults.ErrorFrame(11200, "AppIdNoAuthError:(00:00:00.000)\nlicc failed\n"))
    assert "licc failed" in _fails(["chat", "你好"], capsys)
