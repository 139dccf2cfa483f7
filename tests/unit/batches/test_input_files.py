"""Rows become files within the service's limits; what it would refuse is named, and not written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import (
    BatchFileError,
    ConfigurationError,
    InvalidRequestError,
    InvalidRowError,
    Message,
    ModelSpec,
)
from iflytek_spark.batches import (
    MAX_BODY_BYTES,
    BatchRequest,
    InputFile,
    batch_model,
    check_input_file,
    write_input_files,
)

IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
MODELS = st.sampled_from(["4.0Ultra", "max", "x1.5", "v4.0"])


def parsed(file: InputFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.path.read_bytes().splitlines()]


@given(
    st.lists(st.tuples(IDS, TEXTS, MODELS), unique_by=lambda row: row[0], max_size=30),
    st.integers(1, 7),
    st.integers(900, 3000),
)
def test_every_row_stands_once_in_order_and_within_the_limits(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    max_rows: int,
    max_bytes: int,
) -> None:
    folder = tmp_path_factory.mktemp("input")
    requests = [BatchRequest(key, text, model=model) for key, text, model in rows]
    files = list(write_input_files(requests, folder, max_rows=max_rows, max_bytes=max_bytes))
    for file in files:
        lines = parsed(file)
        assert len(lines) == file.rows <= max_rows
        assert file.path.stat().st_size == file.size <= max_bytes
        assert {line["body"]["model"] for line in lines} == {file.model}
        assert [line["custom_id"] for line in lines] == list(file.ids())
        assert check_input_file(file.path) == file
    for model in {file.model for file in files}:
        written = [key for file in files if file.model == model for key in file.ids()]
        assert written == [key for key, _, name in rows if batch_model(name).domain == model]


def test_a_line_is_what_the_documentation_says(tmp_path: Path) -> None:
    row = BatchRequest(
        "1", [Message("system", "short"), Message("user", "你好")], {"max_tokens": 5}
    )
    (file,) = write_input_files([row], tmp_path, model="v4.0")
    (line,) = parsed(file)
    assert (line["custom_id"], line["method"], line["url"]) == (
        "1", "POST", "/v1/chat/completions",
    )  # fmt: skip
    assert line["body"] == {
        "model": "4.0Ultra",
        "messages": [
            {"role": "system", "content": "short"},
            {"role": "user", "content": "你好"},
        ],
        "max_tokens": 5,
        "tools": [{"type": "web_search", "web_search": {"enable": False}}],
    }


@pytest.mark.parametrize(
    ("model", "name"), [("max", "generalv3.5"), ("4.0Ultra", "4.0Ultra"), ("x1", "x1")]
)
def test_a_model_has_the_name_that_the_batch_api_gives_it(
    tmp_path: Path, model: str, name: str
) -> None:
    (file,) = write_input_files([BatchRequest("1", "hi")], tmp_path, model=model)
    assert (file.model, parsed(file)[0]["body"]["model"]) == (name, name)


def test_a_model_of_ones_own_may_be_in_a_batch(tmp_path: Path) -> None:
    url = "https://spark-api-open.xf-yun.com/v1/chat/completions"
    own = ModelSpec("mine", "mine", url, dialect="spark-open", batch_model="mine-batch")
    (file,) = write_input_files([BatchRequest("1", "hi")], tmp_path, model=own)
    assert file.model == "mine-batch"


def long_text(size: int) -> str:
    return "x" * size


BAD_ROWS = [
    (BatchRequest("", "hi"), "custom_id is ''"),
    (BatchRequest("  ", "hi"), "custom_id is '  '"),
    (BatchRequest("\ud800", "hi"), "half a character"),
    (BatchRequest("first", "hi"), "row 1 has the same custom_id"),
    (BatchRequest("bad", ""), "row 3"),
    (BatchRequest("bad", long_text(MAX_BODY_BYTES)), "6 KB"),
    (BatchRequest("bad", "行" * 2048), "6 KB"),
    (BatchRequest("bad", "hi", model="lite"), "it has max, 4.0Ultra, x1.5"),
    (BatchRequest("bad", "hi", model="nonsense"), "unknown model"),
    (BatchRequest("bad", "hi", {"temperature": 9}), "temperature"),
    (BatchRequest("bad", "hi", {"extra": {"stream": True}}), "extra holds 'stream'"),
    (BatchRequest("bad", "hi", {"extra": {"model": "lite"}}), "extra holds 'model'"),
    (BatchRequest("bad", "hi", {"extra": {"x": float("nan")}}), "cannot be written as JSON"),
]


@pytest.mark.parametrize(("row", "words"), BAD_ROWS, ids=[words for _, words in BAD_ROWS])
def test_a_bad_row_is_named_and_no_unfinished_file_stays(
    tmp_path: Path, row: BatchRequest, words: str
) -> None:
    rows = [BatchRequest("first", "hi"), BatchRequest("second", "hi"), row]
    with pytest.raises(InvalidRowError) as caught:
        list(write_input_files(rows, tmp_path))
    assert words in str(caught.value)
    assert caught.value.row == 3
    assert list(tmp_path.iterdir()) == []


def test_an_id_is_unique_over_all_files(tmp_path: Path) -> None:
    rows = [BatchRequest(str(number % 5), "hi") for number in range(6)]
    with pytest.raises(InvalidRowError, match=r"row 6 \('0'\): row 1 has the same"):
        list(write_input_files(rows, tmp_path, max_rows=2))


def test_rows_are_taken_as_files_are(tmp_path: Path) -> None:
    taken = 0

    def rows() -> Iterator[BatchRequest]:
        nonlocal taken
        while taken < 100:
            taken += 1
            yield BatchRequest(str(taken), "hi")

    files = write_input_files(rows(), tmp_path, max_rows=10)
    assert next(files).rows == 10
    assert taken == 11
    files.close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_is_not_written_over(tmp_path: Path) -> None:
    (file,) = write_input_files([BatchRequest("1", "hi")], tmp_path)
    before = file.path.read_bytes()
    with pytest.raises(BatchFileError, match="not written over"):
        list(write_input_files([BatchRequest("2", "hi")], tmp_path))
    assert file.path.read_bytes() == before


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BatchFileError, match="cannot be written"):
        list(write_input_files([BatchRequest("1", "hi")], tmp_path / "file"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to try")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "batch-00001.jsonl.part").symlink_to("/dev/full")
    with pytest.raises(BatchFileError, match="No space left"):
        list(write_input_files([BatchRequest("1", "hi")], tmp_path))


@pytest.mark.parametrize(("rows", "size"), [(0, 1000), (50_001, 1000), (10, 10**9)])
def test_limits_above_the_services_are_refused(tmp_path: Path, rows: int, size: int) -> None:
    with pytest.raises(ConfigurationError, match="not 1 to"):
        list(write_input_files([], tmp_path, max_rows=rows, max_bytes=size))


BODY: dict[str, object] = {
    "model": "4.0Ultra",
    "messages": [{"role": "user", "content": "hi"}],
}
GOOD = {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": BODY}
BAD_LINES: list[tuple[object, str]] = [
    ("{", "not JSON"),
    ([], "no JSON object"),
    ({**GOOD, "custom_id": 7}, "custom_id is 7"),
    ({**GOOD, "custom_id": "first"}, "row 1 has the same"),
    ({**GOOD, "method": "GET"}, "method is 'GET'"),
    ({**GOOD, "url": "/v2/chat/completions"}, "url is"),
    ({**GOOD, "body": "text"}, "no body"),
    ({**GOOD, "body": {**BODY, "model": "lite"}}, "a file has one model"),
    ({**GOOD, "body": {**BODY, "stream": True}}, "asks for a stream"),
    ({**GOOD, "body": {"model": "4.0Ultra"}}, "no messages"),
    ({**GOOD, "body": {**BODY, "user": "x" * 6100}}, "6 KB"),
]


@pytest.mark.parametrize(("line", "words"), BAD_LINES, ids=[words for _, words in BAD_LINES])
def test_a_file_of_others_is_checked_line_by_line(tmp_path: Path, line: object, words: str) -> None:
    path = tmp_path / "rows.jsonl"
    bad = line if isinstance(line, str) else json.dumps(line)
    path.write_text(f"{json.dumps({**GOOD, 'custom_id': 'first'})}\n{bad}\n")
    with pytest.raises(InvalidRowError) as caught:
        check_input_file(path)
    assert words in str(caught.value)
    assert caught.value.row == 2


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    with pytest.raises(InvalidRequestError, match="has no rows"):
        check_input_file(tmp_path / "rows.jsonl")
