"""Files on their way: sent in blocks, and read by lines, so that none is in memory as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from iflytek_spark.batches.calls import file_path, naming_what_is_gone
from iflytek_spark.batches.input_files import file_errors
from iflytek_spark.errors import BatchFileError
from iflytek_spark.models.batches import BatchFile
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects.batch_api import ApiRequest, BatchApi
from iflytek_spark.protocol.exchange import Exchange, SingleExchange
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.steps import Flow, Run, Send
from iflytek_spark.protocol.wire.batches.client import decode_file
from iflytek_spark.protocol.wire.batches.form import upload_form
from iflytek_spark.protocol.wire.batches.shapes import FILES

_BLOCK = 256 * 1024


def upload(context: CallContext, path: Path) -> Flow[BatchFile]:
    """Send a file.

    Raises:
        BatchFileError: when it cannot be read.
    """
    source = _Source(path)
    form = upload_form(path.name, uuid.uuid4().hex)
    size = yield Run(source.size)
    length = len(form.head) + size + len(form.tail)
    request = ApiRequest("POST", form.head, form.content_type, length)
    exchange = _Upload(BatchApi(request, decode_file), source, size, form.tail)
    call: Flow[BatchFile] = call_flow(replace(context, url=context.url + FILES), exchange)
    return (yield from call)


def download(context: CallContext, file_id: str) -> Flow[None]:
    """Read a file; each of its lines is an event, without its end."""
    url = f"{context.url}{file_path(file_id)}/content"
    call: Flow[None] = call_flow(replace(context, url=url), _Download())
    with naming_what_is_gone():
        yield from call


class _Source:
    """A file that is read from its start, more than once where a try has failed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self) -> int:
        with file_errors("read", self._path):
            return self._path.stat().st_size

    def block(self, at: int, size: int) -> bytes:
        """Return a block; it is opened for each, so that nothing is left open."""
        with file_errors("read", self._path), self._path.open("rb") as file:
            file.seek(at)
            data = file.read(size)
        if len(data) < size:
            raise BatchFileError(f"{self._path} has become shorter while it was sent")
        return data


class _Upload(SingleExchange[None, BatchFile]):
    """Sends a form's head, the file's blocks, and the form's end."""

    sends_at_once = True

    def __init__(
        self, dialect: BatchApi[BatchFile], source: _Source, size: int, tail: bytes
    ) -> None:
        super().__init__(dialect, None)
        self._source, self._size, self._tail = source, size, tail

    def send_rest(self, timeout: Callable[[], float]) -> Flow[None]:
        for at in range(0, self._size, _BLOCK):
            block = yield Run(partial(self._source.block, at, min(_BLOCK, self._size - at)))
            yield Send(block, timeout())
        yield Send(self._tail, timeout())


class _Download(Exchange[None, bytes, None]):
    """Reads lines; a further try leaves out those that were given before."""

    resumes = True

    def __init__(self) -> None:
        super().__init__(BatchApi(ApiRequest(lines=True), lambda data, _: as_bytes(data)), None)
        self._given = 0

    def read(self, reading: Reading) -> _LineReader:
        return _LineReader(self)

    def give(self, number: int, line: bytes) -> tuple[bytes, ...]:
        """Return a line, unless it was given before."""
        if number <= self._given:
            return ()
        self._given = number
        return (line,)


class _LineReader:
    result = None

    def __init__(self, download: _Download) -> None:
        self.done = False
        self._download = download
        self._number = 0

    def receive(self, payload: str | bytes | None) -> tuple[Any, ...]:
        if payload is None:
            self.done = True
            return ()
        self._number += 1
        return self._download.give(self._number, as_bytes(payload))


def as_bytes(data: str | bytes) -> bytes:
    """Return a line as bytes."""
    return data.encode() if isinstance(data, str) else data
