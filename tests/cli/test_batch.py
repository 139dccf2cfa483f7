"""``iflytek-spark batch``: planned, run, stopped, gone on with, watched."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from iflytek_spark.cli import main
from iflytek_spark.emulator import BatchOptions, Emulator, running_emulator
from tests.jobs.support import read_output, write_rows

JOB = ["in.jsonl", "--out", "out.jsonl", "--prompt", "{text}"]


def output(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_job_is_planned_run_and_watched(
    keys: dict[str, str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(folder / "in.jsonl", 5)
    assert main(["batch", "plan", *JOB]) == 0
    assert "chosen    live: it is done in 3 s" in output(capsys)
    assert not (folder / "out.jsonl.journal").exists()
    assert main(["batch", "run", *JOB, "--per-second", "1000"]) == 0
    seen = capsys.readouterr()
    assert "5 rows, 0 of them errors; 5 asked" in seen.out
    assert "5 to do of 5" in seen.err
    assert len(read_output(folder / "out.jsonl")) == 5
    assert main(["batch", "run", *JOB]) == 0
    assert "0 asked" in output(capsys)
    assert main(["batch", "status", "out.jsonl"]) == 0
    assert output(capsys) == "5 of 5 rows done, 0 of them errors; finished\n"
    assert main(["batch", "cancel", "out.jsonl"]) == 0
    assert "no batch of this job is under way" in output(capsys)


def test_vectors(keys: dict[str, str], folder: Path) -> None:
    write_rows(folder / "in.jsonl", 3)
    job = ["in.jsonl", "--out", "v.jsonl", "--embed", "text", "--per-second", "1000"]
    assert main(["batch", "run", *job, "--rate-store", "rate.sqlite"]) == 0
    assert [len(row["output"]) for row in read_output(folder / "v.jsonl")] == [2560] * 3


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["run", "in.jsonl", "--out", "out.jsonl"], "one of the arguments --prompt --messages"),
        (["run", *JOB, "--schema", "in.jsonl"], "is not JSON"),
        (["status", "out.jsonl"], "there is no job of out.jsonl"),
        (["run", "no.jsonl", *JOB[1:]], "no.jsonl cannot be read: No such file"),
        (["stop", "out.jsonl"], "invalid choice"),
    ],
)
def test_mistakes_are_told_in_one_line(
    arguments: list[str], problem: str, keys: dict[str, str], folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    write_rows(folder / "in.jsonl", 2)
    assert main(["batch", *arguments]) == 1
    told = capsys.readouterr().err
    assert problem in told
    assert told.count("\n") == 1


def test_batches_go_on_after_the_program_and_are_fetched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(folder / "in.jsonl", 5)
    with running_emulator(batches=BatchOptions(delay=86_400)) as spark:
        os.environ.update(spark.environment)
        process = subprocess.Popen(
            [sys.executable, "-m", "iflytek_spark", "batch", "run", *JOB, "--via", "batch"],
            stderr=subprocess.PIPE,
        )
        with process:
            assert process.stderr
            assert spark.wait_for_requests(3, 30), (
                "the file, the batch, the first question after it"
            )
            process.send_signal(signal.SIGINT)
            assert b"the same command goes on" in process.stderr.read()
            assert process.wait(30) == 130
        assert main(["batch", "fetch", "out.jsonl"]) == 0
        assert "0 of 5 rows done, 0 of them errors; not finished\nunder way: b" in output(capsys)
        assert main(["batch", "cancel", "out.jsonl"]) == 0
        assert output(capsys).startswith("cancelled: ")


def test_a_person_sees_a_bar(keys: dict[str, str], folder: Path) -> None:
    write_rows(folder / "in.jsonl", 5)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "iflytek_spark", "batch", "run", *JOB, "--per-second", "1000"]
    with subprocess.Popen(command, stderr=theirs, stdout=subprocess.PIPE) as process:
        os.close(theirs)
        assert process.stdout
        assert b"5 rows" in process.stdout.read()
    seen = b""
    while b"5 of 5" not in seen:
        seen += os.read(ours, 1000)
    os.close(ours)
    assert b"[##############################] 100%  5 of 5" in seen


def test_ctrl_c_leaves_a_job_that_goes_on(
    keys: dict[str, str], folder: Path, emulator: Emulator
) -> None:
    write_rows(folder / "in.jsonl", 30)
    command = [sys.executable, "-m", "iflytek_spark", "batch", "run", *JOB, "--per-second", "20"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr
        assert emulator.wait_for_requests(3, 30)
        process.send_signal(signal.SIGINT)
        assert b"the same command goes on" in process.stderr.read()
        assert process.wait(30) == 130
    assert main(["batch", "run", *JOB, "--per-second", "1000"]) == 0
    found = read_output(folder / "out.jsonl")
    assert len({row["id"] for row in found}) == len(found) == 30
    assert len(emulator.account.times("chat")) == 30
    assert json.loads((folder / "out.jsonl").read_text().splitlines()[0])["error_code"] is None
