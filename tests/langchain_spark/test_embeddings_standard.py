"""LangChain's own tests of embeddings."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from iflytek_spark.emulator import Emulator
from langchain_spark import SparkEmbeddings
from tests._support.service import settings_of


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SparkEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"app_id": "app1", "api_key": "key1", "api_secret": "secret1"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        names = ("app_id", "api_key", "api_secret")
        return (
            {f"SPARK_{name.upper()}": f"env-{name}" for name in names},
            {},
            {name: f"env-{name}" for name in names},
        )


class TestIntegration(EmbeddingsIntegrationTests):
    """Each async test has a loop of its own."""

    @pytest.fixture(autouse=True)
    def _service(self, spark: Emulator) -> None:
        self.spark = spark

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SparkEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {**settings_of(self.spark), "max_qps": 100.0}


class TestIntegrationInOneLoop(TestIntegration):
    """All async tests share a loop."""

    one_loop = True
