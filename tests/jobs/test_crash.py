"""Real processes that die, are interrupted, or find the disk full: nothing is lost or asked twice.

The long form, by hand: ``JOB_ROWS=1000000 JOB_KILLS=20 JOB_RATE=2000 pytest --timeout=0 …``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from iflytek_spark import JobError
from iflytek_spark.emulator import Emulator, Reply, SeenChat
from iflytek_spark.jobs import JobResult, Via, label, status
from iflytek_spark.jobs.files import output
from iflytek_spark.rates import Limit
from tests.jobs.support import Calls, client_of, counting, fast_rate, read_output, write_rows

ROWS = int(os.environ.get("JOB_ROWS", "90"))
KILLS = int(os.environ.get("JOB_KILLS", "2"))
RATE = int(os.environ.get("JOB_RATE", "60"))
CONCURRENCY = 4
BATCH_ROWS = min(max(40, ROWS // 24), 50_000)

PROGRAM = """
import resource, sys
from iflytek_spark import JobError
from iflytek_spark.jobs import label
from iflytek_spark.rates import Limit, ProcessStore, Rate

via, rate, size = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
if size:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    label(
        "in.jsonl", "out.jsonl", prompt="{text}", via=via, concurrency=4,
        batch_rows=int(sys.argv[4]),
        interval=0.05, rate=Rate(ProcessStore(), chat=Limit(rate)),
    )
except JobError as error:
    sys.exit(f"JobError: {error}")
"""


class Watched(Calls):
    """Calls that one can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def __call__(self, request: SeenChat) -> Reply | None:
        with self._changed:
            reply = super().__call__(request)
            self._changed.notify_all()
        return reply

    def wait_for(self, total: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.total >= total, 20 + ROWS / 100)


@contextmanager
def job_of(
    spark: Emulator, folder: Path, via: str = "live", rate: float = RATE, size: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """Run a job in a process of its own, which does not outlive the block."""
    arguments = (via, str(rate), str(size), str(BATCH_ROWS))
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM, *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | spark.environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def finish(spark: Emulator, folder: Path, via: Via = "live") -> JobResult:
    """Run a job to its end."""
    return label(
        folder / "in.jsonl",
        folder / "out.jsonl",
        prompt="{text}",
        via=via,
        concurrency=CONCURRENCY,
        batch_rows=BATCH_ROWS,
        interval=0.05,
        client=client_of(spark, fast_rate(Limit(RATE))),
    )


def check(out: Path, rows: int) -> None:
    found = read_output(out)
    assert [row["id"] for row in found] == [f"r{n}" for n in range(1, rows + 1)]
    assert all(row["output"] == f"label of review {row['id'][1:]}" for row in found)


def kill_amid(spark: Emulator, calls: Watched, folder: Path, via: str, rate: float) -> None:
    """Kill jobs at moments that nobody has chosen."""
    moments = random.SystemRandom()
    for _ in range(KILLS):
        more = moments.randint(1, max(ROWS // (KILLS + 2), 1))
        with job_of(spark, folder, via, rate) as process:
            calls.wait_for(calls.total + more)
            os.kill(process.pid, signal.SIGKILL)


def busiest_second(times: tuple[float, ...]) -> int:
    most, first = 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - 1:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.slow("kills processes at random moments; one that is only closed would prove nothing")
def test_a_job_that_is_killed_pays_the_rows_under_way_twice_and_no_others(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", ROWS)
    calls = Watched()
    with counting(calls, limits={"chat": Limit(RATE)}) as (spark, _):
        kill_amid(spark, calls, tmp_path, "live", RATE)
        done = finish(spark, tmp_path)
        assert (done.rows, done.paid_twice) == (ROWS, CONCURRENCY)
        assert ROWS <= calls.total <= ROWS + KILLS * CONCURRENCY
        assert busiest_second(spark.account.times("chat")) <= RATE
        before = calls.total
        assert finish(spark, tmp_path).asked == 0
        assert calls.total == before
    check(tmp_path / "out.jsonl", ROWS)


@pytest.mark.slow("kills processes at random moments, as the one before")
def test_a_job_by_batch_that_is_killed_pays_nothing_twice(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", ROWS)
    calls = Watched()
    with counting(calls) as (spark, _):
        kill_amid(spark, calls, tmp_path, "batch", RATE)
        assert finish(spark, tmp_path, "batch").rows == ROWS
        assert calls.total == ROWS
        assert finish(spark, tmp_path, "batch").asked == 0
        assert calls.total == ROWS
    check(tmp_path / "out.jsonl", ROWS)


def test_ctrl_c_keeps_what_was_under_way_and_the_job_goes_on(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 40)
    calls = Watched()
    with counting(calls) as (spark, _):
        with job_of(spark, tmp_path, rate=1000) as process:
            calls.wait_for(10)
            process.send_signal(signal.SIGINT)
            _, problem = process.communicate(timeout=60)
        assert "KeyboardInterrupt" in problem
        assert status(tmp_path / "out.jsonl").done == calls.total < 40
        finish(spark, tmp_path)
        assert calls.total == 40
    check(tmp_path / "out.jsonl", 40)


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "in.jsonl", 40)
    calls = Watched()
    with counting(calls) as (spark, _), job_of(spark, tmp_path, rate=5) as process:
        calls.wait_for(1)
        with job_of(spark, tmp_path) as second:
            _, problem = second.communicate(timeout=60)
        assert "another process is at work on the job" in problem
        assert process.poll() is None
        assert rows.exists()


def test_a_full_disk_loses_nothing_that_is_written(tmp_path: Path) -> None:
    write_rows(tmp_path / "in.jsonl", 60)
    calls = Watched()
    with counting(calls) as (spark, _):
        with job_of(spark, tmp_path, rate=1000, size=80_000) as process:
            _, problem = process.communicate(timeout=60)
        assert "JobError: the journal" in problem
        assert "cannot be used" in problem
        assert calls.total - CONCURRENCY <= status(tmp_path / "out.jsonl").done < 60
        finish(spark, tmp_path)
        assert 60 <= calls.total <= 60 + CONCURRENCY
    check(tmp_path / "out.jsonl", 60)


def test_an_output_that_finds_no_room_is_written_later_without_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    rows, out = write_rows(tmp_path / "in.jsonl", 10), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        with monkeypatch.context() as patch:
            patch.setattr(output, "_settle", no_room)
            with pytest.raises(JobError, match="cannot be written: No space left"):
                label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert not out.exists()
        label(rows, out, prompt="{text}", via="live", client=client_of(spark))
        assert calls.total == 10
    check(out, 10)
