"""An upload as it comes: of the form, the file goes to the disk, and the purpose is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO

from iflytek_spark.emulator.batches.files import FileStore
from iflytek_spark.models.batches import BatchFile
from iflytek_spark.protocol.wire.batches.form import FormError, FormReader, PartBegins, PartData

_MAX_FIELD = 1000


class Upload:
    """Takes the body of one request; see :class:`~iflytek_spark.emulator.connections.http.Sink`.

    Attributes:
        problem: what is wrong with it, or an empty string.
        kept: whether it is a file of the store now.
        name: the file's name.
        purpose: what it is for.
    """

    def __init__(self, content_type: str, files: FileStore, max_bytes: int) -> None:
        """Start before the first byte; what is larger is read and forgotten."""
        self.problem = self.name = self.purpose = ""
        self.kept = False
        self._files, self._max_bytes = files, max_bytes
        self._field, self._size = "", 0
        self._file: BinaryIO | None = None
        self._path = files.new_path()
        self._reader: FormReader | None = None
        with self._noting():
            self._reader = FormReader(content_type)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._reader is None or self.problem:
            return
        with self._noting():
            for part in self._reader.feed(data):
                match part:
                    case PartBegins(name, filename):
                        self._begin(name, filename)
                    case PartData(more):
                        self._add(more)

    def finish(self) -> None:
        """Check that all has come."""
        if self._file is not None:
            self._file.close()
        if not self.problem and not (self._reader and self._reader.done):
            self.problem = "the form has no end"
        if not self.problem and self._file is None:
            self.problem = "the form has no field file"
        if self.problem:
            self.discard()

    def discard(self) -> None:
        """Forget what has come."""
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)

    def keep(self, seconds: int) -> BatchFile:
        """Keep the file for so long."""
        self.kept = True
        return self._files.add(self._path, self.name, self.purpose, seconds)

    def _begin(self, name: str, filename: str) -> None:
        self._field = name
        if name == "file":
            self.name = filename
            self._file = self._path.open("wb")

    def _add(self, data: bytes) -> None:
        if self._field == "purpose" and len(self.purpose) < _MAX_FIELD:
            self.purpose += data.decode("utf-8", "replace")
        elif self._field == "file" and self._file is not None:
            self._size += len(data)
            if self._size > self._max_bytes:
                self.problem = f"the file has more than {self._max_bytes} bytes"
                return
            self._file.write(data)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except FormError as error:
            self.problem = str(error)
