"""The dialects that Spark is spoken to in, by the name that a model's row gives.

A further one is a module here and a row below; what it lacks stands on the rows of its models.
"""

from __future__ import annotations

from collections.abc import Mapping

from iflytek_spark.protocol.dialects.base import Dialect
from iflytek_spark.protocol.dialects.websocket import WebSocketChat
from iflytek_spark.protocol.wire.chat_client import Frame
from iflytek_spark.requests.build import ChatRequest

CHAT_DIALECTS: Mapping[str, Dialect[ChatRequest, Frame]] = {"websocket": WebSocketChat()}
"""The dialects of chat."""
