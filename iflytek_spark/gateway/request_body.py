"""Reads what a caller sent, once for all routes; what is large is worked on off the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, ParamSpec, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from iflytek_spark.gateway.middleware.request_log_record import record_of
from iflytek_spark.gateway.openai.parsing import parse_body
from iflytek_spark.gateway.state import GatewayState
from iflytek_spark.gateway.work import in_thread

_MAX_INLINE_BYTES = 16 * 1024

_Body = TypeVar("_Body", bound=BaseModel)
_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sent(Generic[_Body]):
    """A request's body, read; its bytes are forgotten, since an image may be large.

    Attributes:
        body: what it says.
        large: whether work on it could keep the loop from other callers.
    """

    body: _Body
    large: bool

    async def work(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Do something with it: here if it is short, else in a thread."""
        if not self.large:
            return work(*args, **kwargs)
        return await in_thread(work, *args, **kwargs)


async def read_request(request: Request, state: GatewayState, model: type[_Body]) -> Sent[_Body]:
    """Read a request's JSON, and have its record note which fields go nowhere.

    Raises:
        GatewayError: when it is no JSON, holds too much, or a field is wrong.
    """
    data = bytearray()
    async for chunk in request.stream():  # so no copy stays with the request
        data += chunk
    large, unsupported = _is_large(data), state.settings.unsupported
    if large:
        body, ignored = await in_thread(parse_body, model, data, unsupported)
    else:
        body, ignored = parse_body(model, data, unsupported)
    record_of(request.scope).ignored = ignored
    return Sent(body, large)


def _is_large(data: bytearray) -> bool:
    """References of schemas (``$ref``) make much of little, so what has any is large."""
    return len(data) > _MAX_INLINE_BYTES or b"$" in data or b"\\u0024" in data
