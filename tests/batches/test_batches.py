"""Batches: made once, watched to their end, cancelled; whatever happens on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from iflytek_spark import APIConnectionError, APITimeoutError, BadRequestError, ConfigurationError
from iflytek_spark.batches import AsyncBatchClient, Batch
from iflytek_spark.emulator import (
    BatchFate,
    BatchOptions,
    Emulator,
    faults,
    running_emulator,
)
from tests.batches.conftest import Caller, MakeCaller, written


def test_a_batch_is_watched_to_its_end(caller: Caller, tmp_path: Path) -> None:
    seen: list[Batch] = []
    batch = caller.create_batch(
        caller.upload_file(written(tmp_path, 30)), metadata={"job": "labels"}
    )
    ended = caller.wait(batch, interval=0.01, on_progress=seen.append)
    assert ended == seen[-1] == caller.get_batch(batch)
    assert ended.succeeded
    assert (ended.counts.total, ended.counts.completed, ended.counts.failed) == (30, 30, 0)
    assert ended.metadata == {"job": "labels"}
    assert ended.ended_at is not None


def test_a_day_passes_in_a_moment(make_caller: MakeCaller, tmp_path: Path) -> None:
    options = BatchOptions(delay=20 * 3600, speed=1_000_000)
    with running_emulator(batches=options) as spark:
        caller = make_caller("sync", spark)
        ended = caller.run(written(tmp_path, 10))
        assert (ended.ended_at or 0) - (ended.created_at or 0) >= 20 * 3600


def test_a_batch_that_takes_more_than_a_day_expires(
    make_caller: MakeCaller, tmp_path: Path
) -> None:
    options = BatchOptions(delay=60 * 3600, speed=1_000_000)
    with running_emulator(batches=options) as spark:
        caller = make_caller("sync", spark)
        ended = caller.run(written(tmp_path, 10))
        assert (ended.status, ended.ended, ended.succeeded) == ("expired", True, False)


def test_a_cancelled_batch_keeps_what_it_has(make_caller: MakeCaller, tmp_path: Path) -> None:
    with running_emulator(batches=BatchOptions(delay=3600)) as spark:
        caller = make_caller("sync", spark)
        batch = caller.create_batch(caller.upload_file(written(tmp_path, 10)))
        assert caller.cancel_batch(batch).status == "cancelling"
        ended = caller.wait(batch, interval=0.01)
        assert ended.status == "cancelled"
        with pytest.raises(BadRequestError, match="cancelled"):
            caller.cancel_batch(batch)


def test_a_batch_that_is_refused_says_why(caller: Caller, tmp_path: Path) -> None:
    file = written(tmp_path, 2)
    file.path.write_bytes(file.path.read_bytes() + b"{nonsense\n")
    ended = caller.run(file)
    (problem,) = ended.problems
    assert (ended.status, problem.line) == ("failed", 3)
    assert "not JSON" in problem.message


def test_waiting_ends_in_time_and_the_batch_goes_on(
    make_caller: MakeCaller, tmp_path: Path
) -> None:
    with running_emulator(batches=BatchOptions(delay=3600)) as spark:
        for kind in ("sync", "async"):
            caller = make_caller(kind, spark)
            batch = caller.create_batch(caller.upload_file(written(tmp_path / kind, 1)))
            with pytest.raises(APITimeoutError, match="has not ended within") as caught:
                caller.wait(batch, interval=0.01, timeout=0.05)
            assert not caught.value.retryable


async def test_waiting_stops_at_once_when_it_is_cancelled(tmp_path: Path) -> None:
    with running_emulator(batches=BatchOptions(delay=3600)) as spark:
        async with AsyncBatchClient(spark.credentials, base_url=spark.base_url) as client:
            file = await asyncio.to_thread(written, tmp_path, 1)
            batch = await client.create_batch(await client.upload_file(file))
            asked = asyncio.Event()
            waiting = asyncio.create_task(
                client.wait(batch, interval=3600, on_progress=lambda _: asked.set())
            )
            await asked.wait()
            waiting.cancel()
            async with asyncio.timeout(5):
                with pytest.raises(asyncio.CancelledError):
                    await waiting


def test_waiting_outlasts_failures_that_pass(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch = caller.create_batch(caller.upload_file(written(tmp_path, 1)))
    batch_spark.script(*[faults.RefuseHandshake(503, "busy")] * 4)
    caller.client._retry = type(caller.client._retry)(0)
    assert caller.wait(batch, interval=0.01).succeeded


@pytest.mark.parametrize("given", [{"interval": 0}, {"timeout": -1}, {"interval": True}])
def test_seconds_that_are_none_are_refused(caller: Caller, given: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match="not a number of seconds"):
        caller.wait("batch_1", **given)


@pytest.mark.parametrize("how", ["reset", "eof"])
def test_a_batch_is_made_once_when_its_answer_is_lost(
    caller: Caller, batch_spark: Emulator, tmp_path: Path, how: Literal["reset", "eof"]
) -> None:
    kept = caller.upload_file(written(tmp_path, 1))
    batch_spark.script(faults.Cut(how=how))
    made = caller.create_batch(kept, metadata={"job": "1"})
    assert [batch.id for batch in caller.list_batches()] == [made.id]


def test_a_batch_that_was_not_made_is_asked_for_again(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    kept = caller.upload_file(written(tmp_path, 1))
    batch_spark.script(faults.RefuseHandshake(503, "busy"))
    made = caller.create_batch(kept)
    assert [batch.id for batch in caller.list_batches()] == [made.id]


def test_where_it_stays_open_whether_a_batch_was_made_that_is_said(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    kept = caller.upload_file(written(tmp_path, 1))
    batch_spark.script(*[faults.Cut()] * 5)
    with pytest.raises(APIConnectionError, match="may have been made all the same"):
        caller.create_batch(kept)


def test_each_batch_takes_its_scripted_fate(
    caller: Caller, batch_spark: Emulator, tmp_path: Path
) -> None:
    batch_spark.script_batches(BatchFate(end="failed"), None, BatchFate(end="expired"))
    file = written(tmp_path, 4)
    assert [caller.run(file).status for _ in range(4)] == [
        "failed", "completed", "expired", "completed",
    ]  # fmt: skip
