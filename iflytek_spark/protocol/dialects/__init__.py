"""The dialects that Spark is spoken to in, by the name that a model's row gives.

A further one is a module here and a row below; what it lacks stands on the rows of its models.
"""

from __future__ import annotations

from collections.abc import Mapping

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.dialects.base import ChatDialect
from iflytek_spark.protocol.dialects.openai_http import MAAS_CHAT, SPARK_OPEN_CHAT
from iflytek_spark.protocol.dialects.websocket import WebSocketChat

CHAT_DIALECTS: Mapping[str, ChatDialect] = {
    "websocket": WebSocketChat(),
    "spark-open": SPARK_OPEN_CHAT,
    "maas": MAAS_CHAT,
}
"""The dialects of chat."""


def chat_dialect(spec: ModelSpec) -> ChatDialect:
    """Return the dialect in which a model is spoken to.

    Raises:
        ConfigurationError: for a row that names no dialect of ours.
    """
    found = CHAT_DIALECTS.get(spec.dialect)
    if found is None:
        raise ConfigurationError(
            f"model {spec.name!r} speaks {spec.dialect!r}, which is no dialect of this library",
            hint=f"these are: {', '.join(CHAT_DIALECTS)}",
        )
    return found
