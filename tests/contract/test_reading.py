"""How answers are read is a setting of every client and of every class of the adapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark import ConfigurationError, ProtocolError
from iflytek_spark.emulator import Emulator, faults, running_emulator
from tests._support.deviating import DEVIATING
from tests._support.deviating_posts import POSTS
from tests._support.service import lead_to, settings_of
from tests.contract.test_settings import COPIES, KINDS
from tests.unit.embeddings.embedding_helpers import CALLERS, Caller

FRAMES = {
    "SparkEmbeddings": (POSTS["embedding"]["an unknown field"][0],),
    "SparkEmbedding": (POSTS["embedding"]["an unknown field"][0],),
    "SparkImageTool": (POSTS["image"]["an unknown field"][0],),
}
each = pytest.mark.parametrize("name", KINDS)


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator() as spark:
        yield spark


def ask(spark: Emulator, name: str, **settings: Any) -> object:
    model = KINDS[name].make(**settings_of(spark), max_retries=0, **settings)
    spark.script(faults.Replay(FRAMES.get(name, tuple(DEVIATING["seq leaps"].frames))))
    return KINDS[name].call(model)


@each
def test_a_strict_model_refuses_what_another_reads(spark: Emulator, name: str) -> None:
    assert ask(spark, name)
    with pytest.raises(ProtocolError, match="not as documented"):
        ask(spark, name, strict=True)


@each
def test_an_answer_has_a_bound_in_bytes(spark: Emulator, name: str) -> None:
    with pytest.raises(ProtocolError, match="more than 99 bytes") as caught:
        ask(spark, name, max_response_bytes=99)
    assert "max_response_bytes" in caught.value.hint
    with pytest.raises(ConfigurationError, match="max_response_bytes is 0"):
        ask(spark, name, max_response_bytes=0)


@each
@pytest.mark.parametrize("how", COPIES)
def test_both_settings_stay_with_a_copy_and_are_not_shown(
    spark: Emulator, name: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(spark, monkeypatch)
    copied = COPIES[how](KINDS[name].make(strict=True, max_response_bytes=99))
    assert (copied.strict, copied.max_response_bytes) == (True, 99)
    assert not {"strict", "max_response_bytes"} & copied.model_dump().keys()


@pytest.mark.parametrize("caller", CALLERS.values(), ids=CALLERS)
def test_a_bound_holds_for_what_is_posted_too(spark: Emulator, caller: Caller) -> None:
    with pytest.raises(ProtocolError, match="more than 99 bytes"):
        caller.embed(spark, ["你好"], max_response_bytes=99)
    with pytest.raises(ProtocolError, match="more than 99 bytes"):
        caller.paint(spark, "猫", max_response_bytes=99)
