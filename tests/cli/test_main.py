from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iflytek_spark import __version__
from iflytek_spark.cli import main
from iflytek_spark.cli.commands import COMMANDS
from iflytek_spark.emulator import Emulator

Capture = pytest.CaptureFixture[str]


def _run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "iflytek_spark", *arguments],
        check=False,
        capture_output=True,
        env=os.environ | environ,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("argv", [[], ["chatt"], ["--nothing"]])
def test_an_unknown_command(argv: list[str], capsys: Capture) -> None:
    assert main(argv) == 1
    _, err = capsys.readouterr()
    assert err.startswith("error: ")
    assert err.endswith("(see iflytek-spark --help)\n")


def test_help_names_every_command(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(command.help in out for command in COMMANDS)


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: iflytek-spark {command}" in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"iflytek-spark {__version__}\n"


def test_the_emulators_own_options(emulator: Emulator, capsys: Capture) -> None:
    taken = emulator.base_url.rpartition(":")[2]
    assert main(["emulator", "--port", taken]) == 1
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    "environ", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii:strict"}, {"LC_ALL": "POSIX"}]
)
def test_utf8_in_every_locale(environ: dict[str, str]) -> None:
    done = _run("models", **environ)
    assert done.returncode == 0
    assert "科技文献" in done.stdout.decode("utf-8")


def test_an_encoding_without_chinese_does_not_hurt() -> None:
    done = _run("models", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert b"Spark ????" in done.stdout


def test_a_closed_pipe_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "iflytek_spark", "models"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "iflytek_spark", "models"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: ")
    assert done.stderr.count(b"\n") == 1


def test_without_standard_streams(
    keys: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["chat"]) == 1
    assert "empty" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["models"]) == 0
