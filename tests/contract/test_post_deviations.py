"""Embeddings and images that are not as documented, and understood: whole, and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.protocol.deviations import deviation_counts
from tests._support.deviating_posts import ANSWERS, IMAGE, POSTS, VECTOR
from tests.unit.embeddings.embedding_helpers import CALLERS, Caller

CASES = [(service, name) for service, rows in POSTS.items() for name in rows]


@pytest.fixture(scope="module")
def spark() -> Iterator[Emulator]:
    with running_emulator() as spark:
        yield spark


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> Caller:
    """A thread, and then an event loop."""
    return CALLERS[request.param]


def ask(caller: Caller, spark: Emulator, service: str, answer: str, **more: Any) -> Any:
    spark.script(faults.Replay((answer,)))
    if service == "image":
        return caller.paint(spark, "一只猫", max_retries=0, **more)
    return caller.embed(spark, ["你好"], max_retries=0, **more)


@pytest.mark.parametrize(("service", "name"), CASES)
def test_a_deviation_is_answered_whole_and_told(
    caller: Caller, spark: Emulator, service: str, name: str
) -> None:
    answer, named = POSTS[service][name]
    before = deviation_counts()
    result = ask(caller, spark, service, answer)
    after = deviation_counts()
    counted = {kind for kind in after if after[kind] - before.get(kind, 0) == 1}
    assert counted == set(named)
    if service == "image":
        assert (result.data, set(result.deviations)) == (IMAGE, set(named))
    else:
        assert result == [VECTOR]


@pytest.mark.parametrize(
    ("service", "name"), [case for case in CASES if POSTS[case[0]][case[1]][1]]
)
def test_a_strict_client_refuses_it(
    caller: Caller, spark: Emulator, service: str, name: str
) -> None:
    with pytest.raises(errors.ProtocolError, match="not as documented"):
        ask(caller, spark, service, POSTS[service][name][0], strict=True)


@pytest.mark.parametrize("service", POSTS)
@pytest.mark.parametrize("code", [11200, "11200", 11200.0, [11200]])
def test_nothing_hides_an_error_code(
    caller: Caller, spark: Emulator, service: str, code: object
) -> None:
    """Of a vector or an image beside it neither."""
    answer = json.dumps({**ANSWERS[service], "header": {"code": code, "x": None}})
    with pytest.raises(errors.PermissionDeniedError) as caught:
        ask(caller, spark, service, answer)
    assert caught.value.code == 11200


@pytest.mark.parametrize("service", POSTS)
def test_a_loss_stays_an_error(caller: Caller, spark: Emulator, service: str) -> None:
    whole = json.dumps(ANSWERS[service])
    for answer in (whole[:-1], whole[: len(whole) // 2], f"[{whole},{whole}]", "<html>", ""):
        with pytest.raises(errors.ProtocolError):
            ask(caller, spark, service, answer)
