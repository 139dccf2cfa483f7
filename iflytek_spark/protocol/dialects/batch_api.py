"""The Batch API: requests with a key, each for one JSON object (PROTOCOL-HTTP.md §9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.bearer import open_key
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.dialects.openai_http import OPEN_KEY_HINT
from iflytek_spark.protocol.steps import Opening

T = TypeVar("T")


class ApiRequest(NamedTuple):
    """A request of the Batch API.

    Attributes:
        method: the method of HTTP.
        body: the body, if it has one.
        content_type: what the body is.
        length: bytes of a body that is sent in parts.
        lines: whether the answer is read by lines.
    """

    method: str = "GET"
    body: str | bytes = b""
    content_type: str = "application/json"
    length: int | None = None
    lines: bool = False


class BatchApi(Generic[T]):
    """One kind of request; see :class:`~iflytek_spark.protocol.dialects.base.Dialect`."""

    def __init__(self, request: ApiRequest, decode: Callable[[str | bytes, Deviations], T]) -> None:
        """Set it up with what reads its answer."""
        self._request = request
        self.decode = decode

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Send the key along."""
        asked = self._request
        headers = {"Authorization": f"Bearer {open_key(credentials)}", "Accept": "*/*"}
        if asked.method == "POST":
            headers["Content-Type"] = asked.content_type
        return Opening(url, headers, OPEN_KEY_HINT, asked.method, asked.length, asked.lines)

    def encode(self, request: object, app_id: str, uid: str) -> str | bytes:
        """Return the body, or the first part of it."""
        return self._request.body
