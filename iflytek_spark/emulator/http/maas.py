"""Dialect B, the MaaS hosts, as the emulator speaks it (PROTOCOL-HTTP.md §7, §11)."""

from __future__ import annotations

from collections.abc import Iterator

from iflytek_spark.emulator.http.checks import bad_field, maas_errors
from iflytek_spark.emulator.http.dialect import ENGINE_CODES, RATE_CODES, DialectBase
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai import maas
from iflytek_spark.protocol.wire.openai.errors import HttpError, maas_error
from iflytek_spark.protocol.wire.openai.requests import MalformedError
from iflytek_spark.protocol.wire.openai.service_values import HttpAnswer, HttpChatRequest
from iflytek_spark.protocol.wire.values import RequestRefusedError

_NO_ROUTE, _NO_RIGHT, _NOT_IN_PLAN, _ENGINE_SCHEMA = 10404, 11200, 11221, 10163
_NO_RIGHT_TEXT = (
    "no valid authorization: the account lacks an active order, has insufficient quota, or the "
    "order is invalid"
)
_REFUSED = "status code: 400"
"""Stands in an engine's error that is the request's fault (§7)."""
_BAD_REQUEST = "invalid_request_error"


class MaasDialect(DialectBase):
    """Dialect B: plain OpenAI, with numbers for the codes of errors."""

    event = maas.EVENT
    sid_prefix = "cht"
    keeps_alive = False

    def find(self, path: str, model: str) -> ModelSpec:
        """Return the row of a model."""
        spec = self._rows.find(path, model)
        if spec is None:
            raise RequestRefusedError(_NO_ROUTE, "", "no category route found")
        self.check_right(model)
        return spec

    def check_right(self, model: str) -> None:
        """Check that the key may use a model.

        Raises:
            RequestRefusedError: when it may not.
        """
        allowed = self._options.allowed_models
        if allowed is None or model in allowed:
            return
        if self._options.plan:
            listed = ", ".join(sorted(allowed))
            raise RequestRefusedError(_NOT_IN_PLAN, "", f"the plan's models are: {listed}")
        raise RequestRefusedError(_NO_RIGHT, "", _NO_RIGHT_TEXT)

    def errors(self, request: HttpChatRequest, spec: ModelSpec) -> Iterator[RequestRefusedError]:
        """Yield what is refused in a request."""
        return maas_errors(request, spec, self._options)

    def malformed(self, error: MalformedError) -> RequestRefusedError:
        """Say what a body of another form is refused with."""
        return bad_field(f"invalid value of {error.place}" if error.place else "invalid json")

    def must_call(self, model: str) -> bool:
        """Tell whether a model obeys ``required``."""
        return model not in self._options.ignores_required

    def answer(self, request: HttpChatRequest, answer: HttpAnswer) -> bytes:
        """Write a whole answer."""
        return maas.encode_answer(answer)

    def chunks(self, request: HttpChatRequest, answer: HttpAnswer) -> Iterator[bytes]:
        """Write the payloads of a stream's events; the usage is among them unless refused."""
        style = self._options.usage_styles.get(request.model, "zeros")
        return maas.encode_chunks(answer, style, include_usage=request.include_usage is not False)

    def failure(self, sid: str, code: int, message: str, time: str) -> HttpError:
        """Write an error as a response."""
        if code in ENGINE_CODES:
            status = 400 if _REFUSED in message else 500
            return HttpError(status, maas.encode_failure(sid, code, message, time))
        if code == _ENGINE_SCHEMA:
            text = f"xunfei response error: sid: {sid} msg: {message} (request id: {sid})"
            return maas_error(self._options.max_tokens_status, None, text)
        if code == _NO_ROUTE:
            return maas_error(400, code, message)
        if code in (_NO_RIGHT, _NOT_IN_PLAN):
            return maas_error(403, code, message, "permission_error")
        if code in RATE_CODES:
            return maas_error(429, code, message, "rate_limit_error")
        return maas_error(400, code, message, _BAD_REQUEST)

    def event_failure(self, sid: str, code: int, message: str, time: str) -> bytes:
        """Write an error as an event of a stream that has begun."""
        return maas.encode_failure(sid, code, message, time)

    def begins_stream(self, code: int, message: str) -> bool:
        """Tell of the engine's errors inside a stream of status 200."""
        return code in ENGINE_CODES and _REFUSED not in message
