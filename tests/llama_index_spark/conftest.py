"""A Spark of its own for each test, and models that talk to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from llama_index.core import Document, SimpleDirectoryReader
from llama_index.core.tools import FunctionTool

from iflytek_spark.emulator import Emulator
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support.service import settings_of

DOCUMENTS = Path(__file__).parent / "documents"
MakeLLM: TypeAlias = Callable[..., SparkLLM]
MakeEmbedding: TypeAlias = Callable[..., SparkEmbedding]


@pytest.fixture
def spark(emulator: Emulator) -> Emulator:
    """The local Spark; that no connection is left open is checked at the end."""
    return emulator


@pytest.fixture
def make_llm(spark: Emulator) -> MakeLLM:
    def make(**settings: Any) -> SparkLLM:
        return SparkLLM(**{**settings_of(spark), **settings})

    return make


@pytest.fixture
def make_embedding(spark: Emulator) -> MakeEmbedding:
    def make(**settings: Any) -> SparkEmbedding:
        return SparkEmbedding(**{**settings_of(spark), "max_qps": None, **settings})

    return make


@pytest.fixture
def llm(make_llm: MakeLLM) -> SparkLLM:
    return make_llm()


@pytest.fixture
def embedding(make_embedding: MakeEmbedding) -> SparkEmbedding:
    return make_embedding()


@pytest.fixture
def documents() -> list[Document]:
    return SimpleDirectoryReader(str(DOCUMENTS)).load_data()


def weather(city: str) -> str:
    """查询城市的天气。"""
    return f"{city}：晴，26 度"


def add(a: int, b: int) -> int:
    """Add two numbers and return the sum."""
    return a + b


def broken_stock(symbol: str) -> str:
    """查询股票的价格。"""
    raise ConnectionError(f"no connection to the exchange for {symbol}")


@pytest.fixture
def tools() -> list[FunctionTool]:
    return [FunctionTool.from_defaults(function) for function in (weather, add, broken_stock)]


def contents(request: Any) -> list[tuple[str, str]]:
    """The roles and texts of a chat request."""
    turns = request.body["payload"]["message"]["text"]
    return [(turn["role"], turn["content"]) for turn in turns]
