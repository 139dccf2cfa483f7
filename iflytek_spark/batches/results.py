"""The results of a batch, joined to its rows by their ids, whatever their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.batches.rows import BatchRequest, batch_model, checked_request
from iflytek_spark.batches.values import (
    BatchAnswer,
    BatchFailure,
    BatchResult,
    BatchSummary,
    UnreadableLine,
)
from iflytek_spark.errors import ProtocolError, SparkError
from iflytek_spark.messages import ChatResponse, Usage
from iflytek_spark.models.batches import Batch
from iflytek_spark.models.catalogue import DEFAULT_MODEL
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.openai_http import SPARK_OPEN_CHAT
from iflytek_spark.protocol.exchange import ChatReader
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.response import ResponseBuilder
from iflytek_spark.protocol.wire.batches.lines import ResultLine, decode_result
from iflytek_spark.requests.build import ChatRequest

RequestOf: TypeAlias = Mapping[str, BatchRequest] | Callable[[str], BatchRequest | None]
"""Gives the row that an id belongs to, or None."""

_END = "[DONE]"


class ResultJoiner:
    """Takes the lines of a batch's files and gives its results.

    Answers come as they are met. Failures come at the end, for rows that no line answers.
    """

    def __init__(
        self,
        batch: Batch,
        ids: Iterable[str] | None,
        requests: RequestOf | None,
        model: str | ModelSpec | None,
        reading: Reading,
    ) -> None:
        """Start before the first line; see :meth:`~iflytek_spark.batches.BatchClient.results`."""
        self._total = batch.counts.total
        self._expected = None if ids is None else dict.fromkeys(ids)
        self._requests, self._model, self._reading = requests, model, reading
        self._answered: set[str] = set()
        self._failures: dict[str, BatchFailure] = {}
        self._repeated: dict[str, None] = {}
        self._unexpected: dict[str, None] = {}
        self._unreadable: list[UnreadableLine] = []
        self._tokens = [0, 0, 0]
        self._unmetered = 0

    def add(self, file_id: str, number: int, line: bytes) -> Iterator[BatchResult]:
        """Take a line.

        Args:
            file_id: of which file.
            number: which line of it, counted from 1.
            line: the line.
        """
        if not line.strip():
            return
        try:
            result = self._read(line)
        except ProtocolError as error:
            unreadable = UnreadableLine(file_id, number, error.message)
            self._unreadable.append(unreadable)
            yield unreadable
        else:
            yield from self._join(result, number)

    def end(self) -> Iterator[BatchFailure]:
        """Return the failures, once all lines have come."""
        yield from self._failures.values()

    def summary(self) -> BatchSummary:
        """Return what has become of the rows so far."""
        known = self._answered | self._failures.keys()
        missing = tuple(each for each in self._expected or () if each not in known)
        count = None if self._total is None else max(self._total - len(known), 0)
        return BatchSummary(
            answered=len(self._answered),
            failed=len(self._failures),
            missing=missing,
            missing_count=count if self._expected is None else len(missing),
            repeated=tuple(self._repeated),
            unexpected=tuple(self._unexpected),
            unreadable=tuple(self._unreadable),
            usage=Usage(*self._tokens),
            unmetered=self._unmetered,
        )

    def _read(self, line: bytes) -> ResultLine:
        if len(line) > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"it has more than {MAX_MESSAGE_BYTES} bytes")
        return decode_result(line, Deviations(self._reading.strict))

    def _join(self, result: ResultLine, number: int) -> Iterator[BatchAnswer]:
        custom_id, error = result.custom_id, result.error
        if custom_id in self._answered or custom_id in self._failures:
            self._repeated[custom_id] = None
        elif self._expected is not None and custom_id not in self._expected:
            self._unexpected[custom_id] = None
        if custom_id in self._answered:
            return
        if error is None:
            try:
                response = self._answer(custom_id, result.body)
            except SparkError as failure:
                error = failure
            else:
                self._answered.add(custom_id)
                self._failures.pop(custom_id, None)
                self._count(response)
                yield BatchAnswer(custom_id, response, number)
                return
        self._failures.setdefault(custom_id, BatchFailure(custom_id, error, number))

    def _answer(self, custom_id: str, body: str) -> ChatResponse:
        row = self._row(custom_id)
        model = self._model
        request = (
            plain_request(model) if row is None else checked_request(row, model or DEFAULT_MODEL)
        )
        return read_answer(body, request, self._reading)

    def _row(self, custom_id: str) -> BatchRequest | None:
        requests = self._requests
        if requests is None:
            return None
        return requests.get(custom_id) if isinstance(requests, Mapping) else requests(custom_id)

    def _count(self, response: ChatResponse) -> None:
        usage = response.usage
        if usage is None:
            self._unmetered += 1
            return
        counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
        self._tokens = [before + more for before, more in zip(self._tokens, counts, strict=True)]


def read_result(
    line: bytes, number: int, *, request: ChatRequest | None = None, strict: bool = False
) -> BatchAnswer | BatchFailure:
    """Read one line of results, apart from all others.

    Args:
        line: the line.
        number: which it is, counted from 1.
        request: what was asked, or None.
        strict: whether deviations are an error.

    Raises:
        ProtocolError: when it belongs to no row; it quotes nothing.
    """
    if len(line) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"it has more than {MAX_MESSAGE_BYTES} bytes")
    found = decode_result(line, Deviations(strict))
    if found.error is not None:
        return BatchFailure(found.custom_id, found.error, number)
    try:
        answer = read_answer(found.body, request or plain_request(None), Reading(strict))
    except SparkError as error:
        return BatchFailure(found.custom_id, error, number)
    return BatchAnswer(found.custom_id, answer, number)


def read_answer(body: str, request: ChatRequest, reading: Reading) -> ChatResponse:
    """Read the body of an answer as that of a live call is read.

    Raises:
        SparkError: as a live call does.
    """
    reader = ChatReader(SPARK_OPEN_CHAT, SPARK_OPEN_CHAT.answers, request, reading)
    builder = ResponseBuilder(request.spec.name)
    for payload in (body, _END, None):
        for event in reader.receive(payload):
            builder.add(event)
        if reader.done:
            break
    return builder.build()


def plain_request(model: str | ModelSpec | None) -> ChatRequest:
    """Return a request of which nothing is known but perhaps the model."""
    spec = ModelSpec(name="", domain="", url="") if model is None else batch_model(model)
    return ChatRequest(spec, ())
