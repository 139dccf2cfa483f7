"""The catalogue: compared with PROTOCOL.md §1 and §6; every name that users know; nearest names."""

from __future__ import annotations

import contextlib
import re
from dataclasses import FrozenInstanceError, fields
from itertools import zip_longest
from typing import Any

import pytest

from iflytek_spark.errors import UnknownModelError
from iflytek_spark.models.catalogue import DEFAULT_MODEL, MODELS, find_model, list_models
from iflytek_spark.models.spec import ModelSpec, Range
from tests._support import fact_sheet

ADDRESSES, ABILITIES, SAMPLING = fact_sheet.tables(1)
IMAGES = fact_sheet.section(6)
CHAT_HOST = "wss://spark-api.xf-yun.com"
COLUMNS = ("system_role", "tools", "web_search", "citations", "reasoning")
"""The columns of §1's table of features."""


def address_row(spec: ModelSpec) -> list[str] | None:
    """The row of §1 with this address and domain."""
    path = spec.url.removeprefix(CHAT_HOST)
    for row in ADDRESSES[1:]:
        if row[1].strip("*") == path and f"`{spec.domain}`" in row[2]:
            return row
    return None


def numbers(cell: str) -> set[int]:
    """The numbers of a cell, in which 8K is 8192."""
    found = re.findall(r"(?<![\w.])(\d+)(K?)(?![\w.])", cell)
    return {int(digits) * (1024 if kilo else 1) for digits, kilo in found}


def names(spec: ModelSpec, cell: str) -> bool:
    """Tell whether a cell such as "X1.5 / X2 / X2-Flash" names this model."""
    for name in re.split(r"[,/] *", cell):
        with contextlib.suppress(UnknownModelError):
            if find_model(name) is spec:
                return True
    return False


def test_every_model_with_a_websocket_is_there() -> None:
    spoken = [row for row in ADDRESSES[1:] if "/" in row[1] and "(off " not in row[0]]
    rows = [row for spec in MODELS if (row := address_row(spec))]
    assert sorted(rows) == sorted(spoken)
    others = [spec for spec in MODELS if address_row(spec) is None]
    assert [spec.name for spec in others if not spec.images] == []
    assert [spec.name for spec in others if f"`{spec.url}`" not in IMAGES] == []
    assert [spec.name for spec in others if f"`{spec.domain}`" not in IMAGES] == []


def test_limits() -> None:
    for spec in MODELS:
        *_, context, limits = address_row(spec) or ("8K", IMAGES)
        assert (spec.context_tokens is None) is (context == "?"), spec.name
        assert {spec.context_tokens} - {None} <= numbers(context), spec.name
        assert spec.max_tokens is None or spec.max_tokens.low == 1, spec.name
        highest = spec.max_tokens and int(spec.max_tokens.high)
        assert {highest} - {None} <= numbers(limits), spec.name
        if re.search(r"\(\d+\)", limits):
            assert spec.default_max_tokens in numbers(limits), spec.name


def test_abilities() -> None:
    """What is disputed stands with an asterisk, or in the row's own ``disputed``."""
    told = {
        (spec.name, field): cell
        for spec in MODELS
        for row in ABILITIES[1:]
        if names(spec, row[0])
        for field, cell in zip(COLUMNS, row[1:])
    }
    untold = {spec.name for spec in MODELS if (spec.name, "tools") not in told}
    assert untold == {"generalv2", "image", "imagev3"}
    for (name, field), cell in told.items():
        spec, claim = find_model(name), re.match(r"yes|no|\*", cell)
        if claim and claim[0] == "*":
            assert field in spec.disputed, (name, field)
        elif claim and field not in spec.disputed:
            assert getattr(spec, field) is (claim[0] == "yes"), (name, field)


def sampling(spec: ModelSpec) -> list[str]:
    """The cells of §1 for a model: the chat's, or X1.5's, on which X2's are laid."""
    cells = {row[0].split()[0]: row[1:] for row in SAMPLING[1:]}
    if not spec.reasoning:
        return cells["WS"]
    own = cells.get(spec.name.upper(), [])
    return [mine or usual for mine, usual in zip_longest(own, cells["X1.5"], fillvalue="")]


def test_sampling_parameters() -> None:
    for spec in MODELS:
        temperature, top_k, *others = sampling(spec)
        written = f"{spec.temperature}, {spec.default_temperature}".replace(" ", "")
        assert written == temperature.replace(" ", ""), spec.name
        low, high = spec.top_k.low, spec.top_k.high
        assert f"{low}–{high}, {spec.default_top_k}" == top_k, spec.name
        given = (spec.top_p, spec.presence_penalty, spec.frequency_penalty)
        for interval, cell in zip(given, others):
            range_alone = "–" if interval is None else str(interval).replace(" ", "")
            assert cell.startswith(range_alone), (spec.name, cell)


def test_where_sources_disagree_the_row_says_so() -> None:
    fields_of_a_row = {field.name for field in fields(ModelSpec)}
    for spec in MODELS:
        assert set(spec.disputed) <= fields_of_a_row, spec.name
        assert spec.note or not spec.disputed, spec.name


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


def test_every_name_that_users_know() -> None:
    known = {name: names.split(", ") for name, names in NAMES.items()}
    found = {name: [find_model(each).name for each in names] for name, names in known.items()}
    assert found == {name: [name] * len(names) for name, names in known.items()}


def test_every_name_of_a_row_leads_to_it() -> None:
    for spec in list_models():
        for name in (spec.name, spec.title, *spec.aliases):
            assert find_model(name) is spec, name
            assert find_model(f"  {name.upper()} ") is spec, name


def test_the_default_is_a_model() -> None:
    assert not find_model(DEFAULT_MODEL).retired


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("4.0Ulta", "4.0Ultra"), ("spark-lit", "lite"), ("v3.6", "pro"), ("mutlilang", "multilang")],
)
def test_an_unknown_name_gets_the_nearest_and_all_that_exist(wrong: str, nearest: str) -> None:
    with pytest.raises(UnknownModelError, match=wrong) as caught:
        find_model(wrong)
    question, _, every = caught.value.hint.partition("There are:")
    assert nearest in question
    assert all(spec.name in every for spec in list_models())


def test_a_retired_model_is_no_guess() -> None:
    with pytest.raises(UnknownModelError) as caught:
        find_model("maxx")
    question, _, _ = caught.value.hint.partition("There are:")
    assert "max-32k" in question
    assert "max " not in question


@pytest.mark.parametrize("wrong", ["", "   ", "spark", "spark-", None, 4.0])
def test_what_is_no_name_is_an_unknown_model(wrong: Any) -> None:
    with pytest.raises(UnknownModelError):
        find_model(wrong)


def test_a_name_like_nothing_gets_no_guess() -> None:
    with pytest.raises(UnknownModelError) as caught:
        find_model("qqqqqqqqqq")
    assert "did you mean" not in str(caught.value)


def test_a_spec_of_ones_own_is_taken_as_it_is() -> None:
    own = ModelSpec(name="lite", domain="svc", url="wss://maas.example.com/v1.1/chat")
    assert find_model(own) is own


def test_a_row_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        find_model("lite").domain = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        (Range(0, 1, exclusive_min=True), [0.001, 0.5, 1], [0, -0.1, 1.001, float("nan")]),
        (Range(1, 6), [1, 3, 6], [0, 0.999, 7, float("nan")]),
    ],
)
def test_an_interval_knows_its_ends(
    interval: Range, inside: list[float], outside: list[float]
) -> None:
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)
