"""LangChain's own standard suites, against the emulator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from langchain_core.load import dumpd, load
from langchain_tests.unit_tests import ChatModelUnitTests

from iflytek_spark.emulator import running_emulator
from langchain_spark import ChatSpark
from tests._support.langchain_suite import OfflineSuite
from tests._support.service import settings_of

KEYS: dict[str, Any] = {"app_id": "app", "api_key": "key", "api_secret": "MARKER"}


class TestUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[ChatSpark]:
        return ChatSpark

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return KEYS

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environment = {
            "SPARK_APP_ID": "app",
            "SPARK_API_KEY": "key",
            "SPARK_API_SECRET": "secret",
            "SPARK_MODEL": "lite",
        }
        return environment, {}, {"model": "lite"}

    @pytest.mark.xfail(reason="LangChain's allow-list holds no third-party class")
    def test_serdes(self, model: Any, snapshot: Any) -> None:
        super().test_serdes(model, snapshot)


@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_serialization_round_trips_without_secrets() -> None:
    model = ChatSpark(**KEYS, temperature=0.3, model="lite", stop=["x"])
    written = dumpd(model)
    assert "MARKER" not in json.dumps(written)
    again = load(
        written,
        valid_namespaces=["langchain_spark"],
        allowed_objects=[ChatSpark],
        secrets_map={"SPARK_API_KEY": "key", "SPARK_API_SECRET": "MARKER"},
    )
    assert again == model


class _Integration(OfflineSuite):
    """The suite with every switch on that Spark can serve."""

    settings: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _emulator(cls) -> Iterator[None]:
        with running_emulator() as spark:
            cls.settings = settings_of(spark)
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
        return True

    @property
    def model_override_value(self) -> str:
        return "max"


class TestIntegration(_Integration):
    """Each async test in a loop of its own."""


class TestIntegrationInOneLoop(_Integration):
    """All async tests in one loop (see conftest.py)."""

    one_loop = True
