"""Setting up a client, and what is refused before anything is sent."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest

from iflytek_spark import get_completion
from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import (
    ConfigurationError,
    InvalidRequestError,
    MissingCredentialsError,
    SparkError,
    UnknownModelError,
)
from iflytek_spark.messages import Message
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.mock import MockScript
from tests._support.frames import answer

ME = Credentials("app1", "marker-key", "marker-secret")
CLIENTS: list[Callable[..., Any]] = [SparkClient, AsyncSparkClient]
both = pytest.mark.parametrize("make", CLIENTS)


@both
def test_a_client_tells_where_it_talks_to_and_no_secret(make: Any) -> None:
    shown = repr(make(ME, model="lite", base_url="ws://127.0.0.1:1"))
    assert "'lite'" in shown
    assert "ws://127.0.0.1:1" in shown
    assert "app1" in shown
    assert "marker" not in shown


@both
@pytest.mark.parametrize("max_retries", [-1, 1.5, "2", None, True])
def test_a_number_of_tries_is_a_whole_number(make: Any, max_retries: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retries"):
        make(ME, max_retries=max_retries)


@both
def test_what_the_model_lacks_is_refused_or_ignored_and_nothing_else(make: Any) -> None:
    with pytest.raises(ConfigurationError, match="unsupported is 'drop', not refuse or ignore"):
        make(ME, unsupported="drop")


@both
@pytest.mark.parametrize("timeout", [0, -1, True, "5", float("nan"), [5]])
def test_a_time_out_is_a_positive_number(make: Any, timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        make(ME, timeout=timeout)


@pytest.mark.parametrize(
    ("timeout", "stages"),
    [
        (None, (10, 60)),
        (5, (5, 5)),
        (0.5, (0.5, 0.5)),
        (100, (10, 60)),
        (Timeouts(connect=1, response=2, idle=3, total=4), (1, 2)),
    ],
)
def test_seconds_bound_the_whole_call_and_each_of_its_parts(timeout: Any, stages: Any) -> None:
    limits: list[float] = []

    class Noting:
        """A transport that notes how long it may take, and then gives in."""

        def connect(self, opening: Opening, timeout: float) -> None:
            limits.append(timeout)

        def send(self, data: str | bytes, timeout: float) -> None:
            limits.append(timeout)

        def receive(self, timeout: float) -> None:
            return None

        def sleep(self, seconds: float) -> None:
            raise AssertionError("no second try was asked for")

        def close(self) -> None:
            return

    clock = MockScript([]).clock
    client = SparkClient(
        ME, timeout=timeout, max_retries=0, clock=clock, transport=lambda _route: Noting()
    )
    with pytest.raises(SparkError):
        client.chat("你好")
    assert tuple(limits) == stages


@both
def test_credentials_are_missed_at_once(make: Any) -> None:
    with pytest.raises(MissingCredentialsError, match="SPARK_APP_ID"):
        make()


@both
def test_unknown_models_are_missed_at_once(make: Any) -> None:
    with pytest.raises(UnknownModelError, match="gpt-4"):
        make(ME, model="gpt-4")


BAD_CALLS: list[tuple[Any, dict[str, Any], type[SparkError]]] = [
    ("你好", {"model": "gpt-4"}, UnknownModelError),
    ("", {}, InvalidRequestError),
    ([], {}, InvalidRequestError),
    ([Message("user", 5)], {}, InvalidRequestError),  # type: ignore[arg-type]
    ("长" * 2_000_000, {}, SparkError),
    ("你好", {"temperature": 5}, InvalidRequestError),
    ("你好", {"uid": "u" * 33}, InvalidRequestError),
    ("你好", {"temprature": 0.5}, InvalidRequestError),
    ("你好", {"extra": {"value": object()}}, InvalidRequestError),
    ("a\ud800b", {}, InvalidRequestError),
]


@pytest.mark.parametrize(("messages", "options", "kind"), BAD_CALLS)
def test_a_bad_call_is_refused_at_once_and_nothing_is_sent(
    messages: Any, options: dict[str, Any], kind: type[SparkError]
) -> None:
    script = MockScript([answer("好")])
    sync = SparkClient(ME, transport=script.sync, clock=script.clock)
    other = AsyncSparkClient(ME, transport=script.aio, clock=script.clock)
    with pytest.raises(kind):
        sync.stream(messages, **options)
    with pytest.raises(kind):
        other.stream(messages, **options)
    assert script.urls == []


def test_a_call_may_name_another_model() -> None:
    script = MockScript([answer("好"), answer("好")])
    client = SparkClient(ME, model="lite", transport=script.sync, clock=script.clock)
    assert client.chat("你好").model == "lite"
    assert client.chat("你好", model="v4.0").model == "4.0Ultra"
    assert [url.partition("?")[0] for url in script.urls] == [
        "wss://spark-api.xf-yun.com/v1.1/chat",
        "wss://spark-api.xf-yun.com/v4.0/chat",
    ]
    assert ['"4.0Ultra"' in data for data in script.sent] == [False, True]


def test_one_question_with_credentials_from_the_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = emulator.credentials
    monkeypatch.setenv("SPARK_APPID", known.app_id)
    monkeypatch.setenv("SPARK_API_KEY", known.api_key)
    monkeypatch.setenv("SPARK_API_SECRET", known.api_secret)
    monkeypatch.setenv("SPARK_BASE_URL", emulator.base_url)
    assert "苹果" in get_completion("苹果", model="v3.5", temperature=0)
    (request,) = emulator.requests
    assert request.path == "/v3.5/chat"
    assert request.body["parameter"]["chat"]["domain"] == "generalv3.5"
    assert 0 < request.body["parameter"]["chat"]["temperature"] <= 0.01


def test_an_async_stream_that_is_forgotten_unread_is_no_trouble() -> None:
    script = MockScript([answer("好")])

    async def main() -> None:
        AsyncSparkClient(ME, transport=script.aio, clock=script.clock).stream("你好")
        gc.collect()

    asyncio.run(main())
    assert script.urls == []


@pytest.mark.parametrize("messages", [5, None, Message("user", "A"), [Message("user", None)], [5]])  # type: ignore[arg-type]
def test_what_is_no_conversation_is_refused_with_an_image_model_too(messages: Any) -> None:
    for image_model in (None, "image"):
        client = SparkClient(ME, image_model=image_model, transport=MockScript([]).sync)
        with pytest.raises(InvalidRequestError):
            client.chat(messages)
