"""What was answered in one place is never taken for the answer of another.

Tried first on the emulator, and then with keys: the same program, with the same cache, asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import LocalFileStore
from langchain_core.caches import BaseCache, InMemoryCache
from llama_index.core.extractors import KeywordExtractor
from llama_index.core.ingestion import IngestionCache, IngestionPipeline
from llama_index.core.schema import TextNode, TransformComponent
from llama_index.core.storage.kvstore import SimpleKVStore

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.emulator import Emulator, running_emulator
from langchain_spark import ChatSpark, SparkEmbeddings
from langchain_spark import SparkLLM as LangChainLLM
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support.service import lead_to

SAME = Credentials("app1", "key1", "secret1")
QUESTION = "苹果是什么颜色"
Ask = Callable[[], object]


@pytest.fixture
def places() -> Iterator[list[Emulator]]:
    """The stand-in, and one in the role of the service, for the same app."""
    with (
        running_emulator(credentials=SAME) as stand_in,
        running_emulator(credentials=SAME) as service,
    ):
        yield [stand_in, service]


def sqlite(folder: Path) -> BaseCache:
    from langchain_community.cache import SQLiteCache

    return SQLiteCache(str(folder / "answers.sqlite"))


def chat_in_memory(_: Path) -> Ask:
    cache = InMemoryCache()
    return lambda: ChatSpark(cache=cache).invoke(QUESTION)


def chat_in_a_file(folder: Path) -> Ask:
    return lambda: ChatSpark(cache=sqlite(folder)).invoke(QUESTION)


def text_in_memory(_: Path) -> Ask:
    cache = InMemoryCache()
    return lambda: LangChainLLM(cache=cache).invoke(QUESTION)


def text_in_a_file(folder: Path) -> Ask:
    return lambda: LangChainLLM(cache=sqlite(folder)).generate([QUESTION])


def another_model(_: Path) -> Ask:
    cache = InMemoryCache()
    return lambda: ChatSpark(cache=cache).invoke(QUESTION, model="lite")


def backed(folder: Path) -> tuple[SparkEmbeddings, CacheBackedEmbeddings]:
    embeddings = SparkEmbeddings()
    return embeddings, CacheBackedEmbeddings.from_bytes_store(
        embeddings,
        LocalFileStore(folder),
        namespace=embeddings.namespace("document"),
        key_encoder="sha256",
    )


def documents(folder: Path) -> Ask:
    return lambda: backed(folder)[1].embed_documents([QUESTION])


def ingestion(_: Path) -> Ask:
    cache = IngestionCache()

    def run() -> object:
        steps: list[TransformComponent] = [SparkEmbedding()]
        return IngestionPipeline(transformations=steps, cache=cache).run(
            nodes=[TextNode(text=QUESTION, id_="1")]
        )

    return run


def extraction(_: Path) -> Ask:
    cache = IngestionCache()

    def run() -> object:
        steps: list[TransformComponent] = [KeywordExtractor(llm=SparkLLM(), keywords=2)]
        return IngestionPipeline(transformations=steps, cache=cache).run(
            nodes=[TextNode(text=QUESTION, id_="1")]
        )

    return run


def vectors_by_text(_: Path) -> Ask:
    store = SimpleKVStore()
    return lambda: SparkEmbedding(embeddings_cache=store).get_text_embedding_batch([QUESTION])


CACHES = [
    chat_in_memory,
    chat_in_a_file,
    text_in_memory,
    text_in_a_file,
    another_model,
    documents,
    ingestion,
    extraction,
    vectors_by_text,
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("cache", CACHES)
def test_nothing_is_reused_elsewhere(
    cache: Callable[[Path], Ask],
    places: list[Emulator],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = cache(tmp_path)
    for place in (*places, *places):
        lead_to(place, monkeypatch)
        ask()
    assert [len(place.handshakes) for place in places] == [1, 1]


def test_a_client_of_ones_own_names_its_place(
    places: list[Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in, service = places
    lead_to(stand_in, monkeypatch)
    cache = InMemoryCache()
    ChatSpark(cache=cache).invoke(QUESTION)
    ChatSpark(cache=cache, client=SparkClient(SAME, base_url=service.base_url)).invoke(QUESTION)
    assert [len(place.handshakes) for place in places] == [1, 1]
    own = AsyncSparkClient(SAME, base_url=service.base_url)
    host = service.base_url.rpartition("/")[2].replace(":", "-")
    assert host in SparkEmbeddings(async_client=own).namespace()


@pytest.mark.parametrize("make", [SparkEmbeddings, SparkEmbedding])
def test_a_namespace_names_model_kind_and_place(make: Callable[..., Any]) -> None:
    keys = {"app_id": "a", "api_key": "k", "api_secret": "MARKERSECRET"}
    assert [make(**keys).namespace(), make(**keys).namespace("query")] == [
        "spark-embedding-document-emb-cn-huabei-1.xf-yun.com-2560",
        "spark-embedding-query-emb-cn-huabei-1.xf-yun.com-2560",
    ]
    places = {
        "ws://127.0.0.1:8765": "127.0.0.1-8765",
        "https://spark.example.com": "spark.example.com",
        "https://proxy.example.com/team/a/": "proxy.example.com-team-a",
        "ws://[::1]:9000": "1-9000",
    }
    for url, place in places.items():
        found = make(**keys, base_url=url).namespace()
        assert found == f"spark-embedding-document-{place}-2560"


def test_traces_name_the_address_that_answers(
    places: list[Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = places[0]
    lead_to(place, monkeypatch)
    for model in (ChatSpark(), LangChainLLM()):
        told = model._get_invocation_params() if hasattr(model, "_get_invocation_params") else {}
        told = told or dict(model._identifying_params)
        assert told["url"].startswith(place.base_url)
        assert "secret1" not in str(told)
        assert model._get_ls_params()["ls_provider"] == "iflytek_spark"
    host = place.base_url.rpartition("/")[2].replace(":", "-")
    for one in (SparkLLM(), SparkEmbedding()):
        assert host in one.to_payload()["address"]
        assert host in one.to_dict()["address"]


def test_a_model_that_was_written_down_goes_where_it_is_read(
    places: list[Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in, service = places
    lead_to(stand_in, monkeypatch)
    written = SparkLLM().to_dict()
    lead_to(service, monkeypatch)
    SparkLLM.from_dict(written).complete(QUESTION)
    assert [len(place.handshakes) for place in places] == [0, 1]
