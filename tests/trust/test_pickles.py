"""Pickles hold no key: whoever reads one needs the keys in an environment of its own."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iflytek_spark import SparkClient
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.errors import MissingCredentialsError
from langchain_spark import ChatSpark
from tests._support.calls import PROMPT, AsyncCall, Call, Target
from tests._support.surfaces import CLI, IN_PROCESS
from tests.trust.marked import MARKED, marks_in

KINDS: dict[str, Call | AsyncCall] = {
    one.make.__name__: one
    for one in IN_PROCESS.values()
    if isinstance(one, Call | AsyncCall) and one.name != CLI
}
"""One way to ask each of all that is made of keys."""

each = pytest.mark.parametrize("kind", KINDS)
COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda one: one.model_copy(),
    "deep model_copy": lambda one: one.model_copy(deep=True),
}


@pytest.fixture
def spark() -> Iterator[Emulator]:
    with running_emulator(credentials=MARKED) as running:
        yield running


def target_of(spark: Emulator) -> Target:
    return Target(MARKED, spark.base_url, max_retries=0)


def use(kind: str, one: Any) -> object:
    """Ask one of a kind, whether it blocks or is awaited."""
    call = KINDS[kind]
    if isinstance(call, Call):
        return call.use(one)

    async def wait() -> object:
        return await call.use(one)

    return asyncio.run(wait())


def _through_a_pickle(one: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    data = pickle.dumps(one, protocol)
    assert marks_in(data) == []
    return pickle.loads(data)  # noqa: S301 - written a moment ago


@each
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_works_where_the_keys_are_set(
    kind: str, protocol: int, spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = KINDS[kind].make(target_of(spark))
    expected = use(kind, one)
    for name in ("app_id", "api_key", "api_secret"):
        monkeypatch.setenv(f"IFLYTEK_SPARK_{name.upper()}", getattr(MARKED, name))
    again = _through_a_pickle(_through_a_pickle(one, protocol), protocol)
    assert type(use(kind, again)) is type(expected)
    assert marks_in(repr(again)) == []


@each
def test_a_pickle_is_read_without_keys_and_then_says_what_is_missing(
    kind: str, spark: Emulator
) -> None:
    """Reading itself never fails: in a worker of multiprocessing that would hang its pool."""
    again = _through_a_pickle(KINDS[kind].make(target_of(spark)))
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY, SPARK_API_SECRET") as caught:
        use(kind, again)
    assert "never pickled" in str(caught.value)
    assert spark.handshakes == ()


@each
@pytest.mark.parametrize("how", COPIES)
def test_a_copy_keeps_the_keys(kind: str, how: str, spark: Emulator) -> None:
    one = KINDS[kind].make(target_of(spark))
    if how in ("copy", "deepcopy") or hasattr(one, "model_copy"):
        assert type(use(kind, COPIES[how](one))) is type(use(kind, one))


def test_a_client_of_your_own_leaves_its_keys_behind_too(spark: Emulator) -> None:
    own = SparkClient(MARKED, base_url=spark.base_url)
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY"):
        _through_a_pickle(ChatSpark(client=own)).invoke(PROMPT)
