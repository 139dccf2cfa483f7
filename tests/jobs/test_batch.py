"""Rows by the Batch API: in files, whatever becomes of them, and never submitted twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack

import pytest

from iflytek_spark import JobError
from iflytek_spark.batches import BatchClient
from iflytek_spark.emulator import BatchFate, BatchOptions, Emulator, Reply, SeenChat
from iflytek_spark.jobs import LabelOptions, cancel, fetch, label, plan, planner, status
from iflytek_spark.jobs.journal import Journal
from iflytek_spark.jobs.ways import collect
from iflytek_spark.rates import Limit
from tests._support.service import keys_of
from tests.jobs.support import client_of, counting, fast_rate, read_output, write_rows


def by_batch(spark: Emulator, **more: Unpack[LabelOptions]) -> LabelOptions:
    options: LabelOptions = {
        "prompt": "{text}",
        "via": "batch",
        "client": client_of(spark),
        "batch_rows": 20,
        "interval": 0.01,
        **more,
    }
    return options


def batches_of(spark: Emulator) -> int:
    with BatchClient(keys_of(spark), base_url=spark.base_url) as client:
        return len(list(client.list_batches()))


def check(out: Path, rows: int) -> None:
    """Each id stands once in the output, with its own label."""
    found = read_output(out)
    assert [row["id"] for row in found] == [f"r{n}" for n in range(1, rows + 1)]
    assert [row["output"] for row in found] == [f"label of review {n}" for n in range(1, rows + 1)]


def test_rows_go_in_as_many_files_as_they_need(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    told: list[tuple[int, int]] = []
    with counting() as (spark, calls):
        asked = by_batch(spark, on_progress=lambda *now: told.append(now))
        found = plan(rows, out, **asked)
        done = label(rows, out, **asked)
        assert (batches_of(spark), calls.total) == (3, 50)
        assert label(rows, out, **asked).asked == 0
        assert (batches_of(spark), calls.total) == (3, 50)
    check(out, 50)
    assert (found.files, found.price, found.paid_twice, found.hours_batch) == (3, 0.3, 20, 24)
    assert done.batch_tokens == done.input_tokens + done.output_tokens > 0
    assert told[-1] == (50, 50)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl",
        "out.jsonl",
        "out.jsonl.journal",
    ]


FATES = {
    "expires half done": BatchFate(end="expired"),
    "expires, and says so of each row": BatchFate(end="expired", never_asked=True),
    "answers in another order": BatchFate(shuffled=True),
    "lacks rows": BatchFate(missing=3),
    "has rows twice": BatchFate(repeated=2),
    "has lines that are cut off": BatchFate(garbled=4),
    "has rows that failed for now": BatchFate(failing=4, code=10012),
}


@pytest.mark.parametrize("fate", FATES)
def test_what_a_batch_leaves_undone_is_finished(fate: str, tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    with counting() as (spark, _):
        spark.script_batches(None, FATES[fate], None)
        done = label(rows, out, **by_batch(spark))
        assert batches_of(spark) <= 4, "the rest is one further batch"
    check(out, 50)
    assert (done.rows, done.errors) == (50, 0)


def test_the_rest_goes_live_where_that_is_soon_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "SHORT_HOURS", 0.6 / 3600)  # 10 rows of 20 a second, and not 50
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        asked = by_batch(spark, via="auto", client=client_of(spark, fast_rate(Limit(20))))
        assert plan(rows, out, **asked).via == "batch"
        spark.script_batches(None, BatchFate(end="expired", after=0.5), None)
        label(rows, out, **asked)
        assert (batches_of(spark), len(spark.account.times("chat")), calls.total) == (3, 10, 50)
    check(out, 50)


def test_a_row_that_a_batch_refuses_is_an_error_with_its_code(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 20), tmp_path / "out.jsonl"
    with counting() as (spark, _):
        spark.script_batches(BatchFate(failing=5, code=10013))
        done = label(rows, out, **by_batch(spark))
    codes = [row["error_code"] for row in read_output(out)]
    assert (done.errors, codes.count("10013"), codes[4]) == (4, 4, "10013")


def test_rows_that_cannot_be_asked_stay_errors_when_errors_are_asked_again(tmp_path: Path) -> None:
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text('{"id": "r1", "text": "review 1"}\n{"id": "r2"}\n{"id": "r3", "text": " "}\n')
    with counting() as (spark, calls):
        for again in (False, True, True):
            asked = by_batch(spark, bad_rows="report", retry_errors=again)
            assert label(rows, out, **asked).errors == 2
        assert calls.total == 1
    assert [row["error_code"] for row in read_output(out)][1:] == ["InvalidRequestError"] * 2


def test_an_answer_that_does_not_fit_is_asked_for_again_in_the_next_batch(tmp_path: Path) -> None:
    def answer(request: SeenChat) -> Reply | None:
        first = request.messages[0].text
        good = len(request.messages) > 1 or not first.startswith(("review 2", "review 3"))
        return Reply('{"good": true}' if good and "review 3" not in first else "so so")

    rows, out = write_rows(tmp_path / "in.jsonl", 9), tmp_path / "out.jsonl"
    schema = {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]}
    with counting(answer) as (spark, calls):
        done = label(rows, out, **by_batch(spark, schema=schema))
        assert (batches_of(spark), calls.total) == (2, 11)
    found = read_output(out)
    assert [row["output"] for row in found] == [{"good": True}] * 2 + [None] + [{"good": True}] * 6
    assert (found[2]["error_code"], done.errors) == ("InvalidResponseError", 1)


class Killed(BaseException):
    """What ends a process amid its work."""


def killing(after: Callable[..., Any], times: int) -> Callable[..., Any]:
    """Die when a call has been made for the n-th time, before anybody hears of it."""
    calls: list[int] = []

    def call(*args: Any, **named: Any) -> Any:
        result = after(*args, **named)
        calls.append(1)
        if len(calls) == times:
            raise Killed
        return result

    return call


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("name", ["upload_file", "create_batch", "wait", "results"])
def test_no_batch_is_submitted_twice_whenever_a_crash_comes(
    name: str, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        with monkeypatch.context() as patch:
            patch.setattr(BatchClient, name, killing(getattr(BatchClient, name), times))
            with pytest.raises(Killed):
                label(rows, out, **by_batch(spark))
        label(rows, out, **by_batch(spark))
        assert (batches_of(spark), calls.total) == (3, 50)
    check(out, 50)


def test_a_crash_amid_the_results_has_nothing_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 20), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        with monkeypatch.context() as patch:
            patch.setattr(collect, "_TOGETHER", 5)
            patch.setattr(Journal, "record", killing(Journal.record, 3))
            with pytest.raises(Killed):
                label(rows, out, **by_batch(spark))
        assert 0 < status(out).done < 20
        label(rows, out, **by_batch(spark))
        assert (batches_of(spark), calls.total) == (1, 20)
    check(out, 20)


def test_a_batch_that_failed_as_a_whole_ends_the_job_and_loses_nothing(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    with counting() as (spark, calls):
        spark.script_batches(None, BatchFate(end="failed"), None)
        with pytest.raises(JobError, match=r"rows 21 to 40\) ended as failed without a result"):
            label(rows, out, **by_batch(spark))
        label(rows, out, **by_batch(spark))
        assert calls.total == 50
    check(out, 50)


def test_a_job_can_be_watched_cancelled_and_fetched_from_outside(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 50), tmp_path / "out.jsonl"
    slow = BatchOptions(delay=86_400)
    with counting(batches=slow) as (spark, _):
        client = BatchClient(keys_of(spark), base_url=spark.base_url)

        def leave(*_: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            label(rows, out, **by_batch(spark, on_progress=leave))
        assert len(status(out).batches) == 3
        found = fetch(out, client=client_of(spark))
        assert (found.done, len(found.batches), found.finished) == (0, 3, False)
        assert len(cancel(out, client=client)) == 3
        with pytest.raises(JobError, match="was cancelled"):
            fetch(out, client=client_of(spark))
    assert (status(out).finished, out.exists()) == (False, False)


def test_a_job_is_fetched_when_its_batches_have_ended(tmp_path: Path) -> None:
    rows, out = write_rows(tmp_path / "in.jsonl", 20), tmp_path / "out.jsonl"
    with counting() as (spark, _):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BatchClient, "create_batch", killing(BatchClient.create_batch, 1))
            with pytest.raises(Killed):
                label(rows, out, **by_batch(spark))
        assert fetch(out, client=client_of(spark)).finished
    check(out, 20)


def test_there_is_nothing_to_watch_without_a_job(tmp_path: Path) -> None:
    for look in (status, cancel, fetch):
        with pytest.raises(JobError, match="there is no job of"):
            look(tmp_path / "out.jsonl")
