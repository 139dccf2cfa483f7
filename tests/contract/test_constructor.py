"""What is wrong with a setting is said when the object is made, in every class of both adapters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from iflytek_spark import ConfigurationError, InvalidRequestError, SparkClient
from iflytek_spark.emulator import Emulator
from tests.contract.test_settings import CHATS, KINDS, Kind, each, each_chat, first

__all__ = ["first"]

OUT_OF_RANGE: list[tuple[dict[str, Any], str]] = [
    ({"temperature": 3}, r"temperature is 3.0, but model '4.0Ultra' takes \(0, 1\]"),
    ({"max_tokens": 0}, r"max_tokens is 0, but model '4.0Ultra' takes \[1, 32768\]"),
    ({"top_k": 9}, r"top_k is 9, but model '4.0Ultra' takes \[1, 6\]"),
    ({"top_p": 0.5}, "model '4.0Ultra' has no top_p"),
    ({"model": "x1.5", "top_p": 1.5}, r"top_p is 1.5, but model 'x1.5' takes"),
    ({"model": "x1.5", "presence_penalty": 9}, "presence_penalty is 9.0, but model 'x1.5' takes"),
    ({"model": "x1.5", "frequency_penalty": 9}, "frequency_penalty is 9.0, but model 'x1.5' takes"),
    ({"model": "lite", "web_search": True}, "model 'lite' cannot search"),
    ({"thinking": "enabled"}, "4.0Ultra"),
    ({"stop": ["a", ""]}, "stop"),
    ({"uid": "x" * 33}, "uid has 33 characters, Spark takes 1 to 32"),
]


@each_chat
@pytest.mark.parametrize(("settings", "words"), OUT_OF_RANGE)
def test_an_option_out_of_range(
    kind: Kind, settings: dict[str, Any], words: str, first: Emulator
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        kind.make(**settings)


@each_chat
def test_the_models_of_a_clients_own_and_of_the_environment_are_checked_too(
    kind: Kind, first: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SparkClient(first.credentials, base_url=first.base_url, model="lite")
    with pytest.raises(InvalidRequestError, match="'lite'"):
        kind.make(client=own, max_tokens=9999)
    monkeypatch.setenv("SPARK_MODEL", "lite")
    with pytest.raises(InvalidRequestError, match="'lite'"):
        kind.make(max_tokens=9999)


@each
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_retries": -1}, "max_retries is -1, not 0 or more"),
        ({"timeout": 0}, "timeout total is 0"),
        ({"timeout": -3}, "timeout total is -3"),
        ({"base_url": "spark"}, "base_url 'spark' is not an address"),
        ({"proxy": "ftp://proxy"}, "the proxy's address starts with 'ftp'"),
    ],
)
def test_a_connection_that_cannot_be(
    kind: Kind, settings: dict[str, Any], words: str, first: Emulator
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        kind.make(**settings)


@each
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("spark_app_id", "app_id"),
        ("openai_api_key", "api_key"),
        ("api_secert", "api_secret"),
        ("base_ur", "base_url"),
        ("spark_api_url", "base_url"),
        ("max_retry", "max_retries"),
    ],
)
def test_an_unknown_setting_names_the_nearest(
    kind: Kind, name: str, nearest: str, first: Emulator
) -> None:
    with pytest.raises(ValidationError, match=rf"'{name}' \(did you mean {nearest}\?\)") as caught:
        kind.make(**{name: "MARKERSECRET"})
    assert "MARKERSECRET" not in str(caught.value)


@each_chat
@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("modle", "model"),
        ("temprature", "temperature"),
        ("additional_kwargs", "model_kwargs"),
        ("max_completion_tokens", "max_tokens"),
        ("spark_llm_domain", "model"),
    ],
)
def test_an_unknown_option_names_the_nearest(
    kind: Kind, name: str, nearest: str, first: Emulator
) -> None:
    with pytest.raises(ValidationError, match=rf"'{name}' \(did you mean {nearest}\?\)"):
        kind.make(**{name: "x"})


def test_what_llamaindex_calls_otherwise_is_named(first: Emulator) -> None:
    with pytest.raises(ValidationError, match=r"'request_timeout' \(did you mean timeout\?\)"):
        KINDS["LlamaIndex's SparkLLM"].make(request_timeout=5)


@each
def test_all_unknown_settings_are_named_at_once(kind: Kind, first: Emulator) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.make(api_kye="x", qqqqqq="x")
    assert "'api_kye' (did you mean api_key?); there is no setting 'qqqqqq'" in str(caught.value)


@each
def test_a_key_may_be_a_text_and_is_a_secret_from_then_on(kind: Kind, first: Emulator) -> None:
    one = kind.make(api_key=first.credentials.api_key)
    assert isinstance(one.api_key, SecretStr)
    assert kind.call(one)


PROGRAM = """
from iflytek_spark import ModelSpec, Timeouts
from langchain_spark import ChatSpark, SparkEmbeddings, SparkImageTool, SparkLLM
from llama_index_spark import SparkEmbedding
from llama_index_spark import SparkLLM as LlamaLLM

chat = ChatSpark(model_name="lite", request_timeout=5, stop_sequences=["。"], api_key="k")
ChatSpark(model="lite", timeout=Timeouts(), stop="。", temperature=0.3, max_tokens=5)
SparkLLM(model_name=ModelSpec("a", "b", "wss://c"), request_timeout=5.0, stop_sequences="。")
SparkEmbeddings(request_timeout=5, api_secret="s")
SparkImageTool(request_timeout=5, timeout=3)
LlamaLLM(model="lite", api_key="k", api_secret="s", timeout=5)
SparkEmbedding(api_key="k", api_secret="s", timeout=5)
name: str | ModelSpec = chat.model_name
namespace: str = SparkEmbeddings().namespace("query")
"""
WRONG = """
ChatSpark(modle="lite")
ChatSpark(model_name=3)
LlamaLLM(api_key=3)
"""


@pytest.mark.slow("mypy reads both frameworks; nothing shorter shows what a type checker sees")
def test_type_checkers_know_the_usual_names(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM + WRONG, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", str(program)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    wrong = range(len(PROGRAM.splitlines()) + 2, len((PROGRAM + WRONG).splitlines()) + 1)
    lines = [int(line.split(":")[1]) for line in found.splitlines() if ": error:" in line]
    assert lines == [*wrong], found


def test_the_usual_names_are_the_settings(first: Emulator) -> None:
    for name in ("ChatSpark", "LangChain's SparkLLM"):
        one = CHATS[name].make(model_name="lite", request_timeout=5, stop_sequences=["。"])
        assert (one.model, one.timeout, one.stop) == ("lite", 5, ["。"])
        assert (one.model_name, one.request_timeout, one.stop_sequences) == ("lite", 5, ["。"])
