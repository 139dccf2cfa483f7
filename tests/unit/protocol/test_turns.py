"""A call and the turn that it waits for: asked for, sent, given back, whatever becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark.errors import APIConnectionError, SparkError
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects import chat_dialect
from iflytek_spark.protocol.exchange import ChatExchange
from iflytek_spark.protocol.steps import Connect, Flow, NotConnectedError, Send, Sleep, TakeTurn
from iflytek_spark.requests.build import build_request
from iflytek_spark.timeouts import Timeouts
from tests.unit.protocol import post_helpers
from tests.unit.protocol.flow_helpers import ME, Time
from tests.unit.protocol.noted_turn import Noted, noted


def chatting(turn: Noted, time: Time) -> Flow[Any]:
    request = build_request(find_model("lite"), "你好", {})
    context = CallContext(
        ME, request.spec.url, time.clock, "uid1", Timeouts(total=5), turn=lambda: turn
    )
    return call_flow(context, ChatExchange(chat_dialect(request.spec), request))


def go_on(flow: Flow[Any], step: object, time: Time) -> object:
    """Do a step of waiting as a driver does, and return the next one."""
    match step:
        case TakeTurn(turn):
            return flow.send(turn.ask())
        case Sleep(seconds):
            time.now += seconds
    return flow.send(None)


def until(flow: Flow[Any], kind: type, time: Time) -> object:
    step: object = next(flow)
    while not isinstance(step, kind):
        step = go_on(flow, step, time)
    return step


def test_the_wait_moves_the_deadline() -> None:
    time = Time()
    step = until(chatting(noted(3.0, 4.0), time), Connect, time)
    assert time.now == 7
    assert isinstance(step, Connect)
    assert step.timeout == 5


def test_a_chat_counts_from_its_sending() -> None:
    time, turn = Time(), noted()
    flow = chatting(turn, time)
    step = until(flow, Send, time)
    assert turn.notes == []
    go_on(flow, step, time)
    assert turn.notes == ["sent"]
    flow.close()
    assert turn.notes == ["sent", "released"]


def test_what_is_posted_counts_from_its_answer() -> None:
    time, turn = Time(), noted()
    flow = post_helpers.call(time, turn=lambda: turn)
    go_on(flow, until(flow, Send, time), time)
    assert turn.notes == []
    with pytest.raises(StopIteration):
        flow.send(b"fine")
    assert turn.notes == ["sent", "released"]


def test_a_try_that_was_not_sent_gives_its_turn_back() -> None:
    time, turns = Time(), [noted(), noted()]
    given = iter(turns)
    flow = post_helpers.call(time, max_retries=1, turn=lambda: next(given))
    until(flow, Connect, time)
    step: object = flow.throw(NotConnectedError("refused"))
    assert turns[0].notes == ["released"]
    while not isinstance(step, Connect):
        step = go_on(flow, step, time)
    with pytest.raises(APIConnectionError):
        flow.throw(NotConnectedError("refused"))
    assert turns[1].notes == ["released"]


def test_who_leaves_while_he_waits_leaves_the_queue() -> None:
    time, turn = Time(), noted(1.0, 1.0)
    flow = chatting(turn, time)
    until(flow, Sleep, time)
    flow.close()
    assert turn.notes == ["released"]


def test_a_turn_that_cannot_come_is_left() -> None:
    turn = noted()
    flow = chatting(turn, Time())
    next(flow)
    with pytest.raises(SparkError):
        flow.throw(SparkError("no"))
    assert turn.notes == ["released"]


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    flow = post_helpers.call(turn=lambda: None)
    assert isinstance(next(flow), Connect)
