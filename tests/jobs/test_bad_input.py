"""What cannot be done is refused with the row, before anything is sent, and leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iflytek_spark import JobError
from iflytek_spark.jobs import LabelOptions, label, plan
from iflytek_spark.jobs.files import tables
from tests.jobs.support import client_of, counting, journals_left, read_output, write_rows

GOOD = '{"id": 1, "text": "fine"}'
LONG = json.dumps({"id": 2, "text": "很长" * 100_000})

BAD_ROWS = {
    "not JSON": ('{"id": 2, "text": ', "row 2: it is not JSON in UTF-8"),
    "no object": ("[1, 2]", "row 2: it is a list, not a JSON object"),
    "no number": ('{"id": 2, "text": NaN}', "row 2: it is not JSON in UTF-8: NaN"),
    "very deep": ("[" * 100_000, "row 2: it is not JSON in UTF-8"),
    "no id": ('{"text": "fine"}', "row 2: there is no column 'id'"),
    "an id that is null": ('{"id": null, "text": "fine"}', "row 2: its id is None"),
    "an empty id": ('{"id": "", "text": "fine"}', "row 2: its id is ''"),
    "an id that is no text": ('{"id": [2], "text": "fine"}', r"row 2: its id is \[2\]"),
    "a doubled id": ('{"id": 1, "text": "fine"}', "row 2: it has the id of row 1"),
    "a doubled id of another kind": ('{"id": "1", "text": "fine"}', "row 2: it has the id of row"),
    "no text": ('{"id": 2}', "row 2: it has no 'text'"),
    "a text that is null": ('{"id": 2, "text": null}', "row 2: it has no 'text'"),
    "an empty text": ('{"id": 2, "text": " "}', "row 2: its text is empty"),
    "half a character": (r'{"id": 2, "text": "\ud800"}', "row 2: its text holds a lone surrogate"),
    "a text that is too long": (LONG, r"row 2: it has about 133,334 tokens, and 4.0Ultra takes"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_named_and_nothing_is_sent(name: str, tmp_path: Path) -> None:
    line, problem = BAD_ROWS[name]
    rows = tmp_path / "in.jsonl"
    rows.write_text(f'{GOOD}\n{line}\n{{"id": 3, "text": "fine"}}')
    with counting() as (spark, calls):
        with pytest.raises(JobError, match=problem) as caught:
            label(rows, tmp_path / "out.jsonl", prompt="{text}", client=client_of(spark))
        assert (caught.value.row, calls.total) == (2, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("name", ["no text", "an empty text", "a text that is too long"])
def test_a_row_that_cannot_be_asked_can_be_reported(name: str, tmp_path: Path) -> None:
    rows, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows.write_text("\n".join((GOOD, BAD_ROWS[name][0], '{"id": 3, "text": "fine"}')))
    with counting() as (spark, calls):
        done = label(
            rows, out, prompt="{text}", via="live", client=client_of(spark), bad_rows="report"
        )
        assert (done.rows, done.errors, calls.total) == (3, 1, 2)
    assert [bool(row["error_code"]) for row in read_output(out)] == [False, True, False]


def broken_parquet(path: Path) -> None:
    write_rows(path, 1000)
    path.write_bytes(path.read_bytes()[:-40])


BAD_FILES: Mapping[str, tuple[str, bytes | None, str]] = {
    "no file": ("in.jsonl", None, "cannot be read: No such file"),
    "another kind": ("in.xlsx", b"", "is not a .jsonl, .csv or .parquet file"),
    "no rows": ("in.jsonl", b"\n\n", "has no rows"),
    "not UTF-8": ("in.jsonl", '{"id": "café"}'.encode("latin-1"), "row 1: it is not JSON in UTF-8"),
    "CSV not UTF-8": ("in.csv", b"id,text\n1,caf\xe9\n", "row 1: it is not CSV in UTF-8"),
    "CSV of another width": ("in.csv", b"id,text\n1,a\n2,a,b\n", "row 2: it has 3 fields of 2"),
    "CSV with an open quote": ("in.csv", b'id,text\n1,"a\n', "row 1: it is not CSV"),
    "CSV with two of a name": ("in.csv", b"id,text,id\n1,a,1\n", "two columns of the name 'id'"),
    "empty CSV": ("in.csv", b"", "no first line that names its columns"),
    "no Parquet": ("in.parquet", b"PAR1 not really", "row 1: it is not Parquet"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    file, data, problem = BAD_FILES[name]
    if data is not None:
        (tmp_path / file).write_bytes(data)
    with counting() as (spark, calls):
        with pytest.raises(JobError, match=problem):
            label(tmp_path / file, tmp_path / "out.jsonl", prompt="{text}", client=client_of(spark))
        assert calls.total == 0
    assert journals_left(tmp_path) == []


def test_a_parquet_file_that_is_cut_off_is_told(tmp_path: Path) -> None:
    rows = tmp_path / "in.parquet"
    broken_parquet(rows)
    with counting() as (spark, _), pytest.raises(JobError, match="it is not Parquet"):
        label(rows, tmp_path / "out.jsonl", prompt="{text}", client=client_of(spark))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"prompt": "no column"}, "names no column"),
        ({"prompt": "{text"}, "the prompt cannot be read"),
        ({"prompt": "{text:>3}"}, "not a column's name"),
        ({"prompt": "{text.upper}"}, "row 1: it has no 'text.upper'"),
        ({"prompt": "{text!r}"}, "not a column's name"),
        ({}, "needs a prompt"),
        ({"prompt": "{text}", "messages": "m"}, "not both"),
        ({"prompt": "{text}", "schema": {"type": "strange"}}, "the schema is not one"),
        ({"prompt": "{text}", "via": "post"}, "via is 'post'"),
        ({"prompt": "{text}", "concurrency": 0}, "concurrency is 0"),
        ({"prompt": "{text}", "bad_rows": "drop"}, "bad_rows is 'drop'"),
        ({"prompt": "{text}", "id": "output"}, "name of a result"),
        ({"prompt": "{text}", "model": "lite", "via": "batch"}, "no model 'lite'"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused(
    options: LabelOptions, problem: str, tmp_path: Path
) -> None:
    rows = write_rows(tmp_path / "in.jsonl", 2)
    with counting() as (spark, calls):
        asked: LabelOptions = {**options, "client": client_of(spark)}
        for begin in (plan, label):
            with pytest.raises(JobError, match=problem):
                begin(rows, tmp_path / "o.jsonl", **asked)
        assert calls.total == 0
    assert journals_left(tmp_path) == []


def test_a_row_too_long_for_a_batch_is_named_and_goes_live_by_itself(tmp_path: Path) -> None:
    rows = tmp_path / "in.jsonl"
    rows.write_text(f"{GOOD}\n{json.dumps({'id': 2, 'text': 'a' * 7_000})}\n")
    with counting() as (spark, calls):
        asked: LabelOptions = {"prompt": "{text}", "client": client_of(spark)}
        by_batch: LabelOptions = {**asked, "via": "batch"}
        with pytest.raises(JobError, match=r"row 2.*bytes"):
            label(rows, tmp_path / "out.jsonl", **by_batch)
        assert calls.total == 0
        found = plan(rows, tmp_path / "o.jsonl", **asked)
        assert (found.via, found.hours_batch) == ("live", None)
        assert "row 2" in found.reason


def test_the_output_must_have_a_place(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "in.jsonl", 2)
    with counting() as (spark, _):
        client = client_of(spark)
        for out, problem in (
            ("no/out.jsonl", "a folder that is not"),
            ("in.jsonl", "is the input"),
        ):
            with pytest.raises(JobError, match=problem):
                label(rows, tmp_path / out, prompt="{text}", client=client)


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    monkeypatch.delitem(__import__("sys").modules, "iflytek_spark.jobs.files.parquet", False)
    with pytest.raises(JobError, match="Parquet needs pyarrow") as caught:
        tables.reader_of(tmp_path / "in.parquet")
    assert 'pip install "iflytek-spark[jobs]"' in caught.value.hint


def test_parquet_keeps_whole_numbers_as_ids(tmp_path: Path) -> None:
    rows = tmp_path / "in.jsonl"
    rows.write_text(f"{GOOD}\n")
    with counting() as (spark, _):
        label(rows, tmp_path / "o.parquet", prompt="{text}", via="live", client=client_of(spark))
    assert pq.read_table(tmp_path / "o.parquet").schema.field("id").type == "int64"
