"""How the rows of a batch are checked and answered: by the same responder as live chats."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

from iflytek_spark.emulator.batches.clock import BatchClock
from iflytek_spark.emulator.batches.options import BatchFate
from iflytek_spark.emulator.checks import check_length
from iflytek_spark.emulator.http.chat import http_answer, seen_chat
from iflytek_spark.emulator.http.dialect import ServiceDialect
from iflytek_spark.emulator.responder import Responder
from iflytek_spark.emulator.signed_service import SignedService
from iflytek_spark.errors import InvalidRowError
from iflytek_spark.models.batches import BatchProblem
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.batches.rows import Row, read_row
from iflytek_spark.protocol.wire.batches.server import encode_result
from iflytek_spark.protocol.wire.batches.shapes import MAX_LINES
from iflytek_spark.protocol.wire.openai.requests import MalformedError, decode_chat
from iflytek_spark.protocol.wire.values import RequestRefusedError

_ANY_NUMBER = 128
_MAX_PROBLEMS = 50
_OK = 200
_MOMENT = 0.1
"""Seconds after which the batch's counts are written anew."""
_WHOLE = 1_000_000
"""Characters of a chunk: a whole answer is one."""


def check_rows(path: Path, models: Iterable[str]) -> tuple[int, tuple[BatchProblem, ...]]:
    """Check an input file as it is documented (PROTOCOL-HTTP.md §9).

    Returns:
        How many rows it has, and what is wrong with the first of those that are wrong.
    """
    problems: list[BatchProblem] = []
    seen: set[str] = set()
    first, number, known = "", 0, frozenset(models)
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = read_row(line, number)
            except InvalidRowError as error:
                problems.append(BatchProblem("invalid_line", error.message, number))
            else:
                first = first or row.model
                problems += _row_problems(row, number, first, seen, known)
                seen.add(row.custom_id)
            if len(problems) >= _MAX_PROBLEMS or number > MAX_LINES:
                break
    if number > MAX_LINES:
        problems.append(BatchProblem("too_many_lines", f"more than {MAX_LINES} lines"))
    if not number:
        problems.append(BatchProblem("empty_file", "the file has no lines"))
    return number, tuple(problems)


def _row_problems(
    row: Row, number: int, first: str, seen: set[str], known: frozenset[str]
) -> Iterator[BatchProblem]:
    if row.custom_id in seen:
        yield BatchProblem("duplicate_custom_id", "custom_id is not unique", number)
    if row.model not in known:
        yield BatchProblem("model_not_found", f"model {row.model} is not served", number)
    if row.model != first:
        yield BatchProblem("mismatched_model", "the file has several models", number)


class RowAnswerer:
    """Answers rows, in threads.

    Attributes:
        dialect: how answers and errors are written.
        models: those that the Batch API has, by its names.
    """

    def __init__(
        self,
        dialect: ServiceDialect,
        models: Iterable[ModelSpec],
        responder: Responder,
        clock: BatchClock,
        service: SignedService,
    ) -> None:
        """Set up.

        Args:
            dialect: how answers and errors are written.
            models: of all models; those that the Batch API has say so.
            responder: finds the replies.
            clock: that of the batches.
            service: makes session ids, and the times that errors name.
        """
        self.dialect = dialect
        rows = (row for spec in models for row in (spec, *spec.over))
        self.models = {row.batch_model: row for row in rows if row.batch_model}
        self._responder = responder
        self._clock, self._service = clock, service
        self._numbers = itertools.count(1)

    def note(self, error: BaseException) -> None:
        """Keep what the program's own function has raised."""
        self._responder.note(error)

    def new_number(self) -> str:
        """Return the id of a further line of results."""
        return f"batch_req_{next(self._numbers):08x}"

    def answer(self, row: Row, code: int = 0) -> tuple[bool, bytes]:
        """Answer a row, or fail it with a code.

        Returns:
            Whether it was answered, and its line of results.
        """
        sid, prefix = self._service.new_sid(self.dialect.sid_prefix), self.new_number()
        try:
            body, status = self._chat(row, sid, code), _OK
        except (RequestRefusedError, MalformedError) as error:
            refused = self.dialect.malformed(error) if isinstance(error, MalformedError) else error
            words = f"{refused.name}:({self._service.china_time}) {refused.detail}"
            status, body = self.dialect.failure(sid, refused.code, words, self._service.china_time)
        answered = status == _OK and not code
        return answered, encode_result(prefix, row.custom_id, status, sid, body)

    def _chat(self, row: Row, sid: str, code: int) -> bytes:
        if code:
            raise RequestRefusedError(code, "InjectedError", "on demand")
        chat = decode_chat(json.dumps(row.body).encode())
        spec = self.models[row.model]
        for error in self.dialect.errors(chat, spec):
            raise error
        seen = seen_chat(chat, spec, self.dialect)
        check_length(seen)
        reply = self._responder.reply_now(seen, max_calls=_ANY_NUMBER)
        answer = http_answer(sid, self._clock.now(), chat, seen, reply, _WHOLE)
        return self.dialect.answer(chat, answer)


class Rows:
    """The rows of a batch, as they are answered.

    Attributes:
        asked: how many were.
        failed: how many of them have failed.
    """

    def __init__(self, lines: Iterable[bytes], fate: BatchFate) -> None:
        """Start before the first of the file's lines."""
        self.asked = self.failed = 0
        self._rows = (read_row(line, number) for number, line in enumerate(lines, 1))
        self._fate = fate

    def answer_some(self, answerer: RowAnswerer, stop: int, add: Add) -> None:
        """Answer rows for a moment, but no more than ``stop`` in all."""
        until = time.monotonic() + _MOMENT
        for row in islice(self._rows, stop - self.asked):
            self.asked += 1
            code = self._fate.code if _every(self._fate.failing, self.asked) else 0
            answered, line = answerer.answer(row, code)
            self.failed += not answered
            for each in _lines_of(self._fate, self.asked, line):
                add(each, failed=not answered)
            if time.monotonic() > until:
                return

    def left(self) -> Iterator[Row]:
        """Yield the rows that were not asked."""
        return self._rows


class Add(Protocol):
    """Takes a line of results."""

    def __call__(self, line: bytes, *, failed: bool) -> None:
        """Write it."""


def _lines_of(fate: BatchFate, number: int, line: bytes) -> list[bytes]:
    """Return the lines of results that a row gets."""
    if _every(fate.missing, number):
        return []
    if _every(fate.garbled, number):
        line = line[: len(line) // 2] + b"\n"
    return [line, line] if _every(fate.repeated, number) else [line]


def _every(step: int, number: int) -> bool:
    return bool(step) and number % step == 0
