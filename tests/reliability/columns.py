"""The columns of the matrix: surfaces of which all must do the same, and what failures are called.

The surfaces themselves stand in ``tests/_support/surfaces.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from iflytek_spark import errors
from iflytek_spark.emulator.faults import Replay
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.errors import SparkError
from tests._support.calls import Surface, Target
from tests._support.gateway import ToldError
from tests._support.surfaces import PASSAGE, SURFACES
from tests.contract.cases import Dialect
from tests.reliability.recording import RECORDED, TEXT, recorded
from tests.reliability.targets import over_http
from tests.unit.embeddings.embedding_helpers import near

Service: TypeAlias = Literal["chat", "post"]
Kind: TypeAlias = type[SparkError]


def core_name(kind: Kind) -> str:
    """The core's exceptions are its own."""
    return kind.__name__


def class_name(error: BaseException) -> str:
    return type(error).__name__


def is_text(answer: object) -> bool:
    return answer == TEXT


def is_vector(vectors: object) -> bool:
    return isinstance(vectors, list) and near(vectors[0], text_vector(PASSAGE, "para"))


@dataclass(frozen=True)
class Column:
    """A column of the matrix.

    Attributes:
        name: its heading.
        names: the surfaces' names.
        service: the chat's WebSocket, or a signed POST.
        named: what a failure of the core is called here.
        named_inside: what it is called after a part of the answer; as ``named`` by default.
        told: what an exception is called that comes out.
        drains: whether an answer that is left is first read to its end, or to a time-out, by a
            framework that does not let go of it.
        wire: how a chat is spoken.
        remote: whether another process than the caller's asks the service, so that a caller who
            exits just hangs up; it is started before.
    """

    name: str
    names: tuple[str, ...]
    service: Service = "chat"
    named: Callable[[Kind], str] = core_name
    named_inside: Callable[[Kind], str] | None = None
    told: Callable[[BaseException], str] = class_name
    drains: bool = False
    remote: bool = False
    wire: Dialect = "websocket"

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """The ways to ask."""
        return tuple(SURFACES[name] for name in self.names)

    def target(self, target: Target) -> Target:
        """How surfaces reach a service over the column's wire."""
        return target if self.wire == "websocket" else over_http(target, self.wire)

    @property
    def recorded(self) -> Replay:
        """The answer as it comes over the column's wire."""
        return recorded(RECORDED, self.wire)

    def whole(self, answer: object) -> bool:
        """Tell the whole answer from anything less."""
        return is_text(answer) if self.service == "chat" else is_vector(answer)


SHORTER = {
    "APIConnectionError": "ConnectionError",
    "APITimeoutError": "TimeoutError",
    "StreamInterruptedError": "InterruptedError",
}


def langchain_name(kind: Kind) -> str:
    """LangChain's twin of an exception of the core."""
    return f"SparkModel{SHORTER.get(kind.__name__, kind.__name__)}"


TOLD: Mapping[Kind, str] = {
    errors.ConfigurationError: "400 invalid_configuration",
    errors.ContextLengthError: "400 context_length_exceeded",
    errors.ContentFilterError: "400 content_filter",
    errors.BadRequestError: "400 spark_refused",
    errors.ClockSkewError: "503 clock_skew",
    errors.AuthenticationError: "502 gateway_keys_refused",
    errors.PermissionDeniedError: "502 gateway_keys_not_permitted",
    errors.NotFoundError: "404 spark_not_found",
    errors.RateLimitError: "429 rate_limit_exceeded",
    errors.APITimeoutError: "504 spark_timeout",
    errors.StreamInterruptedError: "502 spark_interrupted",
    errors.APIConnectionError: "502 spark_unreachable",
    errors.ProtocolError: "502 spark_invalid_frame",
    errors.EmptyResponseError: "502 spark_empty_answer",
    errors.InternalServerError: "503 spark_failed",
}


def told(error: BaseException) -> str:
    return str(error) if isinstance(error, ToldError) else class_name(error)


def told_inside(kind: Kind) -> str:
    """An error after the stream began; its status was sent long ago."""
    return f"SSE error {TOLD[kind].split()[1]}, no [DONE]"


_CORE = ("SparkClient.stream", "AsyncSparkClient.chat", "SparkLLM.astream_chat")
_LANGCHAIN = ("ChatSpark.invoke", "ChatSpark.astream")

COLUMNS: tuple[Column, ...] = (
    Column("SparkClient", ("SparkClient.stream", "SparkClient.chat")),
    Column("AsyncSparkClient", ("AsyncSparkClient.stream", "AsyncSparkClient.chat")),
    Column("ChatSpark", ("ChatSpark.invoke", "ChatSpark.stream"), named=langchain_name),
    Column("ChatSpark, async", ("ChatSpark.ainvoke", "ChatSpark.astream"), named=langchain_name),
    Column("LCEL chain", ("chain.invoke", "chain.stream"), named=langchain_name, drains=True),
    Column("LCEL chain, async", ("chain.ainvoke", "chain.astream"), named=langchain_name),
    Column("SparkLLM", ("SparkLLM.chat", "SparkLLM.stream_chat")),
    Column("SparkLLM, async", ("SparkLLM.achat", "SparkLLM.astream_chat")),
    Column(
        "gateway",
        ("httpx2.Client.post", "httpx2.AsyncClient.post"),
        named=TOLD.__getitem__,
        told=told,
        remote=True,
    ),
    Column(
        "gateway, stream",
        ("httpx2.Client.stream", "httpx2.AsyncClient.stream"),
        named=TOLD.__getitem__,
        named_inside=told_inside,
        told=told,
        remote=True,
    ),
    Column("spark-api-open", _CORE, wire="A"),
    Column("spark-api-open, ChatSpark", _LANGCHAIN, named=langchain_name, wire="A"),
    Column("MaaS", _CORE, wire="B"),
    Column("MaaS, ChatSpark", _LANGCHAIN, named=langchain_name, wire="B"),
    Column(
        "embeddings",
        (
            "SparkClient.embed",
            "AsyncSparkClient.embed",
            "SparkEmbedding",
            "SparkEmbedding, async",
        ),
        service="post",
    ),
    Column(
        "LangChain embeddings",
        ("SparkEmbeddings", "SparkEmbeddings, async"),
        service="post",
        named=langchain_name,
    ),
)
