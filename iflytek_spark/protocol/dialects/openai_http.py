"""Chat over HTTP in OpenAI's form and near it, in two dialects (PROTOCOL-HTTP.md §1)."""

from __future__ import annotations

from collections.abc import Callable

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.bearer import MAAS_KEY_HINT, maas_key, open_key
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.chunks import ChunkProtocol
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.protocol.wire.openai.chat_writer import MAAS, SPARK_OPEN, ChatForm, encode_chat
from iflytek_spark.protocol.wire.openai.chunk_reader import decode_event
from iflytek_spark.requests.build import ChatRequest


class HttpChat:
    """See :class:`~iflytek_spark.protocol.dialects.base.Dialect`."""

    answers: type[ChatProtocol] = ChunkProtocol

    def __init__(self, form: ChatForm, key: Callable[[Credentials], str], key_hint: str) -> None:
        """Set a dialect up.

        Args:
            form: its own ways of writing.
            key: gives the key that goes with each request.
            key_hint: what to check when that is refused.
        """
        self._form = form
        self._key = key
        self._key_hint = key_hint

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Send the key along."""
        headers = {
            "Authorization": f"Bearer {self._key(credentials)}",
            "Content-Type": "application/json",
            "Accept": "text/event-stream",
        }
        return Opening(url, headers, self._key_hint)

    def encode(self, request: ChatRequest, app_id: str, uid: str) -> str:
        """Write the body that asks."""
        return encode_chat(request, uid, self._form)

    def decode(self, data: str | bytes, noted: Deviations) -> Frame:
        """Read one event of the answer."""
        return decode_event(data, noted)


OPEN_KEY_HINT = (
    "check api_password, which is the APIPassword on this very model's page of the console, or "
    "api_key and api_secret; a MaaS key, or an APIKey alone, is none of them"
)
"""What to check when ``spark-api-open`` refuses the key."""

SPARK_OPEN_CHAT = HttpChat(SPARK_OPEN, open_key, OPEN_KEY_HINT)
"""``spark-api-open``: Spark's models up to X2-Flash."""

MAAS_CHAT = HttpChat(MAAS, maas_key, MAAS_KEY_HINT)
"""The MaaS hosts: Spark X2.5 and the models that the vendor hosts."""
