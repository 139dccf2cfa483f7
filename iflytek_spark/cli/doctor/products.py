"""What an account may have: each product over each wire, and the one cheap call that tries it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from iflytek_spark.client import SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator.media.png import encode_png
from iflytek_spark.endpoint import Endpoint, address
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.messages import ChatResponse, ImagePart, Message, TextPart, Wire
from iflytek_spark.models.catalogue import MODELS, find_model
from iflytek_spark.models.http_models import (
    EMBEDDING_MODELS,
    MAAS_HOSTS,
    MAAS_MODELS,
    OPEN_MODELS,
    RERANK_MODELS,
)
from iflytek_spark.models.services import (
    EMBEDDING,
    IMAGE_GENERATION,
    IMAGE_SIZES,
    MAAS_EMBEDDING,
    MAAS_RERANK,
)
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.models.vector_models import SIGNED_EMBEDDING
from iflytek_spark.requests.options import ChatOptions

MAX_TOKENS = 16
"""Of each answer; no model can count to a hundred with so few."""
_PROMPT = "请从1数到100，用逗号隔开。"
_IMAGE_PROMPT = "图片是什么颜色？"
_IMAGE = encode_png("doctor", 64, 64)
_SPECIAL = tuple(map(find_model, ("kjwx", "multilang", "customize")))
"""Products that few accounts have; asked only when they are named."""
_ASKED_OF_MAAS = 6
"""Spark's own models, which stand first; the others only when they are named."""
_VENDOR = ".xf-yun.com"
IMAGE_POINTS = IMAGE_SIZES[512, 512]

KEYS = {
    "app": "APPID, APIKey, APISecret",
    "open": "an APIPassword, or APIKey and APISecret",
    "maas": "a MaaS key",
}


class Product(NamedTuple):
    """Something that one call can try.

    Attributes:
        name: what is shown, for instance ``lite websocket``.
        key: which kind of key it needs, one of :data:`KEYS`.
        wire: over which wire it is reached, or None for what is posted.
        url: where the call goes.
        usual: whether it is asked when nothing is named.
        ask: makes the call; its answer, where that is a chat's.
        model: what it asks, or None for a service.
    """

    name: str
    key: str
    wire: Wire | None
    url: str
    usual: bool
    ask: Callable[[SparkClient], ChatResponse | None]
    model: ModelSpec | None = None

    def may(self, credentials: Credentials) -> bool:
        """Tell whether there is a key of its kind."""
        if self.key == "maas":
            return bool(credentials.maas_api_key)
        return credentials.signs or (self.key == "open" and bool(credentials.api_password))

    def named(self, wanted: list[str]) -> bool:
        """Tell whether it is among what is wanted: a model, a product, or the usual of a wire."""
        words = self.name.lower().split()
        named = (set(each.lower().split()) for each in wanted)
        return any(each <= set(words) and (self.usual or words[0] in each) for each in named)


def products(endpoint: Endpoint) -> list[Product]:
    """Return every product, in the order in which they are tried."""
    own = endpoint.model
    rows = [
        *_chats("websocket", "app", MODELS, own),
        *_chats("spark-open", "open", OPEN_MODELS, own),
        *_chats("maas", "maas", MAAS_MODELS, own, _ASKED_OF_MAAS),
    ]
    if not any(own in (row.model, *(row.model.over if row.model else ())) for row in rows):
        rows += _chats("own", "maas" if own.wire == "http" else "app", (own,), own)
    return _placed([*rows, *_SERVICES], endpoint)


def _placed(rows: list[Product], endpoint: Endpoint) -> list[Product]:
    """Give each its address; one that ``base_url`` is not for gets none."""
    base = None if endpoint.base_model else endpoint.base_url
    if base is None:
        return [row._replace(url=endpoint.url(row.model) if row.model else row.url) for row in rows]
    placed = [row._replace(url=_at(base, row, endpoint)) for row in rows]
    if any(row.url for row in placed):
        return placed
    return [
        row._replace(url=endpoint.url(row.model))
        if row.model == endpoint.model
        else row._replace(url="")
        for row in rows
    ]


def _at(base: str, row: Product, endpoint: Endpoint) -> str:
    """Return a product's address at ``base``, or an empty string where it is not served."""
    wanted, own = urlsplit(base), urlsplit(row.url)
    if endpoint.only_wire not in (None, row.wire) or not _same_vendor(wanted.hostname, row):
        return ""
    try:
        url = address(row.url, base)
    except ConfigurationError:
        return ""
    return url if urlsplit(url).path == own.path else ""


def _same_vendor(host: str | None, row: Product) -> bool:
    """Tell whether a host of the vendor's, if it is one, serves a product."""
    own = urlsplit(row.url).hostname
    if not (host or "").endswith(_VENDOR):
        return True
    hosted = {urlsplit(each).hostname for each in MAAS_HOSTS}
    return host == own or {host, own} <= hosted


def _chats(
    title: str,
    key: str,
    models: tuple[ModelSpec, ...],
    own: ModelSpec,
    usual: int | None = None,
) -> Iterator[Product]:
    for index, row in enumerate(models):
        is_usual = row == own or (not row.retired and (usual is None or index < usual))
        first = usual is None or index < usual
        is_usual = row == own or (first and not row.retired and row not in _SPECIAL)
        if title != "websocket" or row.wire == "websocket":
            yield Product(f"{row.name} {title}", key, row.wire, row.url, is_usual, _chat(row), row)


def _chat(row: ModelSpec) -> Callable[[SparkClient], ChatResponse]:
    def ask(client: SparkClient) -> ChatResponse:
        options: ChatOptions = {"max_tokens": MAX_TOKENS, "temperature": 0, "wire": row.wire}
        if row.reasoning:
            options["thinking"] = "disabled"
        return client.chat([_question(row)], model=row, **options)

    return ask


def _question(row: ModelSpec) -> Message:
    if row.images and not row.tools:
        return Message("user", (ImagePart(_IMAGE), TextPart(_IMAGE_PROMPT)))
    return Message("user", _PROMPT)


def _embed(model: str) -> Callable[[SparkClient], None]:
    return lambda client: _nothing(client.embed(_TEXTS[:1], model=model))


def _rank(model: str) -> Callable[[SparkClient], None]:
    return lambda client: _nothing(client.rerank(_TEXTS[0], _TEXTS, model=model))


def _generate(client: SparkClient) -> None:
    client.generate_image("一个红色的圆")


def _nothing(_: object) -> None:
    """A service has no answer of a chat's."""


_TEXTS = ("讯飞星火", "黄山")
_SERVICES = (
    Product("embedding signed", "app", None, EMBEDDING.url, True, _embed(SIGNED_EMBEDDING.name)),
    Product("image-generation signed", "app", None, IMAGE_GENERATION.url, True, _generate),
    *(
        Product(f"{name} maas", "maas", None, MAAS_EMBEDDING.url, index == 0, _embed(name))
        for index, name in enumerate(EMBEDDING_MODELS)
    ),
    *(
        Product(f"{name} maas", "maas", None, MAAS_RERANK.url, index == 0, _rank(name))
        for index, name in enumerate(RERANK_MODELS)
    ),
)
"""What is posted; of the hosted models the first of a kind is usual."""
