"""Connections opened ahead: calls take them, they are replaced, and a dead one does no harm."""

from __future__ import annotations

import gc
import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import trustme

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import AuthenticationError, ConfigurationError, StreamInterruptedError
from iflytek_spark.transports.preconnect.idle import KEEP_SECONDS, QUIET_SECONDS
from iflytek_spark.transports.ws_sync import WebSocketTransport
from tests.unit.preconnect.preconnect_helpers import (
    WORLDS,
    Hands,
    Make,
    ready,
    until,
    warming_threads,
    with_wrong_secret,
)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def spark(hands: Hands) -> Iterator[Emulator]:
    with running_emulator(clock=hands.wall) as spark:
        yield spark
        assert spark.wait_until_idle(), "a connection was left"


@pytest.fixture(params=WORLDS)
def make(request: pytest.FixtureRequest, spark: Emulator) -> Iterator[Make]:
    """Makes a client in a thread, and then in an event loop."""
    with WORLDS[request.param](spark) as make:
        yield make


def handshakes(spark: Emulator) -> int:
    return len(spark.handshakes)


def used(spark: Emulator) -> list[int]:
    """Which connection each request came through, by the number of its handshake."""
    return [request.number for request in spark.requests]


def test_a_call_takes_an_open_connection_and_it_is_replaced(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=2)
    warming.warm_up()
    assert used(spark) == [1]
    assert handshakes(spark) == 3
    warming.ask()
    assert used(spark) == [1, 2]
    until(lambda: ready(warming.client) == 2)
    assert handshakes(spark) == 4
    warming.ask()
    assert used(spark) == [1, 2, 3]


def test_nothing_is_opened_ahead_by_default(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=0)
    warming.ask()
    warming.ask()
    assert used(spark) == [1, 2]
    assert handshakes(spark) == 2
    assert warming_threads() == []


def test_each_model_in_use_has_its_own(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=1)
    warming.ask()
    warming.ask(model="lite")
    until(lambda: ready(warming.client) == 2)
    open_to = {seen.number: seen.path for seen in spark.handshakes}
    for model in ("4.0Ultra", "lite"):
        before = handshakes(spark)
        warming.ask(model=model)
        request = spark.requests[-1]
        assert request.number <= before
        assert open_to[request.number] == request.path


def test_they_are_replaced_before_the_service_drops_them(
    spark: Emulator, make: Make, hands: Hands
) -> None:
    warming = make(preconnect=2, clock=hands.clock)
    warming.warm_up()
    hands.ahead = KEEP_SECONDS
    until(lambda: handshakes(spark) == 5 and spark.open_connections == 2)
    until(lambda: ready(warming.client) == 2)
    warming.ask()
    assert used(spark) == [1, 4]


def test_an_old_one_is_not_handed_out_even_if_nobody_looked(
    spark: Emulator, make: Make, hands: Hands
) -> None:
    warming = make(preconnect=2, clock=hands.clock)
    warming.warm_up()
    hands.ahead = 10_000
    warming.ask()
    assert used(spark)[-1] > 3


def test_after_a_quiet_minute_none_is_open_until_the_next_call(
    spark: Emulator, make: Make, hands: Hands
) -> None:
    warming = make(preconnect=2, clock=hands.clock)
    warming.warm_up()
    hands.ahead = QUIET_SECONDS
    assert spark.wait_until_idle()
    until(lambda: not warming_threads())
    assert handshakes(spark) == 3
    warming.warm_up()
    assert handshakes(spark) == 6


@pytest.mark.parametrize("kind", WORLDS)
def test_what_the_service_has_dropped_is_not_handed_out(kind: str) -> None:
    with running_emulator(idle_timeout=0.8) as spark, WORLDS[kind](spark) as make:
        warming = make(preconnect=2, max_retries=0)
        warming.warm_up()
        assert spark.wait_until_idle()
        for _ in range(3):
            warming.ask()


@pytest.mark.parametrize("kind", WORLDS)
def test_an_open_connection_is_taken_over_tls_too(kind: str) -> None:
    authority = trustme.CA()
    context, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(trusting)
    with running_emulator(ssl_context=context) as spark, WORLDS[kind](spark) as make:
        warming = make(preconnect=2, ssl_context=trusting)
        warming.warm_up()
        warming.ask()
        assert used(spark) in ([1, 2], [1, 3])  # whichever was open first
        warming.client.close()
        assert spark.wait_until_idle()  # TLS ends with a word of the peer


DEATHS = [
    faults.Cut(after=0, how="reset"),
    faults.Cut(after=0, how="eof"),
    faults.Cut(after=0, how="close", code=1011),
    faults.Cut(after=0, how="close", code=1000),
]


@pytest.mark.parametrize("death", DEATHS, ids=lambda cut: f"{cut.how} {cut.code}")
def test_a_dead_one_is_replaced_and_is_no_retry(
    spark: Emulator, make: Make, death: faults.Cut
) -> None:
    spark.script(None, death)
    warming = make(preconnect=2, max_retries=0)
    warming.warm_up()
    assert "苹果" in warming.ask("苹果")
    assert used(spark)[:2] == [1, 2]
    assert used(spark)[2] > 3, "the others are not to be trusted either"


def test_a_service_that_dies_of_every_request_fails_the_call(spark: Emulator, make: Make) -> None:
    spark.script(None, *[faults.Cut(after=0)] * 20)
    warming = make(preconnect=2, max_retries=0)
    warming.warm_up()
    with pytest.raises(StreamInterruptedError):
        warming.ask()
    assert len(spark.requests) == 3


def test_one_that_breaks_inside_the_answer_is_a_failure_as_ever(
    spark: Emulator, make: Make
) -> None:
    spark.script(None, faults.Cut(after=2))
    warming = make(preconnect=1)
    warming.warm_up()
    with pytest.raises(StreamInterruptedError):
        warming.ask()
    assert len(spark.requests) == 2


def test_many_calls_at_once_have_each_its_own_answer(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=4, max_retries=0)
    warming.warm_up()
    prompts = [f"问题{number}号" for number in range(100)]
    texts = warming.ask_all(prompts)
    for prompt, text in zip(prompts, texts):
        assert [other for other in prompts if other in text] == [prompt]
    assert len(set(used(spark))) == 101, "a connection is for one request"


def test_a_wrong_key_opens_nothing_ahead(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=2, credentials=with_wrong_secret(spark))
    with pytest.raises(AuthenticationError):
        warming.ask()
    assert handshakes(spark) == 1
    assert warming_threads() == []


def test_a_key_that_is_refused_later_fails_the_next_call(spark: Emulator, make: Make) -> None:
    refused = faults.RefuseHandshake(401, '{"message":"HMAC signature does not match"}')
    spark.script(None, *[refused] * 3)
    warming = make(preconnect=2)
    warming.ask()
    until(lambda: handshakes(spark) == 3)
    with pytest.raises(AuthenticationError):
        warming.ask()
    assert handshakes(spark) == 4
    warming.warm_up()


def test_a_closed_client_has_none_and_still_answers(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=2)
    warming.warm_up()
    warming.client.close()
    assert spark.wait_until_idle()
    warming.ask()
    assert handshakes(spark) == 4
    assert used(spark) == [1, 4]


def test_a_forgotten_client_closes_its_own(spark: Emulator, make: Make) -> None:
    warming = make(preconnect=2)
    warming.warm_up()
    del warming
    gc.collect()
    assert spark.wait_until_idle()


@pytest.mark.parametrize("client", [SparkClient, AsyncSparkClient])
@pytest.mark.parametrize("count", [-1, 1.5, True, "2"])
def test_a_number_that_is_none_is_refused(
    client: type[SparkClient | AsyncSparkClient], count: Any
) -> None:
    with pytest.raises(ConfigurationError, match="preconnect"):
        client(Credentials("a", "b", "c"), preconnect=count)


def test_transports_of_ones_own_cannot_be_opened_ahead() -> None:
    with pytest.raises(ConfigurationError, match="preconnect"):
        SparkClient(Credentials("a", "b", "c"), preconnect=1, transport=WebSocketTransport)
