"""LangChain's own standard suites over both dialects of HTTP, against the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests, EmbeddingsUnitTests

from iflytek_spark.emulator import Emulator, running_emulator
from langchain_spark import ChatSpark, SparkEmbeddings
from tests._support.langchain_suite import OfflineSuite
from tests.http.asking import model_settings

VECTORS = "xop3qwen8bembedding"


class TestUnitOfMaas(ChatModelUnitTests):
    """A MaaS key is enough; the suite gives an ``api_key``, which is half of something else."""

    @property
    def chat_model_class(self) -> type[ChatSpark]:
        return ChatSpark

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "spark-x2.5", "maas_api_key": "key", "api_key": None}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environment = {"SPARK_MAAS_API_KEY": "key", "SPARK_MODEL": "spark-x2.5"}
        return environment, {}, {"model": "spark-x2.5"}

    @pytest.mark.xfail(reason="LangChain's allow-list holds no third-party class")
    def test_serdes(self, model: Any, snapshot: Any) -> None:
        super().test_serdes(model, snapshot)


class TestUnitOfSparkOpen(TestUnitOfMaas):
    """A password is enough."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "x2", "wire": "http", "api_password": "key", "api_key": None}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environment = {"SPARK_API_PASSWORD": "key", "SPARK_MODEL": "x2-flash"}
        return environment, {}, {"model": "x2-flash"}


class _Integration(OfflineSuite):
    """The suite with every switch on that the model can serve."""

    asked = ""
    other_model = ""
    sees = False
    settings: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _emulator(cls) -> Iterator[None]:
        with running_emulator() as spark:
            cls.settings = {**model_settings(spark), "wire": "http", "model": cls.asked}
            yield

    @property
    def chat_model_class(self) -> type[ChatSpark]:
        return ChatSpark

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return self.settings

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return self.sees

    @property
    def model_override_value(self) -> str:
        return self.other_model


class TestUltra(_Integration):
    asked, other_model, sees = "4.0Ultra", "max", True


class TestX2(_Integration):
    asked, other_model = "x2", "x2-flash"


class TestX25(_Integration):
    asked, other_model = "spark-x2.5", "spark-x2.5-4b"


class TestX25InOneLoop(TestX25):
    """All async tests in one loop (see conftest.py), over connections that are kept."""

    one_loop = True


class TestQwen(_Integration):
    asked, other_model, sees = "xopqwen36v35b", "xopkimik26", True


class TestUnitOfHostedEmbeddings(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SparkEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": VECTORS, "maas_api_key": "key"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"SPARK_MAAS_API_KEY": "env-key"}, {"model": VECTORS}, {"maas_api_key": "env-key"}


class TestHostedEmbeddings(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _service(self, spark: Emulator) -> None:
        self.spark = spark

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SparkEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {**model_settings(self.spark), "model": VECTORS, "max_qps": 100.0}


class TestHostedEmbeddingsInOneLoop(TestHostedEmbeddings):
    """All async tests share a loop."""

    one_loop = True
