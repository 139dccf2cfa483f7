"""The Batch API on the emulator's port (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.batches.clock import BatchClock
from iflytek_spark.emulator.batches.content import send_content
from iflytek_spark.emulator.batches.files import INPUT_KEPT, FileStore
from iflytek_spark.emulator.batches.options import BatchFate, BatchOptions
from iflytek_spark.emulator.batches.rows import RowAnswerer
from iflytek_spark.emulator.batches.runner import BatchRun
from iflytek_spark.emulator.batches.upload import Upload
from iflytek_spark.emulator.connections.http import JSON, HttpConnection, HttpRequest, Sink
from iflytek_spark.emulator.connections.player import play
from iflytek_spark.emulator.plan import Fault, Send
from iflytek_spark.emulator.request_log import RequestLog, SeenRequest
from iflytek_spark.emulator.signed_service import SignedService, scripted
from iflytek_spark.models.batches import Batch
from iflytek_spark.protocol.wire.batches import server as wire
from iflytek_spark.protocol.wire.batches.shapes import (
    BATCHES,
    ENDPOINT,
    FILES,
    MAX_FILE_BYTES,
    PURPOSE,
    WINDOW,
)
from iflytek_spark.protocol.wire.openai.errors import HttpError, open_error
from iflytek_spark.protocol.wire.openai.requests import MalformedError

_BASE = "/v1"
_PATH = re.compile(rf"{_BASE}({FILES}|{BATCHES})(?:/([^/?]+)(?:/(content|cancel))?)?/?", re.ASCII)
_DAY = 24 * 3600


_Route: TypeAlias = tuple[str, str, bool, str]


class _Asked(NamedTuple):
    """A request, its id if it names one, and the parameters of its query."""

    request: HttpRequest
    id: str
    query: Mapping[str, str]


class BatchService(SignedService):
    """Keeps files, runs batches, and answers what is asked of both."""

    def __init__(
        self,
        credentials: Credentials,
        log: RequestLog,
        options: BatchOptions,
        answerer: Callable[[BatchClock, SignedService], RowAnswerer],
        clock: Callable[[], float],
    ) -> None:
        """Set up.

        Args:
            credentials: of the account.
            log: where everything is noted.
            options: what it does where evidence is thin.
            answerer: makes what answers rows, of the batches' clock and this service.
            clock: gives the seconds since 1970, for the dates of responses.
        """
        super().__init__(credentials, log, clock)
        self._options = options
        self._time = BatchClock(options.speed)
        self._files = FileStore(self._time.now)
        self._answerer = answerer(self._time, self)
        self._fates: deque[BatchFate | None] = deque()
        self._runs: dict[str, BatchRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)

    def script(self, *fates: BatchFate | None) -> None:
        """Queue fates: each batch that is made takes the next, None for the usual one."""
        self._fates.extend(fates)

    def sink(self, method: str, target: str, headers: Mapping[str, str]) -> Sink | None:
        """Return what takes the body of an upload, or None for any other request."""
        if method != "POST" or target.partition("?")[0] != f"{_BASE}{FILES}":
            return None
        left = max(min(MAX_FILE_BYTES, self._options.max_bytes - self._files.total), 0)
        return Upload(headers.get("content-type", ""), self._files, left)

    @staticmethod
    def serves(request: HttpRequest) -> bool:
        """Tell whether a request is for this service."""
        return _PATH.fullmatch(request.path) is not None

    async def stop(self) -> None:
        """End all batches, and delete all files."""
        for run in self._runs.values():
            run.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._files.close()

    async def answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        """Answer one request, and return whether a further one may follow."""
        try:
            return await self._answer(connection, request)
        finally:
            if isinstance(request.sink, Upload) and not request.sink.kept:
                request.sink.discard()

    async def _answer(self, connection: HttpConnection, request: HttpRequest) -> bool:
        handshake, faults = self._log.handshake(request.path, request.headers)
        if (goes_on := await self.hindered(connection, scripted(faults))) is not None:
            return goes_on
        refused = self._answerer.dialect.unauthorized(request.headers.get("authorization", ""))
        if refused is not None:
            return await self._respond(connection, refused)
        self._log.request(SeenRequest(handshake, request.body))
        if request.method == "GET" and request.path.endswith("/content"):
            return await self._content(connection, request, faults)
        answered = self._answered(request)
        if isinstance(answered, HttpError):
            return await self._respond(connection, answered)
        return await self._play(connection, answered, faults)

    async def _respond(self, connection: HttpConnection, error: HttpError) -> bool:
        headers = {"Date": self.date, **JSON}
        await connection.respond(error.status, error.body.decode(), headers)
        return True

    async def _play(
        self, connection: HttpConnection, body: bytes, faults: tuple[Fault, ...]
    ) -> bool:
        connection.accept(self.date, lambda error: open_error(500, error.code, error.message))
        end = await play(self.plan(self.new_sid("bat"), (Send(body),), faults), connection)
        return end is not None and end.code == assumptions.CLOSE_CODE

    async def _content(
        self, connection: HttpConnection, request: HttpRequest, faults: tuple[Fault, ...]
    ) -> bool:
        match = _PATH.fullmatch(request.path)
        file = self._files.get(unquote(match[2])) if match else None
        if file is None:
            return await self._respond(connection, _NO_FILE)
        make_plan = partial(self.plan, self.new_sid("bat"))
        return await send_content(
            connection, self._files.open(file), file.size or 0, self.date, faults, make_plan
        )

    def _answered(self, request: HttpRequest) -> bytes | HttpError:
        match = _PATH.fullmatch(request.path)
        kind, asked, action = match.groups("") if match else ("", "", "")
        route = self._routes.get((request.method, kind, bool(asked), action))
        if route is None:
            return HttpError(404, assumptions.UNKNOWN_PATH.encode())
        query = parse_qs(urlsplit(request.target).query)
        first = {key: values[0] for key, values in query.items()}
        return route(_Asked(request, unquote(asked), first))

    @property
    def _routes(self) -> Mapping[_Route, Callable[[_Asked], bytes | HttpError]]:
        """What is answered: by method, kind, whether an id is named, and what is done with it."""
        return {
            ("POST", FILES, False, ""): self._add_file,
            ("GET", FILES, False, ""): self._list_files,
            ("GET", FILES, True, ""): self._get_file,
            ("DELETE", FILES, True, ""): self._delete_file,
            ("POST", BATCHES, False, ""): self._add_batch,
            ("GET", BATCHES, False, ""): self._list_batches,
            ("GET", BATCHES, True, ""): self._get_batch,
            ("POST", BATCHES, True, "cancel"): self._cancel,
        }

    def _add_file(self, asked: _Asked) -> bytes | HttpError:
        upload = asked.request.sink
        if not isinstance(upload, Upload):
            return open_error(400, None, "no form")
        upload.finish()
        if upload.problem:
            return open_error(400, None, upload.problem)
        if upload.purpose != PURPOSE:
            return open_error(400, None, f"purpose must be {PURPOSE}")
        if not upload.name.endswith(".jsonl"):
            return open_error(400, None, "the file's name must end in .jsonl")
        return wire.encode_file(upload.keep(INPUT_KEPT))

    def _get_file(self, asked: _Asked) -> bytes | HttpError:
        file = self._files.get(asked.id)
        return _NO_FILE if file is None else wire.encode_file(file)

    def _delete_file(self, asked: _Asked) -> bytes | HttpError:
        return wire.encode_deleted(asked.id) if self._files.delete(asked.id) else _NO_FILE

    def _list_files(self, asked: _Asked) -> bytes | HttpError:
        size, page = self._size(asked.query.get("size")), asked.query.get("page", "1")
        if not size or not page.isdecimal() or page == "0":
            return open_error(400, None, "page and size are whole numbers above 0")
        start = (int(page) - 1) * size
        files = list(self._files)
        more = len(files) > start + size if self._options.has_more else None
        shapes = [wire.file_shape(file) for file in files[start : start + size]]
        return wire.encode_page(shapes, more=more)

    def _get_batch(self, asked: _Asked) -> bytes | HttpError:
        run = self._runs.get(asked.id)
        return _NO_BATCH if run is None else wire.encode_batch(run.batch)

    def _list_batches(self, asked: _Asked) -> bytes | HttpError:
        size, ids = self._size(asked.query.get("limit")), [*reversed(self._runs)]
        after = asked.query.get("after", "")
        if not size or (after and after not in self._runs):
            return open_error(400, None, "limit is a whole number above 0, after a batch's id")
        start = ids.index(after) + 1 if after else 0
        more = len(ids) > start + size if self._options.has_more else None
        chosen = ids[start : start + size]
        return wire.encode_page(
            [wire.batch_shape(self._runs[each].batch) for each in chosen], more=more
        )

    def _size(self, given: str | None) -> int:
        """Return the size of a page, 0 for what is none."""
        if given is None:
            return min(20, self._options.page_size)
        return min(int(given), self._options.page_size) if given.isdecimal() else 0

    def _add_batch(self, asked: _Asked) -> bytes | HttpError:
        try:
            new = wire.decode_new_batch(asked.request.body)
        except MalformedError as error:
            return open_error(400, 10003, f"invalid data {error.place}".strip())
        if (new["endpoint"], new["completion_window"]) != (ENDPOINT, WINDOW):
            return open_error(
                400, 10005, f"endpoint must be {ENDPOINT}, completion_window {WINDOW}"
            )
        if self._files.get(new["input_file_id"]) is None:
            return _NO_FILE
        now = int(self._time.now())
        batch = Batch(
            id=f"batch_{next(self._numbers):08x}{now:x}",
            status="validating",
            input_file_id=new["input_file_id"],
            endpoint=ENDPOINT,
            completion_window=WINDOW,
            created_at=now,
            expires_at=now + _DAY,
            metadata=new.get("metadata") or {},
        )
        self._start(batch)
        return wire.encode_batch(batch)

    def _start(self, batch: Batch) -> None:
        fate = (self._fates.popleft() if self._fates else None) or self._options.fate
        run = BatchRun(
            batch,
            fate,
            self._files,
            self._answerer,
            own_error_file=self._options.errors == "own_file",
            delay=self._options.delay,
            clock=self._time,
        )
        self._runs[batch.id] = run
        task = asyncio.get_running_loop().create_task(run.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _cancel(self, asked: _Asked) -> bytes | HttpError:
        run = self._runs.get(asked.id)
        if run is None:
            return _NO_BATCH
        if run.batch.ended:
            return open_error(400, None, f"the batch is {run.batch.status}")
        run.cancel()
        return wire.encode_batch(run.batch)


_NO_FILE = open_error(404, None, "no such file")
_NO_BATCH = open_error(404, None, "no such batch")
