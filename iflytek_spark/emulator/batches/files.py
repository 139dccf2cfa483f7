"""The files that the emulator keeps: on the disk, for as long as it runs."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from iflytek_spark.models.batches import BatchFile

_HOUR = 3600
INPUT_KEPT = 48 * _HOUR
"""Seconds for which an uploaded file is kept."""
RESULTS_KEPT = 30 * 24 * _HOUR
"""The same for results."""


class FileStore:
    """Keeps files in a temporary folder, which is made with the first one.

    Attributes:
        total: bytes of all files.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """Start empty; ``now`` gives the seconds since 1970."""
        self.total = 0
        self._now = now
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[str, BatchFile] = {}
        self._numbers = itertools.count(1)

    def new_path(self) -> Path:
        """Return where a further file may be written."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="spark-emulator-")
        return Path(self._folder.name) / f"{next(self._numbers):06}"

    def add(self, path: Path, name: str, purpose: str, kept: int) -> BatchFile:
        """Keep a file that was written, for ``kept`` seconds."""
        size, now = path.stat().st_size, int(self._now())
        file = BatchFile(f"file-{path.name}", name, purpose, size, now, now + kept)
        self._files[file.id] = file
        self.total += size
        return file

    def get(self, file_id: str) -> BatchFile | None:
        """Return a file, or None where there is none any more."""
        file = self._files.get(file_id)
        if file is not None and (file.expires_at or 0) <= self._now():
            self.delete(file_id)
            return None
        return file

    def path(self, file: BatchFile) -> Path:
        """Return where a file is."""
        folder = "" if self._folder is None else self._folder.name
        return Path(folder) / file.id.removeprefix("file-")

    def open(self, file: BatchFile) -> BinaryIO:
        """Open a file."""
        return self.path(file).open("rb")

    def delete(self, file_id: str) -> bool:
        """Delete a file, and return whether there was one."""
        file = self._files.pop(file_id, None)
        if file is None:
            return False
        self.total -= file.size or 0
        self.path(file).unlink(missing_ok=True)
        return True

    def __iter__(self) -> Iterator[BatchFile]:
        """Yield the files, the newest first."""
        return iter([file for each in reversed(list(self._files)) if (file := self.get(each))])

    def close(self) -> None:
        """Delete everything."""
        folder, self._folder = self._folder, None
        self._files.clear()
        if folder is not None:
            folder.cleanup()
