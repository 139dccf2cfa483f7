"""A client of either kind, asked as if it were the blocking one."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from iflytek_spark.batches import (
    AsyncBatchClient,
    Batch,
    BatchClient,
    BatchRequest,
    BatchResult,
    BatchSummary,
    InputFile,
    write_input_files,
)
from iflytek_spark.emulator import BatchOptions, Emulator, running_emulator


class Caller:
    """One client, sync or async; what it returns has been awaited, and lists have been read."""

    def __init__(self, kind: str, spark: Emulator, **settings: Any) -> None:
        make = BatchClient if kind == "sync" else AsyncBatchClient
        self.client: Any = make(
            settings.pop("credentials", spark.credentials),
            base_url=settings.pop("base_url", spark.base_url),
            **settings,
        )
        self._runner = asyncio.Runner()

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            found = getattr(self.client, name)(*args, **options)
            if inspect.isawaitable(found):
                found = self._runner.run(awaited(found))
            if hasattr(found, "__anext__"):
                return self._runner.run(listed(found))
            return list(found) if hasattr(found, "__next__") else found

        return call

    def outcome(self, batch: Any, **options: Any) -> tuple[list[BatchResult], BatchSummary]:
        """All results of a batch, and their summary."""
        results = self.results(batch, **options)
        if isinstance(self.client, BatchClient):
            return list(results), results.summary()
        found = self._runner.run(listed(aiter(results)))
        return found, self._runner.run(results.summary())

    def run(self, file: InputFile | Path, **metadata: str) -> Batch:
        """Upload a file, make a batch of it, and wait for its end."""
        batch = self.create_batch(self.upload_file(file), metadata=metadata)
        found: Batch = self.wait(batch, interval=0.01, timeout=60)
        return found

    def close(self) -> None:
        self.client.close()
        self._runner.close()


async def awaited(value: Awaitable[Any]) -> Any:
    return await value


async def listed(values: AsyncIterator[Any]) -> list[Any]:
    return [value async for value in values]


@pytest.fixture
def batch_spark() -> Iterator[Emulator]:
    with running_emulator(
        respond=lambda request: f"answer to {request.text}", batches=BatchOptions()
    ) as spark:
        yield spark


MakeCaller: TypeAlias = Callable[..., Caller]


@pytest.fixture
def make_caller() -> Iterator[MakeCaller]:
    """Makes callers that are closed in the end."""
    with contextlib.ExitStack() as stack:

        def make(kind: str, spark: Emulator, **settings: Any) -> Caller:
            return stack.enter_context(contextlib.closing(Caller(kind, spark, **settings)))

        yield make


@pytest.fixture(params=["sync", "async"])
def caller(
    request: pytest.FixtureRequest, batch_spark: Emulator, make_caller: MakeCaller
) -> Caller:
    return make_caller(request.param, batch_spark)


def questions(count: int) -> Iterator[BatchRequest]:
    return (BatchRequest(f"row-{number}", f"question {number}") for number in range(count))


def written(folder: Path, count: int) -> InputFile:
    """An input file of so many questions."""
    (file,) = write_input_files(questions(count), folder)
    return file
