"""Secrets, copies, event loops, and what an object is after an error."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import ssl
import traceback
from typing import Any

import pytest
from llama_index.core.llms import ChatMessage

from iflytek_spark import AsyncSparkClient, SparkClient, Timeouts, WebSearch, errors
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.transports.mock import MockScript
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support.frames import answer
from tests._support.llama_index import WAYS, chat
from tests._support.service import lead_to
from tests.llama_index_spark.conftest import MakeEmbedding, MakeLLM
from tests.unit.protocol.flow_helpers import ME

PROMPTS = ("今天合肥天气如何", "什么是大语言模型", "how do tides work", "列出三种水果")
KEYS = {"api_key": "MARKERKEY", "api_secret": "MARKERSECRET"}
MARKED = {**KEYS, "proxy": "http://u:MARKER@[::1]:9"}


def test_a_model_never_shows_its_secrets(
    make_llm: MakeLLM, make_embedding: MakeEmbedding, caplog: pytest.LogCaptureFixture
) -> None:
    for model in (make_llm(**MARKED), make_embedding(**MARKED)):
        shown = [
            repr(model),
            str(model),
            repr(model.to_dict()),
            model.to_json(),
            model.model_dump_json(),
            repr(model.to_payload()),
        ]
        assert [text for text in shown if "MARKER" in text] == []
    assert "MARKER" not in caplog.text


def test_an_error_never_shows_secrets(
    make_llm: MakeLLM, spark: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(errors.AuthenticationError) as caught:
        make_llm(**KEYS).complete("你好")
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "MARKER" not in shown
    assert "authorization=" not in shown


def _copies(model: Any) -> list[Any]:
    return [
        pickle.loads(pickle.dumps(model)),  # noqa: S301 - written a moment ago
        copy.deepcopy(model),
        copy.copy(model),
        model.model_copy(deep=True),
    ]


@pytest.fixture
def keys_in_environment(spark: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pickle takes its keys from there."""
    lead_to(spark, monkeypatch)


@pytest.mark.usefixtures("keys_in_environment")
@pytest.mark.parametrize("used", [False, True])
async def test_a_model_is_pickled_and_copied(
    make_llm: MakeLLM, used: bool, caplog: pytest.LogCaptureFixture
) -> None:
    llm = make_llm(temperature=0.4, stop=["。"], timeout=Timeouts(total=20), web_search=WebSearch())
    if used:
        llm.complete("你好")
        await llm.acomplete("你好")
    for other in _copies(llm):
        assert other.to_dict() == llm.to_dict()
        assert other.complete("你好").text == (await other.acomplete("你好")).text
    assert caplog.text == ""


@pytest.mark.usefixtures("keys_in_environment")
@pytest.mark.parametrize("used", [False, True])
async def test_an_embedding_is_pickled_and_copied(
    make_embedding: MakeEmbedding, used: bool
) -> None:
    model = make_embedding(max_concurrency=2)
    expected = make_embedding().get_query_embedding("讯飞")
    if used:
        model.get_query_embedding("讯飞")
        await model.aget_query_embedding("讯飞")
    for other in _copies(model):
        assert other.to_dict() == model.to_dict()
        assert await other.aget_query_embedding("讯飞") == expected


def test_what_was_written_down_can_be_read(make_llm: MakeLLM, spark: Emulator) -> None:
    llm = make_llm(timeout=Timeouts(total=20), web_search=WebSearch("deep"), model="max")
    keys = {"api_key": spark.credentials.api_key, "api_secret": spark.credentials.api_secret}
    for again in (
        SparkLLM.from_dict(llm.to_dict(), **keys),
        SparkLLM.from_json(llm.to_json(), **keys),
    ):
        assert again.to_dict() == llm.to_dict()
        assert again.complete("你好").text
    assert SparkLLM.model_validate(llm) is llm
    assert json.loads(llm.to_json())["class_name"] == "SparkLLM"
    assert SparkEmbedding.class_name() == "SparkEmbedding"


@pytest.mark.usefixtures("keys_in_environment")
def test_a_model_set_up_by_the_environment_is_pickled(spark: Emulator) -> None:
    pickled = pickle.dumps(SparkLLM(base_url=spark.base_url))
    assert pickle.loads(pickled).complete("你好").text  # noqa: S301 - written a moment ago


def test_what_opens_connections_is_shared_by_copies(make_llm: MakeLLM) -> None:
    context = ssl.create_default_context()
    llm = make_llm(ssl_context=context)
    assert copy.deepcopy(llm).ssl_context is context


async def test_clients_of_your_own() -> None:
    script = MockScript([answer("晴", "")] * 2)
    llm = SparkLLM(
        client=SparkClient(ME, model="max", transport=script.sync, clock=script.clock),
        async_client=AsyncSparkClient(ME, model="max", transport=script.aio, clock=script.clock),
    )
    assert llm.model == "max"
    assert llm.complete("天气").text == (await llm.acomplete("天气")).text == "晴"


async def test_one_object_serves_several_event_loops(llm: SparkLLM) -> None:
    results = await asyncio.gather(
        *(asyncio.to_thread(asyncio.run, chat(llm, prompt, "async")) for prompt in PROMPTS),
        *(asyncio.to_thread(asyncio.run, chat(llm, prompt, "astream")) for prompt in PROMPTS),
        *(chat(llm, prompt, "async") for prompt in PROMPTS),
    )
    asked = PROMPTS * 3
    assert [p in str(r.message.content) for p, r in zip(asked, results)] == [True] * len(asked)


async def test_the_sync_way_works_inside_a_running_loop(
    llm: SparkLLM, embedding: SparkEmbedding
) -> None:
    assert "你好" in llm.complete("你好").text
    assert [*llm.stream_complete("你好")]
    assert len(embedding.get_text_embedding_batch(["讯飞", "星火"])) == 2


async def test_many_calls_at_once_are_never_mixed_up(llm: SparkLLM) -> None:
    prompts = [f"问题编号{number}号是什么" for number in range(100)]
    found = await asyncio.gather(*(llm.acomplete(prompt) for prompt in prompts))
    assert sum(p in r.text for p, r in zip(prompts, found)) == 100


FAILURES: list[tuple[faults.Fault, type[errors.SparkError]]] = [
    (faults.ErrorFrame(10013), errors.ContentFilterError),
    (faults.ErrorFrame(11200), errors.PermissionDeniedError),
    (faults.ErrorFrame(11202), errors.RateLimitError),
    (faults.ErrorFrame(10907), errors.ContextLengthError),
    (faults.ErrorFrame(10110, after=2), errors.InternalServerError),
    (faults.Cut(after=2), errors.StreamInterruptedError),
    (faults.RefuseHandshake(401), errors.AuthenticationError),
    (faults.Silence(after=1), errors.APITimeoutError),
]


@WAYS
@pytest.mark.parametrize(("fault", "kind"), FAILURES, ids=lambda case: repr(case)[:30])
async def test_after_an_error_the_object_answers(
    make_llm: MakeLLM,
    spark: Emulator,
    fault: faults.Fault,
    kind: type[errors.SparkError],
    how: str,
) -> None:
    patience = Timeouts(idle=0.1)
    llm = make_llm(max_retries=0, timeout=patience)
    spark.script(fault)
    with pytest.raises(kind):
        await chat(llm, PROMPTS[0], how)
    assert PROMPTS[0] in str((await chat(llm, PROMPTS[0], how)).message.content)


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"model": "gpt-4o"}, errors.UnknownModelError, "4.0Ultra"),
        ({"api_secret": " "}, errors.MissingCredentialsError, "SPARK_API_SECRET"),
        ({"base_url": "nowhere"}, errors.ConfigurationError, "base_url"),
        ({"timeout": -1}, errors.ConfigurationError, "timeout"),
        ({"max_retries": -1}, errors.ConfigurationError, "max_retries"),
        ({"modle": "max"}, ValueError, "modle"),
    ],
)
def test_wrong_settings_are_refused_at_once(
    make_llm: MakeLLM, settings: dict[str, Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        make_llm(**settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"temperature": 3}, "temperature is 3"), ({"thinking": "auto"}, "no thinking")],
)
def test_wrong_options_are_refused_before_anything_is_sent(
    make_llm: MakeLLM, spark: Emulator, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(errors.InvalidRequestError, match=words):
        make_llm(**settings).chat([ChatMessage("你好")])
    assert not spark.requests
