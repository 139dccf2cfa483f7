"""Dialect A, ``spark-api-open``, as the emulator speaks it (PROTOCOL-HTTP.md §7, §11)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iflytek_spark.emulator.http.checks import INVALID_DATA, open_errors
from iflytek_spark.emulator.http.dialect import ENGINE_CODES, RATE_CODES, DialectBase
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai import spark_open
from iflytek_spark.protocol.wire.openai.errors import HttpError, open_error
from iflytek_spark.protocol.wire.openai.requests import MalformedError
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, HttpChatRequest
from iflytek_spark.protocol.wire.openai.shapes import CallsForm
from iflytek_spark.protocol.wire.values import RequestRefusedError

_MODERATED = frozenset({10013, 10014, 10019})
_ENTITLEMENT = frozenset({10015, 10016, 11200})


class OpenDialect(DialectBase):
    """Dialect A: a code in each body, texts for the codes of errors, no finish_reason."""

    event = spark_open.EVENT
    sid_prefix = "cha"
    keeps_alive = True

    def find(self, path: str, model: str) -> ModelSpec:
        """Return the row of a model."""
        spec = self._rows.find(path, model)
        if spec is None:
            raise RequestRefusedError(10005, "", f"invalid param model:{model}")
        return spec

    def errors(self, request: HttpChatRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
        """Yield what is refused in a request."""
        return open_errors(request, spec, self._options)

    def malformed(self, error: MalformedError) -> RequestRefusedError:
        """Say what a body of another form is refused with."""
        return INVALID_DATA

    def must_call(self, model: str) -> bool:
        """Obey ``required``: at least one."""
        return True

    def answer(self, request: HttpChatRequest, answer: HttpAnswer) -> bytes:
        """Write a whole answer."""
        return spark_open.encode_answer(self._answered(answer), self._form(request))

    def chunks(self, request: HttpChatRequest, answer: HttpAnswer) -> Iterator[bytes]:
        """Write the payloads of a stream's events."""
        return spark_open.encode_chunks(self._answered(answer), self._form(request))

    def failure(self, sid: str, code: int, message: str, time: str) -> HttpError:
        """Write an error as a response."""
        if code in _MODERATED and self._options.moderation == "code":
            return HttpError(200, spark_open.encode_failure(sid, code, message))
        return open_error(self._status(code), code, f"{message} (sid: {sid})")

    def event_failure(self, sid: str, code: int, message: str, time: str) -> bytes:
        """Write an error as an event of a stream that has begun."""
        return spark_open.encode_failure(sid, code, message)

    def begins_stream(self, code: int, message: str) -> bool:
        """Answer errors before the first event with a status."""
        return False

    def _answered(self, answer: HttpAnswer) -> HttpAnswer:
        return answer if self._options.search_pages else replace(answer, pages=())

    def _status(self, code: int) -> int:
        if code in RATE_CODES:
            return self._options.rate_status
        return 500 if code in ENGINE_CODES | _ENTITLEMENT else 400

    def _form(self, request: HttpChatRequest) -> CallsForm:
        return "array" if request.calls_switch else self._options.calls_form
