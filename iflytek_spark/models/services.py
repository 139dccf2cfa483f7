"""The services that are posted to: their addresses, and what users hand in and get back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from typing_extensions import TypedDict

from iflytek_spark.models.http_models import EMBEDDINGS_PATH, MAAS_HOST, RERANK_PATH


class Service(NamedTuple):
    """A service that takes one POST request for one answer.

    Attributes:
        title: the product's name.
        url: its address.
        signed: whether the three values of an app sign for it; else a MaaS key goes along.
    """

    title: str
    url: str
    signed: bool = True


EMBEDDING = Service("Spark Embedding", "https://emb-cn-huabei-1.xf-yun.com/")
"""Vectors of texts (PROTOCOL.md §8)."""

IMAGE_GENERATION = Service("Spark 图片生成", "https://spark-api.cn-huabei-1.xf-yun.com/v2.1/tti")
"""Images from a description (PROTOCOL.md §7)."""

MAAS_EMBEDDING = Service("MaaS Embedding", f"{MAAS_HOST}{EMBEDDINGS_PATH}", signed=False)
"""Vectors of hosted models, many texts a request (PROTOCOL-HTTP.md §8)."""

MAAS_RERANK = Service("MaaS Rerank", f"{MAAS_HOST}{RERANK_PATH}", signed=False)
"""Ranks of documents by hosted models (PROTOCOL-HTTP.md §8)."""

DIMENSIONS = 2560
"""Numbers in a vector of the signed service (PROTOCOL.md §8)."""

MAX_TOKENS = 2048
"""Tokens that a text may have there."""

Vector: TypeAlias = list[float]
"""The numbers of a text: 2,560 of the signed service, else as many as were asked for."""

EmbeddingKind: TypeAlias = Literal["document", "query"]
"""What a text is: a passage to be found, or the question that looks for it."""

TooLong: TypeAlias = Literal["split", "error"]
"""What to do with a text above the service's limit."""

Progress: TypeAlias = Callable[[int, int], object]
"""Is told how many texts are done, and how many there are."""


class EmbedOptions(TypedDict, total=False):
    """How texts become vectors.

    Attributes:
        model: ``spark-embedding`` (the default), the signed service; or a model on a MaaS host,
            ``xop3qwen8bembedding`` for instance, or the id of a service of yours there.
        dimensions: numbers in a vector, where the model has several: for
            ``xop3qwen8bembedding`` one of 32, 64, 128, 256, 512, 768 (its default), 1024, 2048
            and 4096.
        batch_size: texts in a request, 1 or more; the signed service takes 1, the others 50 by
            default. A request that the service refuses is sent again in halves.
        kind: ``document`` (the default) for passages to be found, ``query`` for the question
            that looks for them. The signed service has a vector for each, the others one.
        max_qps: the service's limit, requests in a second, 2 by default; None for none. They
            are sent evenly, 2 % below it; all clients of an app in this process share it.
        max_concurrency: requests that may wait for an answer at once, 4 by default.
        too_long: whether a text above the model's limit, which is 2,048 tokens for the signed
            service, is ``split`` at sentences and its pieces' vectors are averaged (the
            default), or is an ``error``.
        on_progress: is called in the caller's thread with how many texts are done, and how
            many there are.
    """

    model: str | None
    dimensions: int | None
    batch_size: int | None
    kind: EmbeddingKind
    max_qps: float | None
    max_concurrency: int
    too_long: TooLong
    on_progress: Progress | None


class RerankOptions(TypedDict, total=False):
    """How documents are ranked.

    Attributes:
        model: ``xop3qwen8breranker`` (the default), another one, or the id of a service of yours
            on a MaaS host.
        top_n: how many of the best are returned, 1 or more; all by default.
        batch_size: documents in a request, 1 or more, 50 by default; each is scored by itself, so
            that the scores of several requests are one list. A request that the service refuses
            is sent again in halves.
        max_qps: as for embeddings, 2 by default.
        max_concurrency: as for embeddings, 4 by default.
    """

    model: str
    top_n: int | None
    batch_size: int
    max_qps: float | None
    max_concurrency: int


@dataclass(frozen=True, slots=True)
class RankedDocument:
    """A document's place among those that were ranked.

    Attributes:
        index: its index in what was handed in.
        score: how well it answers the query, as the service says it: from 0 to 1 where known.
        document: its text.
    """

    index: int
    score: float
    document: str


_FILE_STARTS: Mapping[bytes, str] = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """An image that Spark has made.

    Attributes:
        data: the image file.
        sid: Spark's session id.
        deviations: the names of what was not as documented in the answer, and was tolerated.
    """

    data: bytes = field(repr=False)
    sid: str
    deviations: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """What kind of file it is, by its first bytes; no source says what Spark sends."""
        kinds = (kind for start, kind in _FILE_STARTS.items() if self.data.startswith(start))
        return next(kinds, "application/octet-stream")


IMAGE_SIZES: Mapping[tuple[int, int], int] = {
    (512, 512): 6,
    (640, 360): 6,
    (640, 480): 6,
    (640, 640): 7,
    (680, 512): 7,
    (512, 680): 7,
    (768, 768): 8,
    (720, 1280): 12,
    (1280, 720): 12,
    (1024, 1024): 14,
}
"""The sizes that Spark makes, width first, and the points that each costs (PROTOCOL.md §7)."""

MAX_IMAGE_PROMPT = 1000
"""Characters that the description of an image may have (PROTOCOL.md §7)."""
