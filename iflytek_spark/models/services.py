"""The services of signed POST: their addresses, and what users hand in and get back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from typing_extensions import TypedDict


class Service(NamedTuple):
    """A service that takes one signed POST request for one answer.

    Attributes:
        title: the product's name.
        url: its address.
    """

    title: str
    url: str


EMBEDDING = Service("Spark Embedding", "https://emb-cn-huabei-1.xf-yun.com/")
"""Vectors of texts (PROTOCOL.md §8)."""

IMAGE_GENERATION = Service("Spark 图片生成", "https://spark-api.cn-huabei-1.xf-yun.com/v2.1/tti")
"""Images from a description (PROTOCOL.md §7)."""

DIMENSIONS = 2560
"""Numbers in a vector (PROTOCOL.md §8)."""

Vector: TypeAlias = list[float]
"""2,560 numbers."""

EmbeddingKind: TypeAlias = Literal["document", "query"]
"""What a text is: a passage to be found, or the question that looks for it."""

TooLong: TypeAlias = Literal["split", "error"]
"""What to do with a text above the service's limit."""

Progress: TypeAlias = Callable[[int, int], object]
"""Is told how many texts are done, and how many there are."""


class EmbedOptions(TypedDict, total=False):
    """How texts become vectors.

    Attributes:
        kind: ``document`` (the default) for passages to be found, ``query`` for the question
            that looks for them. Spark has a vector for each.
        max_qps: the service's limit, requests in a second, 2 by default; None for none. They
            are sent evenly, 2 % below it; all clients of an app in this process share it.
        max_concurrency: requests that may wait for an answer at once, 4 by default.
        too_long: whether a text above Spark's 2,048 tokens is ``split`` at sentences and its
            pieces' vectors are averaged (the default), or is an ``error``.
        on_progress: is called in the caller's thread with how many texts are done, and how
            many there are.
    """

    kind: EmbeddingKind
    max_qps: float | None
    max_concurrency: int
    too_long: TooLong
    on_progress: Progress | None


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
