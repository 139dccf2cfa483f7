"""Which dialect a request over HTTP is for (PROTOCOL-HTTP.md §1).

A and B have hosts of their own and paths in common. On the emulator's one port the Host header
decides where it is the vendor's; else the model, where one of them alone has it at this path; else
the form of the key.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator.connections.http import HttpRequest
from iflytek_spark.emulator.http.dialect import Rows, ServiceDialect
from iflytek_spark.emulator.http.keys import (
    HttpKeys,
    is_maas_key,
    maas_refusal,
    open_refusal,
)
from iflytek_spark.emulator.http.maas import MaasDialect
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.http.spark_open import OpenDialect
from iflytek_spark.models.http_models import (
    CHAT_PATH,
    MAAS_HOSTS,
    MAAS_MODELS,
    OPEN_HOST,
    OPEN_MODELS,
)
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.wire.openai.errors import HttpError
from iflytek_spark.protocol.wire.openai.requests import peek_model

EMBEDDING_PATHS = frozenset({"/v1/embeddings", "/v2/embeddings"})
"""Where B makes vectors."""
RERANK_PATHS = frozenset({"/v1/rerank", "/v2/rerank"})
"""Where B ranks."""
MODEL_LISTS = frozenset({"/v1/models", "/v2/models"})
"""Where B lists no model at all; A has no such path."""

_OPEN_NAME = urlsplit(OPEN_HOST).netloc
_MAAS_NAMES = frozenset(urlsplit(host).netloc for host in MAAS_HOSTS)


class HttpRouter:
    """The two dialects, and the choice between them."""

    def __init__(
        self,
        credentials: Credentials,
        keys: HttpKeys,
        options: HttpOptions,
        models: Iterable[ModelSpec],
    ) -> None:
        """Set up both; ``models`` are served besides their own, by the host of their address."""

        def refused_by_open(authorization: str) -> HttpError | None:
            return open_refusal(authorization, keys, credentials)

        def refused_by_maas(authorization: str) -> HttpError | None:
            return maas_refusal(authorization, keys, options.unauthorized)

        more = [(spec, urlsplit(spec.url).netloc) for spec in models]
        opens = [spec for spec, host in more if host == _OPEN_NAME]
        hosted = [spec for spec, host in more if host in _MAAS_NAMES]
        self._open_rows = Rows((*OPEN_MODELS, *opens), {})
        self._maas_rows = Rows((*MAAS_MODELS, *hosted), {f"/v1{CHAT_PATH}": f"/v2{CHAT_PATH}"})
        self._shaped_paths = options.maas_shaped
        self.open = OpenDialect(self._open_rows, options, refused_by_open)
        self._shaped = MaasDialect(self._open_rows, options, refused_by_open)
        self.maas = MaasDialect(self._maas_rows, options, refused_by_maas)

    def route(self, request: HttpRequest) -> ServiceDialect | None:
        """Return the dialect that a request is for, or None when its host has no such path."""
        path, host = request.path, request.host
        if request.method != "POST":
            return None
        authorization = request.headers.get("authorization", "")
        if path in EMBEDDING_PATHS | RERANK_PATHS:
            return None if host == _OPEN_NAME else self.maas
        if path not in self._open_rows.paths | self._maas_rows.paths:
            return None
        if host == _OPEN_NAME or host in _MAAS_NAMES:
            is_maas = host != _OPEN_NAME
        else:
            is_maas = self._is_maas(path, peek_model(request.body), authorization)
        rows = self._maas_rows if is_maas else self._open_rows
        if path not in rows.paths:
            return None
        if is_maas:
            return self.maas
        return self._shaped if path in self._shaped_paths else self.open

    def _is_maas(self, path: str, model: str, authorization: str) -> bool:
        here = self._open_rows.find(path, model) is not None
        there = self._maas_rows.find(path, model) is not None
        if here != there:
            return there
        return path in self._maas_rows.paths and is_maas_key(authorization)


def lists_models(path: str, host: str | None, authorization: str | None) -> bool:
    """Tell whether a GET is answered with B's empty list of models (§1)."""
    if path not in MODEL_LISTS or host == _OPEN_NAME:
        return False
    return host in _MAAS_NAMES or is_maas_key(authorization or "")
