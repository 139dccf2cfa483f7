"""An upload on its way to the disk: of the form, the file goes there, and the purpose is kept."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from starlette.requests import Request

from iflytek_spark.batches import FormError, FormReader, InputFile, PartBegins, PartData
from iflytek_spark.gateway.batches.rows import Rows
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError

_BLOCK = 256 * 1024
_MAX_FIELD = 1000
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")
_MAX_NAME = 100


class Upload:
    """One upload, in a folder of its own that is deleted with it."""

    def __init__(self, content_type: str) -> None:
        """Begin.

        Raises:
            GatewayError: for a body that is no form.
        """
        self.name = self.purpose = self._field = ""
        try:
            self._reader = FormReader(content_type)
        except FormError as error:
            raise GatewayError(ErrorRow.NOT_JSON, f"{error}") from None
        self._folder = tempfile.TemporaryDirectory(prefix="spark-gateway-")
        self._path = Path(self._folder.name) / "upload"
        self._file = self._path.open("wb")

    async def receive(self, request: Request) -> None:
        """Take the request's body, of which a block is in memory at once.

        Raises:
            GatewayError: for what is no form with a file of batches.
        """
        waiting = bytearray()
        async for data in request.stream():
            waiting += data
            if len(waiting) >= _BLOCK:
                block, waiting = bytes(waiting), bytearray()
                await asyncio.to_thread(self._feed, block)
        await asyncio.to_thread(self._feed, bytes(waiting))
        self._check()

    async def write(self, rows: Rows, tag: str) -> InputFile:
        """Write the file for Spark, under a name that begins with ``tag``.

        Raises:
            GatewayError: for a row that cannot be sent; it names the row.
        """
        return await asyncio.to_thread(self._write, rows, tag)

    def close(self) -> None:
        """Delete everything."""
        self._file.close()
        self._folder.cleanup()

    def _write(self, rows: Rows, tag: str) -> InputFile:
        self._file.close()
        folder = Path(self._folder.name)
        written = rows.write(self._path, folder / "input")
        name = _UNUSUAL.sub("_", self.name.removesuffix(".jsonl"))[:_MAX_NAME] or "file"
        path = written.path.rename(folder / f"{tag}-{name}.jsonl")
        return InputFile(path, written.model, written.rows, written.size)

    def _feed(self, data: bytes) -> None:
        try:
            for part in self._reader.feed(data):
                match part:
                    case PartBegins(name, filename):
                        self._field = name
                        self.name = filename if name == "file" else self.name
                    case PartData(more):
                        self._add(more)
        except FormError as error:
            raise GatewayError(ErrorRow.INVALID_VALUE, f"{error}") from None

    def _add(self, data: bytes) -> None:
        if self._field == "file":
            self._file.write(data)
        elif self._field == "purpose" and len(self.purpose) < _MAX_FIELD:
            self.purpose += data.decode("utf-8", "replace")

    def _check(self) -> None:
        if not self._reader.done:
            raise GatewayError(ErrorRow.INVALID_VALUE, "the form has no end")
        if self.purpose != "batch":
            raise GatewayError(
                ErrorRow.INVALID_VALUE,
                f"purpose is {self.purpose[:50]!r}: files are kept for batches alone",
                param="purpose",
            )
        if not self.name:
            raise GatewayError(ErrorRow.INVALID_VALUE, "the form has no file", param="file")
