"""The journal and the planner by properties: whatever dies when, each row is done once.

The promise for ten million rows, by hand: ``JOB_SIMULATED=10000000 pytest --timeout=0 -k million``.
"""

from __future__ import annotations

import os
import random
import resource
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iflytek_spark import JobError
from iflytek_spark.jobs import JSONValue
from iflytek_spark.jobs.journal import OPEN, Journal, Part
from iflytek_spark.jobs.planner import BatchTerms, LiveTerms, Survey, plan_job
from iflytek_spark.jobs.results import Result, Via, pack, unpack
from iflytek_spark.rates import Limit

SIMULATED = int(os.environ.get("JOB_SIMULATED", "5000"))

WAYS: tuple[Via, ...] = ("live", "batch", "auto")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(JSON.filter(lambda value: value is not None))
def test_what_is_packed_comes_back(value: JSONValue) -> None:
    assert unpack(pack(value)) == value


@settings(max_examples=25)  # each of them waits for the disk
@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), max_size=15), st.data())
def test_the_first_result_of_a_row_stays_whatever_comes_and_dies(
    events: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """Results come in any order and again; between any two of them the process may die."""
    with TemporaryDirectory() as folder:
        path, wanted = Path(folder, "j"), dict[int, str]()
        journal = Journal(path)
        for number, (row, dies) in enumerate(events):
            new = journal.record([Result(row, f"answer {number}")])
            assert new == (row not in wanted)
            wanted.setdefault(row, f"answer {number}")
            if dies:
                journal.close()
                journal = Journal(path)
        first, last = sorted((data.draw(st.integers(1, 50)), data.draw(st.integers(1, 50))))
        assert journal.done(first, last) == {row for row in wanted if first <= row <= last}
        assert [(each.row, each.output) for each in journal.results()] == sorted(wanted.items())
        assert journal.totals().done == len(wanted)
        journal.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        with pytest.raises(ZeroDivisionError):
            journal.record(Result(row, "fine", input_tokens=1 // (2 - row)) for row in (1, 2))
        assert journal.done(1, 2) == set()
        assert journal.record([Result(1, "fine")]) == 1


def test_a_count_that_no_column_holds_is_the_most_there_is(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.record([Result(1, "fine", input_tokens=2**70, output_tokens=-(2**70))])
        assert journal.totals().done == 1


def test_parts_keep_their_ids(tmp_path: Path) -> None:
    part = Part(1, 1, 20, 20)
    with Journal(tmp_path / "j") as journal:
        journal.note_part(part)
        journal.note_part(part._replace(file_id="f", batch_id="b"))
        journal.note_part(Part(2, 21, 40, 20))
        journal.drop_part(Part(2, 21, 40, 20))
        assert journal.parts() == [Part(1, 1, 20, 20, "f", "b", OPEN)]
        journal.record([Result(1, "fine")], part._replace(state="expired"))
        assert [each.state for each in journal.parts()] == ["expired"]


def test_a_file_that_is_no_journal_is_told(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"no database at all" * 100)
    with pytest.raises(JobError, match="cannot be used: file is not a database"):
        Journal(tmp_path / "j")
    assert [path.name for path in tmp_path.iterdir()] == ["j"]


def test_two_at_once_are_refused_and_the_dead_are_known(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        assert not journal.crashed
        with pytest.raises(JobError, match="another process is at work"):
            Journal(tmp_path / "j")
        with Journal(tmp_path / "j", alone=False) as other:
            assert other.totals().done == 0
    assert not (tmp_path / "j.lock").exists()
    (tmp_path / "j.lock").touch()  # as a process leaves it that is killed
    with Journal(tmp_path / "j") as journal:
        assert journal.crashed


@given(
    rows=st.integers(0, 10**8),
    done=st.integers(0, 10**8),
    rate=st.none() | st.floats(0.01, 1e6),
    lines=st.integers(1, 50_000),
    concurrency=st.integers(1, 1000),
    via=st.sampled_from(WAYS),
    obstacle=st.sampled_from(["", "the model is not served"]),
)
def test_a_plan_is_what_the_job_does(
    rows: int,
    done: int,
    rate: float | None,
    lines: int,
    concurrency: int,
    via: Via,
    obstacle: str,
) -> None:
    todo = max(rows - done, 0)
    terms = LiveTerms(None if rate is None else Limit(rate), concurrency)
    survey = Survey(rows, todo, tokens=rows * 7)
    if via == "batch" and obstacle:
        with pytest.raises(JobError, match="cannot go by batch: the model"):
            plan_job(survey, "batch", terms, BatchTerms(lines, obstacle))
        return
    found = plan_job(survey, via, terms, BatchTerms(lines, obstacle))
    assert via in (found.via, "auto")
    assert found.todo == todo
    assert found.files == -(-todo // lines)
    assert found.paid_twice <= todo
    assert found.paid_twice <= (lines if found.via == "batch" else concurrency)
    assert (found.hours_batch is None) == bool(obstacle)
    assert (found.hours_live is None) == (rate is None)
    if rate is not None:
        assert found.hours_live == pytest.approx(todo / (rate * 0.98) / 3600)
    assert found.price == (0.3 if found.via == "batch" else 1)
    assert all(word in str(found) for word in ("rows", "estimated", found.reason))


def test_a_million_rows_are_done_once_in_a_journal_that_keeps_dying(tmp_path: Path) -> None:
    """The journal and the way rows are chosen, without calls: a death loses what is under way."""
    moments, group, calls, deaths = random.SystemRandom(), 500, 0, 0
    first, sizes = 1, list[int]()
    while first <= SIMULATED:
        with Journal(tmp_path / "j") as journal:
            die_at = moments.randint(
                1, max(SIMULATED // 10, 4 * group)
            )  # a group gets through at times
            while first <= SIMULATED and die_at > 0:
                last = min(first + group - 1, SIMULATED)
                todo = [
                    row for row in range(first, last + 1) if row not in journal.done(first, last)
                ]
                calls += len(todo)
                kept = todo if die_at > group else todo[: len(todo) // 2]
                journal.record(Result(row, "yes", input_tokens=1) for row in kept)
                die_at -= group
                first = last + 1 if kept == todo else first
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        deaths += 1
    with Journal(tmp_path / "j") as journal:
        assert journal.totals().done == SIMULATED
        assert sum(1 for _ in journal.results()) == SIMULATED
    assert SIMULATED <= calls <= SIMULATED + deaths * group
    print(
        f"{SIMULATED:,} rows, {deaths} deaths, {calls:,} calls, memory {sizes[0]} … {sizes[-1]} KB"
    )
    assert sizes[-1] < sizes[0] + 50_000
