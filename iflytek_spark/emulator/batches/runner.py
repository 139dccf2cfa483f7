"""The life of one batch: checked, answered row by row, ended as it was decided."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Self

from iflytek_spark.emulator.batches.clock import BatchClock
from iflytek_spark.emulator.batches.files import RESULTS_KEPT, FileStore
from iflytek_spark.emulator.batches.options import BatchEnd, BatchFate
from iflytek_spark.emulator.batches.rows import RowAnswerer, Rows, check_rows
from iflytek_spark.models.batches import Batch, BatchCounts, BatchProblem
from iflytek_spark.protocol.wire.batches.server import encode_never_asked

_FAILED = BatchProblem("internal_error", "the batch could not be processed (on demand)")


class BatchRun:
    """One batch.

    Attributes:
        batch: as it is now.
    """

    def __init__(
        self,
        batch: Batch,
        fate: BatchFate,
        files: FileStore,
        answerer: RowAnswerer,
        *,
        own_error_file: bool,
        delay: float,
        clock: BatchClock,
    ) -> None:
        """Set up; nothing begins yet.

        Args:
            batch: as it was made.
            fate: what becomes of it.
            files: where its files are.
            answerer: answers rows.
            own_error_file: whether rows that failed stand in a file of their own.
            delay: seconds of the clock that it takes.
            clock: the batches' own.
        """
        self.batch = batch
        self._fate, self._files, self._answerer = fate, files, answerer
        self._own_error_file, self._delay, self._clock = own_error_file, delay, clock
        self._cancelling = self._stopping = False
        self._woken = asyncio.Event()

    def cancel(self) -> None:
        """End it as soon as the rows that are being answered are done."""
        self._cancelling = True
        self.batch = replace(self.batch, status="cancelling")
        self._woken.set()

    def stop(self) -> None:
        """Give it up, with the emulator."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Live."""
        file = self._files.get(self.batch.input_file_id)
        if file is None:
            self._end("failed", problems=(BatchProblem("file_not_found", "no such file"),))
            return
        path = self._files.path(file)
        total, problems = await asyncio.to_thread(check_rows, path, self._answerer.models)
        await self._sleep(self._delay / 2)
        if self._fate.end == "failed":
            problems = problems or (_FAILED,)
        if problems:
            self._end("failed", problems=problems)
            return
        counts, status = BatchCounts(total, 0, 0), "in_progress"
        status = "cancelling" if self._cancelling else status
        self.batch = replace(self.batch, status=status, counts=counts)
        await self._answer_all(path, total)

    async def _answer_all(self, path: Path, total: int) -> None:
        stop = round(total * self._fate.after) if self._fate.stops_early else total
        results = _Results(self._files, own_error_file=self._own_error_file)
        with results, path.open("rb") as lines:
            rows = Rows(lines, self._fate)
            while rows.asked < stop and self._goes_on():
                before = rows.asked
                if not await self._answer_some(rows, stop, results):
                    return
                await self._sleep(self._delay / 2 * (rows.asked - before) / total)
            end = self._how_it_ends(rows.asked, total)
            if self._fate.never_asked and end != "completed":
                await asyncio.to_thread(self._add_never_asked, rows, end, results)
            keep = partial(results.keep, self.batch.id, shuffled=self._fate.shuffled)
            output, errors = await asyncio.to_thread(keep)
        self._end(end, output, errors)

    async def _answer_some(self, rows: Rows, stop: int, results: _Results) -> bool:
        """Answer the next rows; False when the program's own function has raised."""
        work = partial(rows.answer_some, self._answerer, stop, results.add)
        answering = asyncio.ensure_future(asyncio.to_thread(work))
        await asyncio.wait((answering,))
        error = answering.exception()
        if error is not None:
            self._answerer.note(error)
            self._end("failed", problems=(_FAILED,))
            return False
        counts = BatchCounts(self.batch.counts.total, rows.asked - rows.failed, rows.failed)
        self.batch = replace(self.batch, counts=counts)
        return True

    def _add_never_asked(self, rows: Rows, end: BatchEnd, results: _Results) -> None:
        for row in rows.left():
            number, words = self._answerer.new_number(), f"the batch is {end}"
            line = encode_never_asked(number, row.custom_id, f"batch_{end}", words)
            results.add(line, failed=True)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._clock.real(seconds)):
                await self._woken.wait()

    def _goes_on(self) -> bool:
        ended = self._cancelling or self._stopping
        return not ended and self._clock.now() < (self.batch.expires_at or 0)

    def _how_it_ends(self, asked: int, total: int) -> BatchEnd:
        if self._cancelling:
            return "cancelled"
        if self._fate.stops_early:
            return self._fate.end
        return "completed" if asked == total else "expired"

    def _end(
        self,
        end: BatchEnd,
        output: str = "",
        errors: str = "",
        problems: tuple[BatchProblem, ...] = (),
    ) -> None:
        self.batch = replace(
            self.batch,
            status=end,
            ended_at=int(self._clock.now()),
            output_file_id=output,
            error_file_id=errors,
            problems=problems,
        )


class _Results:
    """The two files of results while they are written."""

    def __init__(self, files: FileStore, *, own_error_file: bool) -> None:
        self._files = files
        self._paths = (files.new_path(), files.new_path())
        self._open: tuple[BinaryIO, BinaryIO] = (
            self._paths[0].open("wb"), self._paths[1].open("wb"),
        )  # fmt: skip
        self._own_error_file = own_error_file
        self._kept = False

    def add(self, line: bytes, *, failed: bool) -> None:
        self._open[failed and self._own_error_file].write(line)

    def keep(self, batch_id: str, *, shuffled: bool) -> tuple[str, str]:
        """Keep what was written, and return the ids of answers and errors; empty for none."""
        for file in self._open:
            file.close()
        self._kept = True
        kept = []
        for path, what in zip(self._paths, ("output", "error"), strict=True):
            if not path.stat().st_size:
                path.unlink()
                kept.append("")
                continue
            if shuffled:
                _shuffle(path, self._files.new_path())
            name = f"{batch_id}_{what}.jsonl"
            kept.append(self._files.add(path, name, f"batch_{what}", RESULTS_KEPT).id)
        return kept[0], kept[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Remove what was not kept."""
        for file, path in zip(self._open, self._paths, strict=True):
            file.close()
            if not self._kept:
                path.unlink(missing_ok=True)


def _shuffle(path: Path, spare: Path) -> None:
    """Write the lines of a file in another order, of which one is in memory at once."""
    with path.open("rb") as lines:
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        places = sorted(pairwise(starts), key=lambda place: zlib.crc32(repr(place).encode()))
        with spare.open("wb") as other:
            for start, end in places:
                lines.seek(start)
                other.write(lines.read(end - start))
    spare.rename(path)
