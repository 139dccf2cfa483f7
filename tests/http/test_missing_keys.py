"""A key that a model needs and that is not there is missed when the object is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.errors import MissingCredentialsError
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool
from langchain_spark import SparkLLM as LangChainLLM
from langchain_spark import SparkRerank as LangChainRerank
from llama_index_spark import SparkEmbedding, SparkLLM, SparkRerank

APP = {"app_id": "app1", "api_key": "a key", "api_secret": "a secret"}
PASSWORD, MAAS = {"api_password": "a password"}, {"maas_api_key": "a MaaS key"}
HOSTED = "xop3qwen8bembedding"

Make = Callable[..., object]


def client(model: str | None = None, wire: Any = "auto", **keys: str) -> object:
    return SparkClient(Credentials(**keys), model=model, wire=wire)


def async_client(model: str | None = None, wire: Any = "auto", **keys: str) -> object:
    return AsyncSparkClient(Credentials(**keys), model=model, wire=wire)


CHATS: list[Make] = [client, async_client, ChatSpark, LangChainLLM, SparkLLM]


@pytest.mark.parametrize("make", CHATS)
@pytest.mark.parametrize(
    ("model", "wire", "keys", "variable"),
    [
        ("spark-x2.5", "auto", APP, "SPARK_MAAS_API_KEY"),
        ("xopglm5", "auto", {**APP, **PASSWORD}, "SPARK_MAAS_API_KEY"),
        ("4.0Ultra", "auto", MAAS, "SPARK_APP_ID"),
        ("4.0Ultra", "auto", PASSWORD, "SPARK_APP_ID"),
        ("4.0Ultra", "http", MAAS, "SPARK_API_PASSWORD"),
        ("x2-flash", "auto", MAAS, "SPARK_API_PASSWORD"),
    ],
)
def test_a_chat(make: Make, model: str, wire: str, keys: dict[str, str], variable: str) -> None:
    with pytest.raises(MissingCredentialsError, match=variable):
        make(model=model, wire=wire, **keys)


@pytest.mark.parametrize("make", CHATS)
@pytest.mark.parametrize(
    ("model", "wire", "keys"),
    [
        ("spark-x2.5", "auto", MAAS),
        ("4.0Ultra", "http", PASSWORD),
        ("x2-flash", "auto", APP),
        ("x2", "auto", PASSWORD),  # with tools it goes over HTTP
    ],
)
def test_keys_that_are_enough(make: Make, model: str, wire: str, keys: dict[str, str]) -> None:
    make(model=model, wire=wire, **keys)


def test_a_client_whose_calls_name_their_models_may_have_any_key() -> None:
    for keys in (APP, PASSWORD, MAAS):
        client(**keys)


@pytest.mark.parametrize(
    ("make", "settings", "keys", "variable"),
    [
        (SparkEmbeddings, {"model": HOSTED}, APP, "SPARK_MAAS_API_KEY"),
        (SparkEmbedding, {"model_name": HOSTED}, APP, "SPARK_MAAS_API_KEY"),
        (SparkEmbeddings, {}, MAAS, "SPARK_APP_ID"),
        (SparkEmbedding, {}, MAAS, "SPARK_APP_ID"),
        (SparkImageTool, {}, MAAS, "SPARK_APP_ID"),
        (LangChainRerank, {}, APP, "SPARK_MAAS_API_KEY"),
        (SparkRerank, {}, APP, "SPARK_MAAS_API_KEY"),
    ],
)
def test_a_service(
    make: Make, settings: dict[str, Any], keys: dict[str, str], variable: str
) -> None:
    with pytest.raises(MissingCredentialsError, match=variable):
        make(**settings, **keys)
