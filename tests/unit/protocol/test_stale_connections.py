"""What a connection that was opened before the call, and proves dead, costs the call."""

from __future__ import annotations

import pytest

from iflytek_spark.errors import StreamInterruptedError
from iflytek_spark.protocol.steps import (
    Connect,
    ConnectionFailedError,
    Emit,
    Receive,
    Send,
    Sleep,
    StaleConnectionError,
)
from tests._support.frames import answer
from tests.unit.protocol.flow_helpers import Hand, call

STALE = StaleConnectionError("dead")


def test_a_dead_connection_is_replaced_at_once_and_does_not_count() -> None:
    hand = Hand(call(max_retries=0)).receiving()
    assert isinstance(hand.throw(STALE), Connect)
    assert isinstance(hand.say(), Send)
    assert isinstance(hand.say(), Receive)
    assert isinstance(hand.say(answer("您")[0]), Emit)


def test_a_request_that_could_not_be_sent_is_sent_again() -> None:
    hand = Hand(call(max_retries=0))
    first = hand.say()
    assert isinstance(hand.throw(STALE), Connect)
    assert hand.say() == first


def test_after_a_dead_connection_failures_count_as_ever() -> None:
    hand = Hand(call(max_retries=1)).receiving()
    hand.throw(STALE)
    hand.receiving()
    assert isinstance(hand.throw(ConnectionFailedError("reset")), Sleep)
    hand.receiving()
    with pytest.raises(StreamInterruptedError):
        hand.throw(ConnectionFailedError("reset"))
