"""Input files: written from rows within the service's limits, or found on the disk and checked."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from iflytek_spark.batches.ids import SeenIds
from iflytek_spark.batches.rows import BatchRequest, Line, write_line
from iflytek_spark.errors import BatchFileError, ConfigurationError, InvalidRequestError
from iflytek_spark.models.catalogue import DEFAULT_MODEL
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.batches.rows import Row, read_row, row_error
from iflytek_spark.protocol.wire.batches.shapes import MAX_FILE_BYTES, MAX_LINES

_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the Batch API takes.

    Attributes:
        path: where it is.
        model: what the Batch API calls the one model of its rows.
        rows: how many it has.
        size: its bytes.
    """

    path: Path
    model: str
    rows: int
    size: int

    def ids(self) -> Iterator[str]:
        """Yield the ids of its rows, in their order.

        Raises:
            BatchFileError: when it cannot be read.
        """
        with file_errors("read", self.path), self.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                yield read_row(line, number).custom_id


def write_input_files(
    rows: Iterable[BatchRequest],
    folder: str | Path,
    *,
    model: str | ModelSpec = DEFAULT_MODEL,
    max_rows: int = MAX_LINES,
    max_bytes: int = MAX_FILE_BYTES,
) -> Generator[InputFile, None, None]:
    """Write rows into as many input files as they need, one after the other.

    Nothing is sent, and of the rows only one is in memory. A file is there, under its name, as soon
    as it is whole; rows of several models go to a file for each.

    Args:
        rows: any number; they are taken as the files are.
        folder: where the files go; it is made if it is not there. A file is never written over.
        model: any name of the model of rows that name none, or a spec.
        max_rows: the most rows of a file, 1 to 50,000.
        max_bytes: the most bytes of a file, up to 100 MB.

    Yields:
        The files.

    Raises:
        InvalidRowError: for a row that the service would refuse, which has no id, or the id of
            another; it names the row. Files that are whole stay.
        BatchFileError: when a file cannot be written.
        ConfigurationError: for limits that are none.
    """
    check_limits(max_rows, max_bytes)
    folder = Path(folder)
    with closing(_Folder(folder, max_rows, max_bytes)) as written, closing(SeenIds()) as seen:
        for number, row in enumerate(rows, 1):
            line = write_line(number, row, model)
            check_new(seen, number, row.custom_id)
            finished = written.add(number, row.custom_id, line)
            if finished is not None:
                yield finished
        yield from written.finish()


def check_input_file(path: str | Path) -> InputFile:
    """Check a file that is there already, line by line, as the service will.

    Args:
        path: a file in OpenAI's form, each line with ``custom_id``, ``method``, ``url``, ``body``.

    Returns:
        The file.

    Raises:
        InvalidRowError: for the first row that the service would refuse; it names the row.
        InvalidRequestError: for a file without rows, or with too many bytes.
        BatchFileError: when it cannot be read.
    """
    path, rows, model = Path(path), 0, ""
    with file_errors("read", path), path.open("rb") as lines, closing(SeenIds()) as seen:
        size = os.fstat(lines.fileno()).st_size
        if size > MAX_FILE_BYTES:
            raise InvalidRequestError(f"{path} has {size} bytes, above {MAX_FILE_BYTES} (100 MB)")
        for rows, line in enumerate(lines, 1):
            row = read_row(line, rows)
            check_new(seen, rows, row.custom_id)
            model = _same_model(rows, row, model)
            if rows > MAX_LINES:
                raise row_error(rows, row.custom_id, f"the file has more than {MAX_LINES} rows")
    if not rows:
        raise InvalidRequestError(f"{path} has no rows")
    return InputFile(path, model, rows, size)


def _same_model(number: int, row: Row, model: str) -> str:
    if model and row.model != model:
        raise row_error(
            number,
            row.custom_id,
            f"its model is {row.model!r}, and that of the rows before it {model!r}",
            "a file has one model",
        )
    return row.model


def check_limits(max_rows: int, max_bytes: int) -> None:
    """Refuse limits that are none, or above the service's.

    Raises:
        ConfigurationError: for such a limit.
    """
    for name, value, most in (
        ("max_rows", max_rows, MAX_LINES), ("max_bytes", max_bytes, MAX_FILE_BYTES),
    ):  # fmt: skip
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            raise ConfigurationError(f"{name} is {value!r}, not 1 to {most}")


def check_new(seen: SeenIds, number: int, custom_id: str) -> None:
    """Refuse an id that another row has.

    Raises:
        InvalidRowError: when one has; both rows are named.
    """
    if before := seen.add(custom_id, number):
        raise row_error(number, custom_id, f"row {before} has the same custom_id")


@contextlib.contextmanager
def file_errors(what: str, path: Path) -> Iterator[None]:
    """Turn the system's errors into this library's.

    Args:
        what: what is tried: ``read`` or ``written``.
        path: with which file.
    """
    try:
        yield
    except OSError as error:
        raise BatchFileError(
            f"{path} cannot be {what}: {error.strerror or error}",
            hint="check the folder, its rights and the room on the disk",
        ) from error


class _Folder:
    """The files that are being written: one for each model."""

    def __init__(self, folder: Path, max_rows: int, max_bytes: int) -> None:
        self._folder = folder
        self._limits = (max_rows, max_bytes)
        self._open: dict[str, _Writer] = {}
        self._count = 0
        with file_errors("written", folder):
            folder.mkdir(parents=True, exist_ok=True)

    def add(self, number: int, custom_id: str, line: Line) -> InputFile | None:
        """Add a row; returns the file that is full without it, if there is one."""
        max_rows, max_bytes = self._limits
        size = len(line.data)
        if size > max_bytes:
            raise row_error(number, custom_id, f"its line has {size} bytes, above max_bytes")
        writer, finished = self._open.get(line.model), None
        if writer and (writer.rows == max_rows or writer.size + size > max_bytes):
            finished, writer = self._open.pop(line.model).finish(), None
        if writer is None:
            self._count += 1
            name = f"batch-{self._count:05}.jsonl"
            writer = self._open[line.model] = _Writer(self._folder / name, line.model)
        writer.add(line.data)
        return finished

    def finish(self) -> Iterator[InputFile]:
        """Finish what is left."""
        while self._open:
            yield self._open.pop(next(iter(self._open))).finish()

    def close(self) -> None:
        """Delete what is not finished."""
        for writer in self._open.values():
            writer.discard()


class _Writer:
    """One file that is being written."""

    def __init__(self, path: Path, model: str) -> None:
        self.rows = self.size = 0
        self._path, self._model = path, model
        self._part = path.with_name(path.name + _UNFINISHED)
        with file_errors("written", path):
            if path.exists():
                raise FileExistsError(0, "it is there already, and is not written over")
            self._file: BinaryIO = self._part.open("wb")

    def add(self, line: bytes) -> None:
        with file_errors("written", self._path):
            self._file.write(line)
        self.rows += 1
        self.size += len(line)

    def finish(self) -> InputFile:
        """Give the file its name, once all of it is on the disk."""
        try:
            with file_errors("written", self._path):
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
                self._part.rename(self._path)
        except BatchFileError:
            self.discard()
            raise
        return InputFile(self._path, self._model, self.rows, self.size)

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)
