"""Files: uploaded as streams, listed by pages, read by lines, deleted."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from iflytek_spark import (
    AuthenticationError,
    BatchFileError,
    Credentials,
    InternalServerError,
    InvalidRequestError,
    MissingCredentialsError,
    NotFoundError,
    StreamInterruptedError,
)
from iflytek_spark.batches import BatchClient
from iflytek_spark.emulator import BatchOptions, Emulator, faults, running_emulator
from tests.batches.conftest import Caller, MakeCaller, written


def test_a_file_is_kept_as_it_was_and_deleted(caller: Caller, tmp_path: Path) -> None:
    file = written(tmp_path, 3)
    kept = caller.upload_file(file)
    assert (kept.name, kept.purpose, kept.size) == ("batch-00001.jsonl", "batch", file.size)
    assert caller.get_file(kept) == kept
    assert caller.file_lines(kept.id) == file.path.read_bytes().splitlines()
    assert caller.delete_file(kept)
    with pytest.raises(NotFoundError, match="48 hours"):
        caller.get_file(kept)
    with pytest.raises(NotFoundError, match="48 hours"):
        caller.file_lines(kept)


@pytest.mark.parametrize("has_more", [True, False])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_every_page_of_a_list_is_read(
    make_caller: MakeCaller, kind: str, has_more: bool, tmp_path: Path
) -> None:
    options = BatchOptions(page_size=2, has_more=has_more)
    with running_emulator(batches=options) as spark:
        caller = make_caller(kind, spark)
        file = written(tmp_path, 1)
        files = [caller.upload_file(file) for _ in range(5)]
        batches = [caller.create_batch(each) for each in files]
        assert {each.id for each in caller.list_files()} >= {each.id for each in files}
        assert [each.id for each in caller.list_batches()] == [
            each.id for each in reversed(batches)
        ]


def test_a_file_with_an_unusual_name_is_taken(caller: Caller, tmp_path: Path) -> None:
    path = written(tmp_path, 1).path.rename(tmp_path / '行 "1"\r\n.txt')
    assert caller.upload_file(path).name.endswith(".jsonl")


def test_a_file_that_is_not_there_is_told(caller: Caller, tmp_path: Path) -> None:
    with pytest.raises(BatchFileError, match=r"nothing.jsonl cannot be read: No such file"):
        caller.upload_file(tmp_path / "nothing.jsonl")


def test_no_id_is_told(caller: Caller) -> None:
    with pytest.raises(InvalidRequestError, match="the id is empty"):
        caller.get_file("")


def test_an_upload_holds_a_block_in_memory_and_no_file(
    caller: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.jsonl"
    with large.open("wb") as file:
        for _ in range(300):
            file.write(b"x" * 100_000 + b"\n")
    kept = caller.upload_file(large)
    tracemalloc.start()
    caller.upload_file(large)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert kept.size == large.stat().st_size > 30_000_000
    assert held < 6_000_000


def test_a_read_that_breaks_off_goes_on_where_it_was(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    file = written(tmp_path, 20)
    kept = caller.upload_file(file)
    batch_spark.script(faults.Cut(after=7), faults.Cut(after=15, how="eof"))
    assert caller.file_lines(kept) == file.path.read_bytes().splitlines()


def test_a_read_that_breaks_off_for_good_is_an_error(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    kept = caller.upload_file(written(tmp_path, 20))
    batch_spark.script(*[faults.Cut(after=7)] * 3)
    with pytest.raises(StreamInterruptedError):
        caller.file_lines(kept)


def test_an_upload_is_tried_again_from_its_start(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    file = written(tmp_path, 5)
    batch_spark.script(faults.RefuseHandshake(503, "busy"), faults.Cut())
    assert caller.upload_file(file).size == file.size


def test_a_wrong_key_is_told_and_not_shown(
    batch_spark: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = BatchClient(Credentials(api_password="secret-word"), base_url=batch_spark.base_url)
    with client, pytest.raises(AuthenticationError) as caught:
        client.upload_file(written(tmp_path, 1))
    shown = f"{caught.value!r} {caught.value} {client!r} {caplog.text}"
    assert "api_password" in str(caught.value)
    assert "secret-word" not in shown


def test_an_api_password_alone_is_enough(batch_spark: Emulator) -> None:
    password = batch_spark.http_keys.api_password
    with BatchClient(Credentials(api_password=password), base_url=batch_spark.base_url) as client:
        assert list(client.list_files()) == []


def test_a_missing_key_is_told_at_once() -> None:
    with pytest.raises(MissingCredentialsError, match="APIPassword"):
        BatchClient(Credentials(maas_api_key="0" * 32 + ":AAAA"))


def test_what_the_service_refuses_is_told(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script(*[faults.RefuseHandshake(500, '{"error":{"message":"out"}}')] * 3)
    with pytest.raises(InternalServerError, match="out"):
        caller.upload_file(written(tmp_path, 1))
