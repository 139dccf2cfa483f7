"""The catalogue: PROTOCOL.md §1 row by row, every name that users know, and nearest names."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any, NamedTuple

import pytest

from iflytek_spark.catalogue import DEFAULT_MODEL, list_models, resolve
from iflytek_spark.errors import UnknownModelError
from iflytek_spark.model_spec import Interval, ModelSpec

HOST = "wss://spark-api.xf-yun.com"
IMAGE_HOST = "wss://spark-api.cn-huabei-1.xf-yun.com"
K = 1024


class Row(NamedTuple):
    """One row of the two tables in §1."""

    url: str
    domain: str
    context: int | None
    limit: int | None
    default: int | None


ROWS = {
    "lite": Row(f"{HOST}/v1.1/chat", "lite", 8 * K, 4096, 4096),
    "generalv2": Row(f"{HOST}/v2.1/chat", "generalv2", 8 * K, 4096, 2048),
    "pro": Row(f"{HOST}/v3.1/chat", "generalv3", 8 * K, 8192, 4096),
    "pro-128k": Row(f"{HOST}/chat/pro-128k", "pro-128k", 128 * K, 4096, 4096),
    "max": Row(f"{HOST}/v3.5/chat", "generalv3.5", 8 * K, 8192, 4096),
    "max-32k": Row(f"{HOST}/chat/max-32k", "max-32k", 32 * K, 8192, 4096),
    "4.0Ultra": Row(f"{HOST}/v4.0/chat", "4.0Ultra", 32 * K, 32768, 4096),
    "x1.5": Row(f"{HOST}/v1/x1", "spark-x", 64 * K, 65535, 65535),
    "x2": Row(f"{HOST}/x2", "spark-x", 64 * K, 131072, 65535),
    "kjwx": Row(
        "wss://spark-openapi-n.cn-huabei-1.xf-yun.com/v1.1/chat_kjwx", "kjwx", None, None, None
    ),
    "multilang": Row(
        "wss://spark-api-n.xf-yun.com/v1.1/chat_multilang", "multilang", None, None, None
    ),
    "image": Row(f"{IMAGE_HOST}/v2.1/image", "general", 8 * K, 8192, 2048),
    "imagev3": Row(f"{IMAGE_HOST}/v2.1/image", "imagev3", 8 * K, 8192, 2048),
}


def test_every_model_with_a_websocket_is_there() -> None:
    assert [spec.name for spec in list_models()] == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_address_domain_and_limits(name: str) -> None:
    spec, row = resolve(name), ROWS[name]
    limit = None if row.limit is None else Interval(1, row.limit)
    assert (spec.url, spec.domain) == (row.url, row.domain)
    assert (spec.context_tokens, spec.max_tokens) == (row.context, limit)
    assert spec.default_max_tokens == row.default


@pytest.mark.parametrize(
    ("flag", "names"),
    [
        ("system_role", {"max", "max-32k", "4.0Ultra"}),
        ("tools", {"max", "max-32k", "4.0Ultra"}),
        ("web_search", {"pro", "max", "4.0Ultra", "x1.5", "x2"}),
        ("citations", {"max", "4.0Ultra"}),
        ("reasoning", {"x1.5", "x2"}),
        ("images", {"image", "imagev3"}),
        ("retired", {"generalv2", "max"}),
    ],
)
def test_abilities(flag: str, names: set[str]) -> None:
    assert {spec.name for spec in list_models() if getattr(spec, flag)} == names


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("4.0Ultra", ("(0, 1]", 0.5, "[1, 6]", 4, "None", "None", "None")),
        ("image", ("(0, 1]", 0.5, "[1, 6]", 4, "None", "None", "None")),
        ("x1.5", ("(0, 2]", 1.2, "[1, 6]", 6, "(0, 1]", "[0, 3]", "[0, 1]")),
        ("x2", ("(0, 2]", 1.2, "[1, 6]", 6, "(0, 1]", "[0, 2]", "[0, 1]")),
    ],
)
def test_sampling_parameters(name: str, ranges: tuple[Any, ...]) -> None:
    spec = resolve(name)
    assert ranges == (
        str(spec.temperature),
        spec.default_temperature,
        str(spec.top_k),
        spec.default_top_k,
        str(spec.top_p),
        str(spec.presence_penalty),
        str(spec.frequency_penalty),
    )


@pytest.mark.parametrize(
    ("name", "disputed"),
    [
        ("pro", {"system_role", "tools"}),
        ("pro-128k", {"system_role", "tools"}),
        ("max-32k", {"tools"}),
        ("4.0Ultra", {"context_tokens", "max_tokens"}),
        ("x1.5", {"system_role"}),
        ("multilang", {"system_role"}),
    ],
)
def test_where_sources_disagree_the_row_says_so(name: str, disputed: set[str]) -> None:
    spec = resolve(name)
    assert disputed <= set(spec.disputed)
    assert set(spec.disputed) <= {field.name for field in fields(ModelSpec)}
    assert spec.note


NAMES = {
    "lite": "lite, general, v1.1, v1.5, Spark Lite, spark-lite, 星火 Lite, 讯飞星火Lite, 1.5",
    "generalv2": "generalv2, v2.0, v2.1, Spark V2.0, 2.0",
    "pro": "generalv3, v3.0, v3.1, pro, Spark Pro, Spark3.0, Spark V3.0, PRO",
    "pro-128k": "pro-128k, Spark Pro-128K, Pro 128K, pro128k",
    "max": "generalv3.5, v3.5, max, Spark Max, Spark3.5 Max, Spark 3.5, spark-max",
    "max-32k": "max-32k, Max-32K, Spark Max-32K, max_32k",
    "4.0Ultra": "4.0Ultra, 4.0ultra, v4.0, ultra, Spark4.0 Ultra, Spark-4.0-Ultra, 星火4.0",
    "x1.5": "x1, x1.5, spark-x, X1, Spark X1, Spark X1.5, spark-x1.5",
    "x2": "x2, Spark X2, spark-x2",
    "kjwx": "kjwx, 科技文献",
    "multilang": "multilang, 多语种",
    "image": "image, vision, 图片理解",
    "imagev3": "imagev3",
}
"""The domain, the versions of both seeds, and the product's name in several spellings."""


@pytest.mark.parametrize(
    ("known", "name"),
    [(known, name) for name, names in NAMES.items() for known in names.split(", ")],
)
def test_every_name_that_users_know(known: str, name: str) -> None:
    assert resolve(known).name == name


@pytest.mark.parametrize("spec", list_models(), ids=lambda spec: spec.name)
def test_every_name_of_a_row_leads_to_it(spec: ModelSpec) -> None:
    for name in (spec.name, spec.title, *spec.aliases):
        assert resolve(name) is spec
        assert resolve(f"  {name.upper()} ") is spec


def test_the_default_is_a_model() -> None:
    assert not resolve(DEFAULT_MODEL).retired


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("4.0Ulta", "4.0Ultra"), ("spark-lit", "lite"), ("v3.6", "max"), ("mutlilang", "multilang")],
)
def test_an_unknown_name_gets_the_nearest_and_all_that_exist(wrong: str, nearest: str) -> None:
    with pytest.raises(UnknownModelError, match=wrong) as caught:
        resolve(wrong)
    question, _, every = caught.value.hint.partition("There are:")
    assert nearest in question
    assert all(name in every for name in ROWS)


@pytest.mark.parametrize("wrong", ["", "   ", "spark", "spark-", None, 4.0])
def test_what_is_no_name_is_an_unknown_model(wrong: Any) -> None:
    with pytest.raises(UnknownModelError):
        resolve(wrong)


def test_a_name_like_nothing_gets_no_guess() -> None:
    with pytest.raises(UnknownModelError) as caught:
        resolve("qqqqqqqqqq")
    assert "did you mean" not in str(caught.value)


def test_a_spec_of_ones_own_is_taken_as_it_is() -> None:
    own = ModelSpec(name="lite", domain="svc", url="wss://maas.example.com/v1.1/chat")
    assert resolve(own) is own


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        resolve("lite").domain = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Interval(0, 1, open_low=True), [0.001, 0.5, 1], [0, -0.1, 1.001, float("nan")]),
        (Interval(1, 6), [1, 3, 6], [0, 0.999, 7, float("nan")]),
    ],
)
def test_an_interval_knows_its_ends(
    interval: Interval, inside: list[float], outside: list[float]
) -> None:
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)
