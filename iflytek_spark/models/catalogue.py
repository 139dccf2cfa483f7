"""The models of Spark as data: one row a model (PROTOCOL.md §1). A new model is a new row."""

from __future__ import annotations

import difflib
from dataclasses import replace

from iflytek_spark.errors import UnknownModelError
from iflytek_spark.models.http_models import MAAS_MODELS, OPEN_MODELS
from iflytek_spark.models.spec import ModelKind, ModelSpec, Range

_HOST = "wss://spark-api.xf-yun.com"

_WEBSOCKET: tuple[ModelSpec, ...] = (
    ModelSpec(
        name="lite",
        title="Spark Lite",
        domain="lite",
        url=f"{_HOST}/v1.1/chat",
        aliases=("general", "v1.1", "v1.5", "1.5", "SparkDesk", "SparkDesk-v1.1"),
        context_tokens=8192,
        default_max_tokens=4096,
        max_tokens=Range(1, 4096),
        note="`general` is the older domain of the same address.",
    ),
    ModelSpec(
        name="generalv2",
        title="Spark V2.0",
        domain="generalv2",
        url=f"{_HOST}/v2.1/chat",
        aliases=("v2", "v2.0", "v2.1", "2.0", "Spark-2", "SparkDesk-v2.1"),
        context_tokens=8192,
        default_max_tokens=2048,
        max_tokens=Range(1, 4096),
        retired="before 2025",
        note="Kept so that programs which name it get the service's own answer.",
    ),
    ModelSpec(
        name="pro",
        title="Spark Pro",
        domain="generalv3",
        url=f"{_HOST}/v3.1/chat",
        aliases=("generalv3", "v3", "v3.0", "v3.1", "3.0", "Spark-3", "SparkDesk-v3.1"),
        context_tokens=8192,
        default_max_tokens=4096,
        max_tokens=Range(1, 8192),
        web_search=True,
        disputed=("system_role", "tools"),
        note="The vendor's Java SDK says Pro has both; the documentation gives them to Max and "
        "Ultra only.",
    ),
    ModelSpec(
        name="pro-128k",
        title="Spark Pro-128K",
        domain="pro-128k",
        url=f"{_HOST}/chat/pro-128k",
        aliases=("128k", "SparkDesk-v3.1-128K"),
        context_tokens=131072,
        default_max_tokens=4096,
        max_tokens=Range(1, 4096),
        disputed=("system_role", "tools"),
        note="As for Pro.",
    ),
    ModelSpec(
        name="max",
        title="Spark Max",
        domain="generalv3.5",
        url=f"{_HOST}/v3.5/chat",
        aliases=("generalv3.5", "v3.5", "3.5", "3.5max", "SparkDesk-v3.5"),
        context_tokens=8192,
        default_max_tokens=4096,
        max_tokens=Range(1, 8192),
        system_role=True,
        tools=True,
        web_search=True,
        citations=True,
        retired="2026-03-10, answered by 4.0 Ultra",
    ),
    ModelSpec(
        name="max-32k",
        title="Spark Max-32K",
        domain="max-32k",
        url=f"{_HOST}/chat/max-32k",
        aliases=("32k", "SparkDesk-v3.5-32K"),
        context_tokens=32768,
        default_max_tokens=4096,
        max_tokens=Range(1, 8192),
        system_role=True,
        tools=True,
        disputed=("system_role", "tools"),
        note="Both from the vendor's Java SDK; the documentation does not list this model.",
    ),
    ModelSpec(
        name="4.0Ultra",
        title="Spark 4.0 Ultra",
        domain="4.0Ultra",
        url=f"{_HOST}/v4.0/chat",
        aliases=("ultra", "v4", "v4.0", "4.0", "Spark-4", "SparkDesk-v4.0"),
        context_tokens=32768,
        default_max_tokens=4096,
        max_tokens=Range(1, 32768),
        system_role=True,
        tools=True,
        web_search=True,
        citations=True,
        disputed=("context_tokens", "max_tokens"),
        note="8K in and 8,192 out in the older documentation, 32K and 32,768 in the newer.",
    ),
    ModelSpec(
        name="x1.5",
        title="Spark X1.5",
        domain="spark-x",
        url=f"{_HOST}/v1/x1",
        aliases=("x1", "spark-x"),
        context_tokens=65536,
        default_max_tokens=65535,
        max_tokens=Range(1, 65535),
        temperature=Range(0, 2, exclusive_min=True),
        default_temperature=1.2,
        default_top_k=6,
        top_p=Range(0, 1, exclusive_min=True),
        presence_penalty=Range(0, 3),
        frequency_penalty=Range(0, 1),
        web_search=True,
        reasoning=True,
        disputed=("system_role", "tools"),
        note="`spark-x` means X1.5 here and X2 at the other address. Function calling is "
        "documented over HTTP only; no list of roles names system, though clients send it.",
    ),
    ModelSpec(
        name="x2",
        title="Spark X2",
        domain="spark-x",
        url=f"{_HOST}/x2",
        aliases=("spark-x2",),
        context_tokens=65536,
        default_max_tokens=65535,
        max_tokens=Range(1, 131072),
        temperature=Range(0, 2, exclusive_min=True),
        default_temperature=1.2,
        default_top_k=6,
        top_p=Range(0, 1, exclusive_min=True),
        presence_penalty=Range(0, 2),
        frequency_penalty=Range(0, 1),
        web_search=True,
        reasoning=True,
        disputed=("system_role", "tools", "max_tokens", "context_tokens"),
        note="Limits are known through third-party clients only; others say 192K in all. "
        "Function calling and roles as for X1.5.",
    ),
    ModelSpec(
        name="kjwx",
        title="Spark 科技文献",
        domain="kjwx",
        url="wss://spark-openapi-n.cn-huabei-1.xf-yun.com/v1.1/chat_kjwx",
        aliases=("科技文献",),
        note="Limits are not documented, so none is checked.",
    ),
    ModelSpec(
        name="multilang",
        title="Spark 多语种",
        domain="multilang",
        url="wss://spark-api-n.xf-yun.com/v1.1/chat_multilang",
        aliases=("多语种",),
        disputed=("system_role",),
        note="Limits are not documented, so none is checked. One vendor sample sends a system "
        "message.",
    ),
    ModelSpec(
        name="customize",
        title="Spark 可定制化",
        domain="max",
        url="wss://sparkcube-api.xf-yun.com/v1/customize",
        aliases=("sparkcube", "可定制化"),
        tools=True,
        disputed=("system_role",),
        note="Limits are not documented, so none is checked, and no list of roles is known. The "
        "documents that it can read are not sent by this library.",
    ),
    ModelSpec(
        name="image",
        title="Spark 图片理解",
        kind=ModelKind.IMAGE_UNDERSTANDING,
        domain="general",
        url="wss://spark-api.cn-huabei-1.xf-yun.com/v2.1/image",
        aliases=("vision", "image-understanding", "图片理解"),
        context_tokens=8192,
        default_max_tokens=2048,
        max_tokens=Range(1, 8192),
        note="273 tokens for an image.",
    ),
    ModelSpec(
        name="imagev3",
        title="Spark 图片理解 (advanced)",
        kind=ModelKind.IMAGE_UNDERSTANDING,
        domain="imagev3",
        url="wss://spark-api.cn-huabei-1.xf-yun.com/v2.1/image",
        aliases=("vision-v3", "image-advanced"),
        context_tokens=8192,
        default_max_tokens=2048,
        max_tokens=Range(1, 8192),
        note="As many tokens for an image as its size asks for.",
    ),
)
"""Every model with a WebSocket address, in the order of the vendor's list."""

_OVER_HTTP = {spec.name: (spec,) for spec in OPEN_MODELS}
MODELS: tuple[ModelSpec, ...] = tuple(
    replace(spec, over=_OVER_HTTP.pop(spec.name, ())) for spec in _WEBSOCKET
)
"""Every model with a WebSocket address, with its further addresses."""

HTTP_ONLY: tuple[ModelSpec, ...] = (
    *(row for rows in _OVER_HTTP.values() for row in rows),  # what no other row has taken
    *MAAS_MODELS,
)
"""Every model that is reached over HTTP alone."""

DEFAULT_MODEL = "4.0Ultra"


def list_models() -> tuple[ModelSpec, ...]:
    """Return every model of the catalogue, in the order of the vendor's list."""
    return MODELS + HTTP_ONLY


def find_model(model: str | ModelSpec) -> ModelSpec:
    """Find a model by any of its names.

    Capitals, spaces, hyphens and the word Spark (星火) do not matter: ``"Spark4.0 Ultra"``,
    ``"4.0ultra"``, ``"v4.0"`` and ``"4.0Ultra"`` are one model.

    Args:
        model: a name, or a spec of your own, which is returned as it is.

    Returns:
        The model's row.

    Raises:
        UnknownModelError: when no model has this name; it lists the nearest and all names.
    """
    if isinstance(model, ModelSpec):
        return model
    if not isinstance(model, str):
        raise _unknown(str(model))
    spec = _BY_OWN_NAME.get(model) or _BY_NAME.get(_normal(model))
    if spec is None:
        raise _unknown(model)
    return spec


def _normal(name: str) -> str:
    key = name.strip().lower()
    for prefix in ("iflytek", "讯飞", "星火", "spark"):
        key = key.strip(" -_").removeprefix(prefix)
    return "".join(char for char in key if char not in " -_")


_BY_NAME = {
    _normal(name): spec for spec in list_models() for name in (spec.name, spec.title, *spec.aliases)
}
_BY_OWN_NAME = {spec.name: spec for spec in list_models()}
"""What most callers write, found without a look at its spelling."""


def _unknown(name: str) -> UnknownModelError:
    usable = [key for key, spec in _BY_NAME.items() if not spec.retired]
    near = difflib.get_close_matches(_normal(name), usable, n=3, cutoff=0.4)
    nearest = list(dict.fromkeys(_BY_NAME[key].name for key in near))
    every = ", ".join(spec.name for spec in list_models())
    question = f"did you mean {' or '.join(nearest)}? " if nearest else ""
    return UnknownModelError(
        f"unknown model {name!r}",
        hint=f"{question}There are: {every}. For a model of your own pass a ModelSpec, "
        f"or ModelSpec.maas({name!r}) for an id of the MaaS hosts",
    )
