"""Chat over the signed WebSocket (PROTOCOL.md §2)."""

from __future__ import annotations

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.bearer import app_of
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.protocol.wire.chat_client import decode_frame, encode_request
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.protocol.wire.signing import sign_url
from iflytek_spark.requests.build import ChatRequest


class WebSocketChat:
    """See :class:`~iflytek_spark.protocol.dialects.base.Dialect`."""

    answers: type[ChatProtocol] = ChatProtocol

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Sign the address (§2.1)."""
        return Opening(sign_url(url, app_of(credentials), now))

    def encode(self, request: ChatRequest, app_id: str, uid: str) -> str:
        """Write the one frame that asks (§2.2)."""
        return encode_request(request, app_id, uid)

    def decode(self, data: str | bytes, noted: Deviations) -> Frame:
        """Read one frame of the answer (§2.3)."""
        return decode_frame(data, noted)
