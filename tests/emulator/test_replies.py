"""``respond``: the emulator answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iflytek_spark import (
    AsyncSparkClient,
    ChatResponse,
    Message,
    SparkClient,
    SparkError,
    Tool,
    Usage,
)
from iflytek_spark.emulator import (
    Call,
    Emulator,
    Reply,
    SeenChat,
    faults,
    running_emulator,
)
from iflytek_spark.errors import APIError, ConfigurationError, RateLimitError
from iflytek_spark.messages import Citation, ImagePart
from tests.emulator.raw_client import ask
from tests.emulator.test_images import coloured

_WEATHER = Tool("weather", "查询一个城市的天气", {"type": "object", "properties": {}})
_PAGE = Citation(1, "https://example.org/", "A page")


def _client(spark: Emulator, **settings: Any) -> SparkClient:
    return SparkClient(spark.credentials, base_url=spark.base_url, **settings)


def _answer(reply: Reply | str, **options: Any) -> ChatResponse:
    with running_emulator(respond=lambda request: reply) as spark:
        return _client(spark, max_retries=0).chat("六乘七是多少？", **options)


def test_a_text() -> None:
    assert _answer(Reply("42")).text == "42"
    assert _answer("42").text == "42"


def test_an_empty_reply_is_an_empty_answer() -> None:
    with pytest.raises(SparkError, match="without any content"):
        _answer(Reply())


def test_everything_at_once() -> None:
    reply = Reply("42", reasoning="6 × 7", citations=(_PAGE,), usage=Usage(1, 2, 3))
    response = _answer(reply)
    assert (response.text, response.reasoning) == ("42", "6 × 7")
    assert (response.citations, response.usage) == ((_PAGE,), Usage(1, 2, 3))


@pytest.mark.parametrize(
    ("arguments", "written"),
    [({"city": "合肥"}, '{"city": "合肥"}'), ('{"city": ', '{"city": '), ({}, "{}")],
)
def test_a_call(arguments: Any, written: str) -> None:
    response = _answer(Reply(calls=(Call("weather", arguments),)), tools=[_WEATHER])
    (call,) = response.tool_calls
    assert (call.name, call.arguments) == ("weather", written)
    assert response.finish_reason == "tool_calls"


def test_a_text_before_a_call(spark: Emulator) -> None:
    spark.respond = lambda request: Reply("看看", calls=(Call("weather", {}),))
    found = ask(spark, "天气？")
    assert (found.text, found.call) == ("看看", ("weather", {}))


def test_the_text_is_cut_as_the_reply_says(spark: Emulator) -> None:
    spark.respond = lambda request: Reply(deltas=("四", "十二", "。"), reasoning="想一想，再想")
    found = ask(spark, "？")
    assert [text["content"] for text in found.texts if "reasoning_content" not in text] == [
        "四", "十二", "。",
    ]  # fmt: skip
    assert found.reasoning == "想一想，再想"
    assert [text["content"] for text in ask(spark, "？", max_tokens=5).texts[2:]] == ["四"]


def test_the_limit_of_the_request_holds() -> None:
    response = _answer(Reply("一二三四五六七八九十"), max_tokens=2)
    assert (response.text, response.finish_reason) == ("一二三", "length")


def test_a_fault_of_the_reply() -> None:
    with running_emulator(
        respond=lambda request: Reply("好", fault=faults.ErrorFrame(11203, "E:(0) busy"))
    ) as spark:
        with pytest.raises(RateLimitError, match="11203"):
            _client(spark, max_retries=0).chat("你好")
        spark.script(faults.Replay(()))
        with pytest.raises(SparkError):
            _client(spark, max_retries=0).chat("你好")


def test_none_leaves_it_to_the_rules() -> None:
    def respond(request: SeenChat) -> str | None:
        return "42" if "六乘七" in request.text else None

    with running_emulator(respond=respond) as spark:
        client = _client(spark)
        assert client.chat("六乘七是多少？").text == "42"
        assert client.chat("你好").text.startswith("你好！我是本地的星火模拟器")


def test_it_may_be_changed_at_any_time(spark: Emulator) -> None:
    assert spark.respond is None
    spark.respond = lambda request: "一"
    assert ask(spark, "你好").text == "一"
    spark.respond = None
    assert ask(spark, "你好").text.startswith("你好！")


def _seen(**settings: Any) -> tuple[list[SeenChat], Callable[[SeenChat], str]]:
    seen: list[SeenChat] = []

    def respond(request: SeenChat) -> str:
        seen.append(request)
        return "好"

    return seen, respond


def test_what_it_is_asked(spark: Emulator) -> None:
    seen, spark.respond = _seen()
    history = [Message("system", "简短"), Message("user", "一"), Message("assistant", "二")]
    _client(spark).chat(
        [*history, Message("user", "三")], model="4.0Ultra", tools=[_WEATHER], temperature=0.3,
        max_tokens=9,
    )  # fmt: skip
    (request,) = seen
    assert (request.model, request.text) == ("4.0Ultra", "三")
    assert request.messages == (*history, Message("user", "三"))
    assert request.tools == (_WEATHER,)
    assert (request.options["temperature"], request.options["max_tokens"]) == (0.3, 9)
    assert (request.json_mode, request.thinking, request.citations) == (False, False, False)
    assert (request.tool_choice, request.web_search) == ("", False)


def test_it_is_asked_with_the_bytes_of_an_image(spark: Emulator) -> None:
    seen, spark.respond = _seen()
    image = ImagePart(coloured((1, 2, 3)))
    _client(spark).chat([Message("user", (image,)), Message("user", "这是什么？")], model="imagev3")
    (request,) = seen
    assert request.messages[0].images == (image,)
    assert request.text == "这是什么？"


def test_it_is_not_asked_what_the_service_refuses(spark: Emulator) -> None:
    seen, spark.respond = _seen()
    assert ask(spark, "").error[0] == 10004
    assert not seen


def test_functions_count_as_tokens_of_the_prompt(spark: Emulator) -> None:
    plain = _client(spark).chat("六乘七是多少？").usage
    offering = _client(spark).chat("六乘七是多少？", tools=[_WEATHER]).usage
    assert plain
    assert offering
    written = {"name": "weather", "description": _WEATHER.description, "parameters": {}}
    assert offering.prompt_tokens - plain.prompt_tokens > len(json.dumps(written)) / 8


def test_several_chats_are_asked_at_once() -> None:
    together = threading.Barrier(4, timeout=10)

    def respond(request: SeenChat) -> str:
        together.wait()
        return request.text

    with running_emulator(respond=respond) as spark, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: _client(spark).chat(text).text, "一二三四"))
    assert found == list("一二三四")


class _MistakeError(Exception):
    pass


def _mistaken(request: SeenChat) -> Reply:
    raise _MistakeError("no such key")


def test_what_it_raises_reaches_its_author() -> None:
    """The client fails at once, and the block ends with the author's own error."""
    with (
        pytest.raises(_MistakeError, match="no such key") as caught,
        running_emulator(respond=_mistaken) as spark,
    ):
        _client(spark).chat("你好")
    assert len(spark.requests) == 1
    failed = caught.value.__context__
    assert isinstance(failed, APIError)
    assert "respond raised _MistakeError('no such key')" in str(failed)


def test_what_it_raises_is_not_lost_when_the_client_takes_no_notice() -> None:
    def respond(request: SeenChat) -> str:
        assert request.tools, "no tools were offered"
        return "好"

    def run() -> None:
        with running_emulator(respond=respond) as spark:
            for _ in range(2):
                with pytest.raises(SparkError):
                    _client(spark).chat("你好")

    with pytest.raises(AssertionError, match="no tools"):
        run()


async def test_an_emulator_in_a_loop_raises_it_too() -> None:
    spark = Emulator(respond=_mistaken)
    await spark.start()
    with pytest.raises(APIError, match="19999"):
        await AsyncSparkClient(spark.credentials, base_url=spark.base_url).chat("你好")
    with pytest.raises(_MistakeError):
        await spark.stop()
    await spark.stop()


def _returns(value: Any) -> Callable[[SeenChat], Any]:
    return lambda request: value


def _next_of(replies: list[str]) -> Callable[[SeenChat], str]:
    left = iter(replies)
    return lambda request: next(left)


@pytest.mark.parametrize(
    ("respond", "error", "words"),
    [
        (
            _returns(42),
            TypeError,
            "respond returned 42; it returns a Reply, a Call, a list of them, a str or None",
        ),
        (
            _returns(Reply(calls=(Call("a", {}), Call("b", {})))),
            ConfigurationError,
            "2 calls; the WebSocket carries 1",
        ),
        (_next_of([]), RuntimeError, "no further reply"),
        (lambda request: pytest.fail("unwanted"), pytest.fail.Exception, "unwanted"),
    ],
)
def test_what_cannot_be_answered_with(
    respond: Callable[[SeenChat], Any], error: type[BaseException], words: str
) -> None:
    def run() -> None:
        with running_emulator(respond=respond) as spark, pytest.raises(APIError, match="19999"):
            _client(spark).chat("你好")

    with pytest.raises(error, match=words):
        run()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"text": "一", "deltas": ("二",)}, "text and deltas"),
        ({"fault": faults.RefuseHandshake()}, r"RefuseHandshake.* script\(\)"),
        ({"fault": faults.HangHandshake()}, r"HangHandshake\(\) comes before"),
    ],
)
def test_replies_that_make_no_sense(parts: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Reply(**parts)
