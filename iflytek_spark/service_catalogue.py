"""The services of signed POST and their addresses, as the catalogue has those of the models."""

from __future__ import annotations

from typing import NamedTuple


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
