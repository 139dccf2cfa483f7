"""iFlytek Spark (讯飞星火) for Python: its signed WebSocket, sync, async and streaming.

Public is what this package exports, and what these of its modules do: ``errors``, ``settings`` and
``adapters`` (for writers of adapters), ``emulator``, ``gateway``. Importing it opens nothing, and
loads no WebSocket or HTTP library.
"""

from __future__ import annotations

from iflytek_spark._version import __version__
from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BatchFileError,
    ClockSkewError,
    ConfigurationError,
    ContentFilterError,
    ContextLengthError,
    EmptyResponseError,
    InternalServerError,
    InvalidRequestError,
    InvalidResponseError,
    InvalidRowError,
    JobError,
    MissingCredentialsError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RateStoreError,
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
    UnsupportedPart,
    Usage,
    WebSearch,
    Wire,
)
from iflytek_spark.models.catalogue import DEFAULT_MODEL, find_model, list_models
from iflytek_spark.models.routes import WireChoice
from iflytek_spark.models.services import (
    EMBEDDING,
    IMAGE_GENERATION,
    IMAGE_SIZES,
    MAX_IMAGE_PROMPT,
    EmbeddingKind,
    EmbedOptions,
    GeneratedImage,
    Progress,
    RankedDocument,
    RerankOptions,
    Service,
    TooLong,
    Vector,
)
from iflytek_spark.models.spec import ModelSpec, Range
from iflytek_spark.models.vector_models import EMBEDDING_SERVICES, RERANK_SERVICES
from iflytek_spark.protocol.events import (
    Citations,
    ContentDelta,
    Event,
    Finished,
    ReasoningDelta,
    ToolCallDelta,
)
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.requests.tokens import estimate_tokens
from iflytek_spark.requests.unsupported import Unsupported
from iflytek_spark.streams import AsyncChatStream, ChatStream
from iflytek_spark.timeouts import Timeouts

__all__ = [
    "DEFAULT_MODEL",
    "EMBEDDING",
    "EMBEDDING_SERVICES",
    "IMAGE_GENERATION",
    "IMAGE_SIZES",
    "MAX_IMAGE_PROMPT",
    "RERANK_SERVICES",
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AsyncChatStream",
    "AsyncSparkClient",
    "AuthenticationError",
    "BadRequestError",
    "BatchFileError",
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
    "EmptyResponseError",
    "Endpoint",
    "Event",
    "FinishReason",
    "Finished",
    "GeneratedImage",
    "ImagePart",
    "InternalServerError",
    "InvalidRequestError",
    "InvalidResponseError",
    "InvalidRowError",
    "JSONObject",
    "JobError",
    "Message",
    "MissingCredentialsError",
    "ModelSpec",
    "NotFoundError",
    "Part",
    "PermissionDeniedError",
    "PluginResult",
    "Progress",
    "ProtocolError",
    "Range",
    "RankedDocument",
    "RateLimitError",
    "RateStoreError",
    "ReasoningDelta",
    "RerankOptions",
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
    "Unsupported",
    "UnsupportedPart",
    "Usage",
    "Vector",
    "WebSearch",
    "Wire",
    "WireChoice",
    "__version__",
    "estimate_tokens",
    "find_model",
    "get_completion",
    "list_models",
]


def get_completion(prompt: str, model: str | ModelSpec = "v4.0", temperature: float = 0.1) -> str:
    """Ask one question, with credentials from the environment.

    Args:
        prompt: the question.
        model: any of a model's names.
        temperature: randomness, 0 to 1.

    Returns:
        The answer's text.

    Raises:
        SparkError: see :mod:`iflytek_spark.errors`.
    """
    return SparkClient(model=model).chat(prompt, temperature=temperature).text
