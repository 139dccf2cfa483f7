"""A connection that was opened ahead is looked at before it is used, and that costs no try."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark import Credentials, SparkClient, Timeouts
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.errors import APITimeoutError, ConfigurationError
from iflytek_spark.transports.preconnect.base import PING_AFTER
from iflytek_spark.transports.preconnect.budget import MAX_PRECONNECTED, PROCESS_BUDGET, Budget
from iflytek_spark.transports.preconnect.idle import IdleConnections
from tests.unit.preconnect.preconnect_helpers import WORLDS, Hands, Make, ready, until
from tests.unit.preconnect.relay import Relay, running_relay

HERE = "wss://spark-api.xf-yun.com/v4.0/chat"


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def spark(hands: Hands) -> Iterator[Emulator]:
    with running_emulator(clock=hands.wall) as spark:
        yield spark


@pytest.fixture
def relay(spark: Emulator) -> Iterator[Relay]:
    with running_relay(spark.base_url) as relay:
        yield relay


@pytest.fixture(params=WORLDS)
def make(request: pytest.FixtureRequest, spark: Emulator, relay: Relay) -> Iterator[Make]:
    with WORLDS[request.param](spark) as make:
        yield lambda **settings: make(**{"base_url": relay.url, "max_retries": 0, **settings})


def test_one_that_the_network_has_forgotten_is_replaced(
    spark: Emulator, relay: Relay, make: Make, hands: Hands
) -> None:
    warming = make(preconnect=3, clock=hands.clock)
    warming.warm_up()
    relay.forget()
    hands.ahead = PING_AFTER
    assert "苹果" in warming.ask("苹果")
    assert spark.requests[-1].number > 4, "its sisters are forgotten too"


def test_one_that_has_just_been_forgotten_costs_no_try(
    spark: Emulator, relay: Relay, make: Make
) -> None:
    """Nobody has asked whether it lives: it was used a moment ago."""
    warming = make(preconnect=3, timeout=Timeouts(response=0.5))
    warming.warm_up()
    relay.forget()
    assert "苹果" in warming.ask("苹果")
    assert spark.requests[-1].number > 4


def test_one_that_answers_a_ping_is_used(spark: Emulator, make: Make, hands: Hands) -> None:
    warming = make(preconnect=1, clock=hands.clock)
    warming.warm_up()
    hands.ahead = PING_AFTER + 1
    warming.ask()
    assert [request.number for request in spark.requests] == [1, 2]


def test_a_service_that_is_slow_is_no_dead_connection(
    spark: Emulator, make: Make, hands: Hands
) -> None:
    from iflytek_spark.emulator import faults

    warming = make(preconnect=1, clock=hands.clock, timeout=Timeouts(response=0.3))
    spark.script(None, faults.Silence(after=0))
    warming.warm_up()
    hands.ahead = PING_AFTER + 1
    with pytest.raises(APITimeoutError, match="response"):
        warming.ask()
    assert len(spark.requests) == 2


def frame(payload: bytes, *, fin: bool = True) -> bytes:
    return bytes([0x80 * fin | 1, 126]) + len(payload).to_bytes(2, "big") + payload


NOT_THE_ANSWER = json.dumps(
    {
        "header": {"code": 0, "message": "Success", "sid": "cht1", "status": 2},
        "payload": {
            "choices": {
                "status": 2,
                "seq": 0,
                "text": [{"role": "assistant", "index": 0, "content": "somebody else's"}],
            },
            "usage": {
                "text": {
                    "question_tokens": 1,
                    "prompt_tokens": 1,
                    "completion_tokens": 1,
                    "total_tokens": 2,
                }
            },
        },
    }
).encode()
WORDS = {
    "an answer": frame(NOT_THE_ANSWER),
    "a part of a message": frame(NOT_THE_ANSWER, fin=False),
    "a part of a frame": frame(NOT_THE_ANSWER)[:20],
    "a warning": frame(b'{"header":{"code":10018,"message":"idle","sid":"cht1","status":2}}'),
    "no frame": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("later", [0.0, PING_AFTER])
def test_what_was_said_before_the_question_is_no_answer(
    spark: Emulator, relay: Relay, make: Make, hands: Hands, words: str, later: float
) -> None:
    warming = make(preconnect=2, clock=hands.clock)
    warming.warm_up()
    relay.say(WORDS[words])
    hands.ahead = later
    assert "苹果" in warming.ask("苹果")
    assert spark.requests[-1].number > 3


def test_an_on_open_that_fails_once_ends_nothing(
    spark: Emulator, make: Make, recwarn: pytest.WarningsRecorder
) -> None:
    opened: list[int] = []

    def on_open() -> None:
        opened.append(1)
        if len(opened) == 2:
            raise RuntimeError("a metric that is not there")

    warming = make(preconnect=1, on_open=on_open)
    warming.ask()
    until(lambda: len(opened) == 2)
    warming.warm_up()
    warming.ask()
    assert spark.requests[-1].number == spark.requests[-2].number + 1
    recwarn.clear()


def test_all_pools_of_a_process_share_one_budget() -> None:
    budget = Budget(5)
    books: list[IdleConnections[str]] = [IdleConnections(4, budget) for _ in range(3)]
    for book in books:
        book.note_use(HERE, 0)
    assert [len(book.start(0)) for book in books] == [4, 1, 0]
    books[0].failed(HERE)
    books[0].opened(HERE, "socket", 0)
    books[0].take(HERE)
    assert [len(book.start(0)) for book in books[1:]] == [2, 0]
    del book, books[:2]
    assert len(books[0].start(0)) == 4


def test_the_budget_of_the_process_is_given_back(make: Make) -> None:
    before = sum(holder.held for holder in PROCESS_BUDGET._holders)
    warming = make(preconnect=3)
    warming.warm_up()
    assert sum(holder.held for holder in PROCESS_BUDGET._holders) == before + 3
    warming.client.close()
    until(lambda: ready(warming.client) == 0)
    until(lambda: sum(holder.held for holder in PROCESS_BUDGET._holders) == before)


def test_more_than_the_budget_is_refused() -> None:
    settings: dict[str, Any] = {"preconnect": MAX_PRECONNECTED + 1}
    with pytest.raises(ConfigurationError, match=str(MAX_PRECONNECTED)):
        SparkClient(Credentials("a", "b", "c"), **settings)
