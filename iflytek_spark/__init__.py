"""iFlytek Spark (讯飞星火) for Python: its signed WebSocket, sync, async and streaming.

Public is what this package exports, and what these of its modules do: ``errors``, ``settings`` and
``adapters`` (for writers of adapters), ``emulator``, ``gateway``. Importing it opens nothing, and
loads no WebSocket or HTTP library.
"""

from __future__ import annotations

from iflytek_spark._version import __version__
from iflytek_spark.catalogue import DEFAULT_MODEL, list_models
from iflytek_spark.catalogue import resolve as find_model
from iflytek_spark.client import AsyncSparkClient, SparkClient, get_completion
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ClockSkewError,
    ConfigurationError,
    ContentFilterError,
    ContextLengthError,
    EmptyAnswerError,
    InternalServerError,
    InvalidAnswerError,
    InvalidFrameError,
    InvalidRequestError,
    MissingCredentialsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
    ToolNotCalledError,
    UnknownModelError,
)
from iflytek_spark.messages import (
    ChatResponse,
    Citation,
    FinishReason,
    ImagePart,
    JSONObject,
    Message,
    Part,
    PluginResult,
    Role,
    TextPart,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    Usage,
    WebSearch,
)
from iflytek_spark.model_spec import Interval, ModelSpec
from iflytek_spark.options import ChatOptions
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.service_values import (
    EMBEDDING,
    IMAGE_GENERATION,
    IMAGE_SIZES,
    MAX_IMAGE_PROMPT,
    EmbeddingKind,
    EmbedOptions,
    GeneratedImage,
    Progress,
    Service,
    TooLong,
    Vector,
)
from iflytek_spark.streams import AsyncChatStream, ChatStream
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.tokens import estimate_tokens

__all__ = [
    "DEFAULT_MODEL",
    "EMBEDDING",
    "IMAGE_GENERATION",
    "IMAGE_SIZES",
    "MAX_IMAGE_PROMPT",
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AsyncChatStream",
    "AsyncSparkClient",
    "AuthenticationError",
    "BadRequestError",
    "ChatOptions",
    "ChatResponse",
    "ChatStream",
    "Citation",
    "Citations",
    "ClockSkewError",
    "ConfigurationError",
    "ContentDelta",
    "ContentFilterError",
    "ContextLengthError",
    "Credentials",
    "EmbedOptions",
    "EmbeddingKind",
    "EmptyAnswerError",
    "Endpoint",
    "Event",
    "FinishReason",
    "Finished",
    "GeneratedImage",
    "ImagePart",
    "InternalServerError",
    "Interval",
    "InvalidAnswerError",
    "InvalidFrameError",
    "InvalidRequestError",
    "JSONObject",
    "Message",
    "MissingCredentialsError",
    "ModelSpec",
    "NotFoundError",
    "Part",
    "PermissionDeniedError",
    "PluginResult",
    "Progress",
    "RateLimitError",
    "ReasoningDelta",
    "Role",
    "Service",
    "SparkClient",
    "SparkError",
    "StreamInterruptedError",
    "TextPart",
    "Thinking",
    "Timeouts",
    "TooLong",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolChoice",
    "ToolNotCalledError",
    "UnknownModelError",
    "Usage",
    "Vector",
    "WebSearch",
    "__version__",
    "estimate_tokens",
    "find_model",
    "get_completion",
    "list_models",
]
