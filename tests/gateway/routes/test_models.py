"""The list of models, and each of them by any name that chat completions take."""

from __future__ import annotations

from urllib.parse import quote

import httpx2
import openai
import pytest

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.settings import load_settings
from iflytek_spark.models.catalogue import list_models
from tests.gateway.gateway_helpers import Gateway

ALIASES = [name for spec in list_models() for name in (spec.name, spec.title, *spec.aliases)]
OTHERS = ["spark-api", "gpt-4-vision-preview", "spark-embedding", "spark-image", "gpt-4o"]


def test_every_model_is_listed_once(client: openai.OpenAI) -> None:
    listed = list(client.models.list())
    ids = [model.id for model in listed]
    assert len(ids) == len(set(ids))
    assert {spec.name for spec in list_models()} < set(ids)
    assert {"spark-api", "spark-embedding", "spark-image", "gpt-4o", "house/画家 v1.5"} < set(ids)
    assert {(model.object, model.owned_by) for model in listed} == {("model", "iflytek")}
    assert list(client.models.list()) == listed


@pytest.mark.parametrize("name", [*ALIASES, *OTHERS, "house/画家 v1.5"])
def test_a_model_is_found_by_any_name(client: openai.OpenAI, name: str) -> None:
    assert client.models.retrieve(name).id == name


def test_a_name_may_be_encoded_or_not(gateway: Gateway) -> None:
    name = "house/画家 v1.5"
    for written in (quote(name, safe=""), quote(name), name):
        found = httpx2.get(f"{gateway.url}/models/{written}")
        assert (found.status_code, found.json()["id"]) == (200, name)


def test_what_a_model_can_do_is_told(client: openai.OpenAI) -> None:
    ultra, image = (client.models.retrieve(name).to_dict() for name in ("v4.0", "vision"))
    assert (ultra["root"], image["root"]) == ("4.0Ultra", "image")
    assert ultra["capabilities"] == {
        "tools": True,
        "images": False,
        "web_search": True,
        "reasoning": False,
    }
    assert isinstance(image["capabilities"], dict)
    assert image["capabilities"]["images"]
    assert (ultra["context_window"], ultra["max_output_tokens"]) == (32768, 32768)
    assert client.models.retrieve("kjwx").to_dict()["context_window"] is None
    assert client.models.retrieve("v2.1").to_dict()["retired"]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("gpt-4", "gpt-4o"),
        ("spark-embeddings", "spark-embedding"),
        ("4.0Ultra2", "4.0Ultra"),
        ("SparkDesk-v5.0", "4.0Ultra"),
    ],
)
def test_an_unknown_model_is_not_found(client: openai.OpenAI, name: str, nearest: str) -> None:
    with pytest.raises(openai.NotFoundError, match=f"did you mean .*{nearest}") as caught:
        client.models.retrieve(name)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("SparkDesk", "lite"),
        ("SparkDesk-v1.1", "lite"),
        ("SparkDesk-v2.1", "generalv2"),
        ("SparkDesk-v3.1", "pro"),
        ("SparkDesk-v3.1-128K", "pro-128k"),
        ("SparkDesk-v3.5", "max"),
        ("SparkDesk-v3.5-32K", "max-32k"),
        ("SparkDesk-v4.0", "4.0Ultra"),
        ("spark-4.0-ultra", "4.0Ultra"),
        ("spark-lite", "lite"),
        ("spark-4", "4.0Ultra"),
    ],
)
def test_the_names_of_other_gateways(client: openai.OpenAI, name: str, model: str) -> None:
    """one-api, new-api and FastGPT say SparkDesk, Dify says spark-…"""
    assert client.models.retrieve(name).to_dict()["root"] == model


def test_a_service_does_not_chat(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="/v1/embeddings"):
        client.chat.completions.create(
            model="spark-embedding", messages=[{"role": "user", "content": "你好"}]
        )


def test_a_name_for_nothing_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="models: 'gpt-4o' means 'ultraa'"):
        load_settings(models={"gpt-4o": "ultraa"})
