"""What a user of ChatSpark sees when something goes wrong, and what must never be seen."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable

import pytest
from langchain_core import exceptions as core
from langchain_core.load import dumps
from langchain_core.messages import HumanMessage
from pydantic import ValidationError

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator, faults
from langchain_spark import ChatSpark, SparkEmbeddings, SparkLLM
from langchain_spark._errors import as_model_error

Make = Callable[..., ChatSpark]


def _all_errors(kind: type[errors.SparkError] = errors.SparkError) -> list[type[errors.SparkError]]:
    own = [kind] if kind.__module__ == errors.__name__ else []
    return own + [error for child in kind.__subclasses__() for error in _all_errors(child)]


@pytest.mark.parametrize("kind", _all_errors())
def test_each_error_is_langchains_too(kind: type[errors.SparkError]) -> None:
    twin = as_model_error(kind("text", code=1, sid="s", hint="do this", retryable=True))
    assert isinstance(twin, kind)
    assert isinstance(twin, core.ModelError)
    assert (twin.code, twin.sid, twin.hint) == (1, "s", "do this")
    assert twin.is_retryable is True
    assert str(twin) == "text (sid s) — do this"


@pytest.mark.parametrize(
    ("code", "spark_kind", "core_kind", "retryable"),
    [
        (11200, errors.PermissionDeniedError, core.ModelPermissionDeniedError, False),
        (11202, errors.RateLimitError, core.ModelRateLimitError, True),
        (11201, errors.RateLimitError, core.ModelRateLimitError, False),
        (10013, errors.ContentFilterError, core.ModelInvalidRequestError, False),
        (10907, errors.ContextLengthError, core.ContextOverflowError, False),
        (10010, errors.InternalServerError, core.ModelAPIError, True),
    ],
)
@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_error_frames(
    chat: Make,
    spark: Emulator,
    how: str,
    code: int,
    spark_kind: type[errors.SparkError],
    core_kind: type[core.ModelError],
    retryable: bool,
) -> None:
    model = chat(max_retries=0)
    spark.script(faults.ErrorFrame(code, "Name:(00:00:00.000) detail"))
    with pytest.raises(spark_kind) as caught:
        _ask(model, how)
    assert isinstance(caught.value, core_kind)
    assert caught.value.is_retryable is retryable
    assert caught.value.code == code
    assert "你好呀" in model.invoke("你好呀").text


REFUSAL = getattr(core, "ModelRefusalError", core.ModelInvalidRequestError)
"""langchain-core has the class from 1.7.5 on."""


@pytest.mark.parametrize("code", [10013, 10014, 10019])
@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_moderation_is_a_refusal(chat: Make, spark: Emulator, how: str, code: int) -> None:
    spark.script(faults.ErrorFrame(code))
    with pytest.raises(REFUSAL) as caught:
        _ask(chat(), how)
    assert isinstance(caught.value, errors.ContentFilterError)
    assert getattr(caught.value, "raw_message", None) is None


def test_a_refusal_goes_on_to_a_fallback_and_is_not_tried_again(
    chat: Make, spark: Emulator
) -> None:
    model = chat()
    patient = model.with_retry(retry_if_exception_type=(core.ModelRateLimitError,))
    spark.script(faults.ErrorFrame(10014))
    safe = patient.with_fallbacks([model.bind(temperature=0.1)], exceptions_to_handle=(REFUSAL,))
    assert "你好呀" in safe.invoke("你好呀").text
    assert len(spark.requests) == 2


def _ask(model: ChatSpark, how: str) -> object:
    async def read() -> object:
        return [chunk async for chunk in model.astream("问")]

    match how:
        case "invoke":
            return model.invoke("问")
        case "stream":
            return list(model.stream("问"))
        case "ainvoke":
            return asyncio.run(model.ainvoke("问"))
    return asyncio.run(read())


@pytest.mark.parametrize("how", ["invoke", "stream", "ainvoke", "astream"])
def test_a_cut_answer_is_an_error(chat: Make, spark: Emulator, how: str) -> None:
    spark.script(faults.NoFinal())
    with pytest.raises(core.ModelConnectionError, match="before the answer was whole"):
        _ask(chat(max_retries=0), how)
    assert spark.wait_until_idle(0.2)


def test_a_wrong_secret(chat: Make) -> None:
    with pytest.raises(core.ModelAuthenticationError, match="api_secret belongs to api_key"):
        chat(api_secret="wrong").invoke("你好")


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"model": "gpt-4o"}, core.ModelNotFoundError, "unknown model 'gpt-4o'"),
        ({"base_url": "not an address"}, core.ModelInvalidRequestError, "base_url"),
        ({"timeout": -1}, core.ModelInvalidRequestError, "timeout"),
        ({"max_retries": -1}, core.ModelInvalidRequestError, "max_retries"),
        ({"api_key": " "}, core.ModelAuthenticationError, "SPARK_API_KEY"),
    ],
)
def test_wrong_settings_are_refused_when_the_model_is_made(
    chat: Make, settings: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        chat(**settings)


@pytest.mark.parametrize(
    ("messages", "options", "words"),
    [
        ([], {}, "messages is empty"),
        ([HumanMessage("")], {}, r"messages\[0\].content is empty"),
        ([HumanMessage("字" * 2_000_000)], {}, "tokens"),
        ([HumanMessage([{"type": "audio", "base64": "x", "mime_type": "audio/wav"}])], {}, "audio"),
        ("你好", {"temperature": 3}, r"temperature is 3, but .* takes \(0, 1\]"),
        ("你好", {"uid": "u" * 33}, "uid has 33 characters"),
        ("你好", {"tempreature": 1}, "did you mean temperature"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    chat: Make, spark: Emulator, messages: object, options: dict[str, object], words: str
) -> None:
    with pytest.raises(core.ModelError, match=words):
        chat().invoke(messages, **options)  # type: ignore[arg-type]
    assert not spark.requests


async def test_cancelling_reaches_the_service(chat: Make, spark: Emulator) -> None:
    spark.script(faults.Silence(after=2))
    started = asyncio.Event()

    async def read() -> None:
        async for _ in chat().astream("讲一个很长的故事"):
            started.set()

    task = asyncio.create_task(read())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(spark.wait_until_idle, 0.2)


def test_breaking_out_reaches_the_service(chat: Make, spark: Emulator) -> None:
    spark.script(faults.Silence(after=2))
    for _ in chat().stream("讲一个很长的故事"):
        break
    assert spark.wait_until_idle(0.2)


def test_secrets_are_never_shown(chat: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key, secret = "MARKERKEY", "MARKERSECRET"
    model = chat(api_key=key, api_secret=secret, max_retries=0)
    try:
        _ask(model, "ainvoke")
    except core.ModelError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    outputs = [
        repr(model), str(model), dumps(model), str(model._identifying_params), caplog.text, shown,
        str(model._get_invocation_params()), str(model.asdict()), model.model_dump_json(),
    ]  # fmt: skip
    assert [out for out in outputs if key in out or secret in out or "authorization=" in out] == []


@pytest.mark.parametrize("kind", [ChatSpark, SparkLLM, SparkEmbeddings])
def test_a_misspelt_setting_is_refused_without_its_value(kind: type) -> None:
    with pytest.raises(ValidationError, match="api_secert") as caught:
        kind(app_id="app", api_key="key", api_secert="MARKERSECRET")
    assert "MARKERSECRET" not in str(caught.value)


def test_models_do_not_share_cache_entries(chat: Make) -> None:
    keys = {
        model._get_llm_string()
        for model in (chat(), chat(model="lite"), chat(temperature=0.2), chat(stop="x"))
    }
    assert len(keys) == 4
