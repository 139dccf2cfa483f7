"""iFlytek Spark (讯飞星火) for Python: its signed WebSocket, sync, async and streaming.

Importing this package opens nothing and loads no socket or HTTP library.
"""

from __future__ import annotations

from iflytek_spark._version import __version__
from iflytek_spark.catalogue import list_models
from iflytek_spark.client import AsyncSparkClient, SparkClient, get_completion
from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import SparkError
from iflytek_spark.messages import (
    ChatResponse,
    Citation,
    ImagePart,
    Message,
    TextPart,
    Tool,
    ToolCall,
    Usage,
    WebSearch,
)
from iflytek_spark.model_spec import ModelSpec
from iflytek_spark.options import ChatOptions
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.service_values import EmbedOptions, GeneratedImage
from iflytek_spark.streams import AsyncChatStream, ChatStream
from iflytek_spark.timeouts import Timeouts

__all__ = [
    "AsyncChatStream",
    "AsyncSparkClient",
    "ChatOptions",
    "ChatResponse",
    "ChatStream",
    "Citation",
    "Citations",
    "ContentDelta",
    "Credentials",
    "EmbedOptions",
    "Event",
    "Finished",
    "GeneratedImage",
    "ImagePart",
    "Message",
    "ModelSpec",
    "ReasoningDelta",
    "SparkClient",
    "SparkError",
    "TextPart",
    "Timeouts",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "WebSearch",
    "__version__",
    "get_completion",
    "list_models",
]
