"""What a model of either adapter is set up with holds from its making on, whatever happens later.

Before, one adapter answered and the other raised when the keys were unset after a model was made,
and both sent requests signed with the old keys to a host that was set later.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from langchain_core.runnables import ConfigurableField
from llama_index.core.llms import ChatMessage

from iflytek_spark import MissingCredentialsError, SparkClient, UnknownModelError
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.settings import ChatSettings
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support.service import lead_to

QUESTION = "苹果是什么颜色"


@dataclass(frozen=True)
class Kind:
    """A class of an adapter, and a call of it."""

    make: Callable[..., Any]
    call: Callable[[Any], object]


KINDS = {
    "ChatSpark": Kind(ChatSpark, lambda one: one.invoke(QUESTION)),
    "LangChain's SparkLLM": Kind(LangChainLLM, lambda one: one.invoke(QUESTION)),
    "SparkEmbeddings": Kind(SparkEmbeddings, lambda one: one.embed_query(QUESTION)),
    "SparkImageTool": Kind(SparkImageTool, lambda one: one.invoke({"prompt": QUESTION})),
    "LlamaIndex's SparkLLM": Kind(SparkLLM, lambda one: one.chat([ChatMessage(QUESTION)])),
    "SparkEmbedding": Kind(SparkEmbedding, lambda one: one.get_query_embedding(QUESTION)),
}
CHATS = {name: kind for name, kind in KINDS.items() if name.endswith(("Spark", "SparkLLM"))}
COPIES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda one: one,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda one: one.model_copy(),
    "deep model_copy": lambda one: one.model_copy(deep=True),
    "changed model_copy": lambda one: one.model_copy(update={"max_retries": 1}),
}
each = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
each_chat = pytest.mark.parametrize("kind", CHATS.values(), ids=CHATS)


@pytest.fixture
def first(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Where the environment leads when a model is made."""
    with running_emulator() as spark:
        lead_to(spark, monkeypatch)
        yield spark


@pytest.fixture
def second() -> Iterator[Emulator]:
    """Where the environment leads later, to which nothing may be sent."""
    with running_emulator() as spark:
        yield spark
        assert spark.handshakes == ()


def change_environment(monkeypatch: pytest.MonkeyPatch, second: Emulator) -> None:
    """Have the environment lead elsewhere, to another model, without keys."""
    for name in ("SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET", "SPARK_MAAS_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SPARK_BASE_URL", second.base_url)
    monkeypatch.setenv("SPARK_MODEL", "lite")


CHOSEN = ("4.0Ultra", "spark-embedding")
"""The models of chat and of vectors that the first environment leads to."""


@each
@pytest.mark.parametrize("how", COPIES)
def test_the_environment_is_read_once(
    kind: Kind, how: str, first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = kind.make()
    change_environment(monkeypatch, second)
    assert kind.call(COPIES[how](one))
    assert len(first.handshakes) == 1
    assert getattr(one, "model", "4.0Ultra") in CHOSEN


def runnables(llm: ChatSpark) -> dict[str, Any]:
    configurable = llm.configurable_fields(temperature=ConfigurableField("warmth"))
    return {
        "with_config": llm.with_config(tags=["one"]),
        "bind": llm.bind(temperature=0.2),
        "configurable_fields": configurable.with_config(configurable={"warmth": 0.2}),
        "with_fallbacks": llm.with_fallbacks([llm]),
    }


@pytest.mark.parametrize("how", ["with_config", "bind", "configurable_fields", "with_fallbacks"])
def test_what_langchain_makes_of_a_model_goes_where_the_model_goes(
    how: str, first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    runnable = runnables(ChatSpark())[how]
    change_environment(monkeypatch, second)
    assert runnable.invoke(QUESTION).text
    assert [request.path for request in first.requests] == ["/v4.0/chat"]


@each
def test_a_pickle_takes_keys_alone_from_where_it_is_read(
    kind: Kind, first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pickle.dumps(kind.make())
    monkeypatch.setenv("SPARK_BASE_URL", second.base_url)
    monkeypatch.setenv("SPARK_MODEL", "lite")
    again = pickle.loads(data)  # noqa: S301 - written a moment ago
    change_environment(monkeypatch, second)
    assert kind.call(again)
    assert getattr(again, "model", "4.0Ultra") in CHOSEN
    assert len(first.handshakes) == 1


@each
def test_an_address_of_ones_own_wins_over_the_environments(
    kind: Kind, first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_BASE_URL", second.base_url)
    assert kind.call(kind.make(base_url=first.base_url))
    elsewhere = kind.make().model_copy(update={"base_url": first.base_url})
    assert kind.call(elsewhere)
    assert len(first.handshakes) == 2


@each
def test_missing_keys_are_missed_when_the_model_is_made(
    kind: Kind, first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_environment(monkeypatch, second)
    with pytest.raises(MissingCredentialsError, match="SPARK_APP_ID"):
        kind.make()


@each_chat
def test_the_environments_address_is_not_written_down(kind: Kind, first: Emulator) -> None:
    """What was saved is read where the environment may lead elsewhere."""
    one = kind.make()
    assert one.base_url is None
    assert first.base_url not in one.model_dump_json()
    assert first.base_url not in repr(one)


def test_a_cache_entry_names_what_really_answers(
    first: Emulator, second: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ChatSpark()._get_llm_string()
    monkeypatch.setenv("SPARK_BASE_URL", second.base_url)
    assert ChatSpark()._get_llm_string() != one


@each_chat
def test_a_client_of_ones_own_brings_its_model(kind: Kind, first: Emulator) -> None:
    own = SparkClient(first.credentials, base_url=first.base_url, model="lite")
    one = kind.make(client=own)
    assert one.model == "lite"
    assert kind.call(one)
    assert [request.path for request in first.requests] == ["/v1.1/chat"]


@each_chat
def test_an_unknown_model_in_the_environment_matters_when_none_is_named(
    kind: Kind, first: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_MODEL", "gpt-4")
    assert kind.call(kind.make(model="lite"))
    with pytest.raises(UnknownModelError, match="gpt-4"):
        kind.make()


KEYS = ("api_key", "api_secret", "api_password", "maas_api_key")
"""LangChain dumps them as stars that a model can be made of again; LlamaIndex writes none down."""


@pytest.mark.parametrize("name", ChatSettings.model_fields)
def test_both_frameworks_have_the_same_settings_in_the_same_words(name: str) -> None:
    one, other = ChatSpark.model_fields[name], SparkLLM.model_fields[name]
    assert one.description
    assert (one.description, one.repr) == (other.description, other.repr)
    assert other.exclude == (one.exclude or name in KEYS or None)
    assert (one.annotation, one.default) == (other.annotation, other.default)
