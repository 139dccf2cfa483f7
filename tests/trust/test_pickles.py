"""Pickles hold no key: whoever reads one needs the keys in an environment of its own."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, SparkClient
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.errors import MissingCredentialsError
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM
from tests.trust.marked import MARKED, marks_in
from tests.trust.surfaces import one_try

QUESTION = "苹果是什么颜色"


def client(kind: type[SparkClient] | type[AsyncSparkClient]) -> Callable[..., Any]:
    def make(base_url: str, **_: Any) -> SparkClient | AsyncSparkClient:
        return kind(MARKED, base_url=base_url)

    return make


KINDS: dict[str, tuple[Callable[..., Any], Callable[[Any], object]]] = {
    "SparkClient": (client(SparkClient), lambda one: one.chat(QUESTION)),
    "AsyncSparkClient": (client(AsyncSparkClient), lambda one: asyncio.run(one.chat(QUESTION))),
    "ChatSpark": (ChatSpark, lambda one: one.invoke(QUESTION)),
    "LangChain's SparkLLM": (LangChainLLM, lambda one: one.invoke(QUESTION)),
    "SparkEmbeddings": (
        partial(SparkEmbeddings, max_qps=None),
        lambda one: one.embed_query(QUESTION),
    ),
    "SparkImageTool": (SparkImageTool, lambda one: one.invoke({"prompt": QUESTION})),
    "LlamaIndex's SparkLLM": (SparkLLM, lambda one: one.chat([ChatMessage(QUESTION)])),
    "SparkEmbedding": (
        partial(SparkEmbedding, max_qps=None),
        lambda one: one.get_query_embedding(QUESTION),
    ),
}
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


def _through_a_pickle(one: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> Any:
    data = pickle.dumps(one, protocol)
    assert marks_in(data) == []
    return pickle.loads(data)  # noqa: S301 - written a moment ago


@each
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_works_where_the_keys_are_set(
    kind: str, protocol: int, spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, use = KINDS[kind]
    one = make(**one_try(spark))
    expected = use(one)
    for name in ("app_id", "api_key", "api_secret"):
        monkeypatch.setenv(f"IFLYTEK_SPARK_{name.upper()}", getattr(MARKED, name))
    again = _through_a_pickle(_through_a_pickle(one, protocol), protocol)
    assert type(use(again)) is type(expected)
    assert marks_in(repr(again)) == []


@each
def test_a_pickle_is_read_without_keys_and_then_says_what_is_missing(
    kind: str, spark: Emulator
) -> None:
    """Reading itself never fails: in a worker of multiprocessing that would hang its pool."""
    make, use = KINDS[kind]
    again = _through_a_pickle(make(**one_try(spark)))
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY, SPARK_API_SECRET") as caught:
        use(again)
    assert "never pickled" in str(caught.value)
    assert spark.handshakes == ()


@each
@pytest.mark.parametrize("how", COPIES)
def test_a_copy_keeps_the_keys(kind: str, how: str, spark: Emulator) -> None:
    make, use = KINDS[kind]
    one = make(**one_try(spark))
    if how in ("copy", "deepcopy") or hasattr(one, "model_copy"):
        assert type(use(COPIES[how](one))) is type(use(one))


def test_a_client_of_your_own_leaves_its_keys_behind_too(spark: Emulator) -> None:
    own = SparkClient(MARKED, base_url=spark.base_url)
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY"):
        _through_a_pickle(ChatSpark(client=own)).invoke(QUESTION)
