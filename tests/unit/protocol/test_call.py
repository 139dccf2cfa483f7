"""The life of a request, step by step, and whatever a network can do to a recording."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ClockSkewError,
    InternalServerError,
    InvalidRequestError,
    ProtocolError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
)
from iflytek_spark.protocol.events import ContentDelta, Finished
from iflytek_spark.protocol.steps import (
    Connect,
    ConnectionFailedError,
    Emit,
    HTTPStatusError,
    MessageTooLargeError,
    Opening,
    Receive,
    Send,
    Sleep,
    Step,
)
from iflytek_spark.protocol.wire.signing import http_date, sign_url
from iflytek_spark.timeouts import Timeouts
from tests._support.frames import SID, USAGE, answer, error, last, piece
from tests.unit.protocol.flow_helpers import ME, NOW, Hand, Time, call

URL = "wss://spark-api.xf-yun.com/v4.0/chat"
STOPPED = Finished("stop", USAGE, SID)


def test_the_whole_life_of_a_request() -> None:
    hand = Hand(call())
    assert hand.step == Connect(Opening(sign_url(URL, ME, NOW)), 10)
    sent = hand.say()
    assert isinstance(sent, Send)
    assert sent.timeout == 60
    assert json.loads(sent.data)["header"] == {"app_id": "app1", "uid": "uid1"}
    first, second = answer("您", "好")
    assert hand.say() == Receive(60)
    assert hand.say(first) == Emit((ContentDelta("您"),))
    assert hand.say() == Receive(60)
    assert hand.say(second) == Emit((ContentDelta("好"), STOPPED))
    assert hand.say() is None


def test_a_frame_without_news_is_not_told() -> None:
    hand = Hand(call()).receiving()
    assert hand.say(piece(0)) == Receive(60)


def test_frames_after_the_end_are_not_waited_for() -> None:
    hand = Hand(call()).receiving()
    assert hand.say(last(0, "好")) == Emit((ContentDelta("好"), STOPPED))
    assert hand.say() is None


PATIENCE = Timeouts(connect=1, response=2, idle=3, total=100)


def test_each_step_has_its_own_patience() -> None:
    hand = Hand(call(timeouts=PATIENCE))
    assert isinstance(hand.step, Connect)
    assert hand.step.timeout == 1
    assert getattr(hand.say(), "timeout", None) == 2
    assert hand.say() == Receive(2)
    hand.say(piece(0, "一"))
    assert hand.say() == Receive(3)


def test_no_step_outlasts_the_whole_call() -> None:
    time = Time()
    hand = Hand(call(time, timeouts=Timeouts(total=5)))
    assert isinstance(hand.step, Connect)
    assert hand.step.timeout == 5
    time.now = 2
    assert getattr(hand.say(), "timeout", None) == 3
    time.now = 4
    assert hand.say() == Receive(1)


@pytest.mark.parametrize(("steps", "stage"), [(0, "connect"), (1, "response"), (2, "response")])
def test_a_time_out_says_which_one_ran_out(steps: int, stage: str) -> None:
    hand = Hand(call(timeouts=PATIENCE, max_retries=0))
    for _ in range(steps):
        hand.say()
    with pytest.raises(APITimeoutError, match=stage) as caught:
        hand.throw(TimeoutError())
    assert caught.value.stage == stage
    assert f"{getattr(PATIENCE, stage):g} s" in caught.value.message
    assert f"Timeouts({stage}=" in caught.value.hint
    assert caught.value.retryable


def test_silence_between_two_frames_has_its_own_time_out() -> None:
    hand = Hand(call(timeouts=PATIENCE)).receiving()
    hand.say(piece(0, "一"))
    hand.say()
    with pytest.raises(APITimeoutError) as caught:
        hand.throw(TimeoutError())
    assert caught.value.stage == "idle"


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_at_the_deadline_it_is_the_whole_call_that_ran_out(steps: int) -> None:
    time = Time()
    hand = Hand(call(time, timeouts=Timeouts(total=5)))
    for _ in range(steps):
        hand.say()
    time.now = 5
    with pytest.raises(APITimeoutError) as caught:
        hand.throw(TimeoutError())
    assert caught.value.stage == "total"
    assert not caught.value.retryable


def read(hand: Hand, *raws: str) -> None:
    """Have a waiting caller read on, with the next frames ready."""
    for raw in raws:
        hand.say()
        hand.say(raw)


def test_an_endless_answer_ends_at_the_deadline() -> None:
    """A service that never pauses gives a driver no time-out to throw."""
    time = Time()
    hand = Hand(call(time, timeouts=Timeouts(total=5))).receiving()
    hand.say(piece(0, "字"))
    time.now = 6
    with pytest.raises(APITimeoutError, match="total"):
        read(hand, piece(1, "字"), piece(2, "字"))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (TimeoutError(), APITimeoutError),
        (ConnectionFailedError("refused"), APIConnectionError),
        (HTTPStatusError(503, {}, b""), InternalServerError),
        (HTTPStatusError(429, {}, b""), RateLimitError),
    ],
)
def test_a_failure_that_may_pass_is_slept_over_and_tried_again(
    failure: Exception, kind: type[SparkError]
) -> None:
    time = Time()
    hand = Hand(call(time))
    assert hand.throw(failure) == Sleep(0.5)
    time.now = 0.5
    assert isinstance(hand.say(), Connect)
    assert hand.throw(failure) == Sleep(1)
    assert isinstance(hand.say(), Connect)
    with pytest.raises(kind):
        hand.throw(failure)


def test_a_second_try_is_signed_anew_and_says_the_same() -> None:
    time = Time(jitter=1)
    hand = Hand(call(time))
    sent = [hand.say()]
    assert hand.say() == Receive(60)
    assert hand.say(error(10110, "busy")) == Sleep(0.25)
    time.now = 30
    assert hand.say() == Connect(Opening(sign_url(URL, ME, NOW + 30)), 10)
    sent.append(hand.say())
    assert sent[0] == sent[1]
    hand.say()
    assert hand.say(last(0, "好")) == Emit((ContentDelta("好"), STOPPED))


@pytest.mark.parametrize(
    "way",
    ["closed", "failed", "silent", "busy", "empty"],
)
def test_before_the_first_event_any_such_failure_is_tried_again(way: str) -> None:
    assert fail(Hand(call()).receiving(), way) == Sleep(0.5)


def fail(hand: Hand, way: str) -> Step | None:
    """Let a Receive go wrong in one of the ways of a network or a service."""
    answers = {"closed": None, "busy": error(11202, "qps"), "empty": last(0)}
    errors = {"failed": ConnectionFailedError("reset"), "silent": TimeoutError()}
    return hand.throw(errors[way]) if way in errors else hand.say(answers[way])


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        ("closed", StreamInterruptedError),
        ("failed", StreamInterruptedError),
        ("silent", APITimeoutError),
        ("busy", RateLimitError),
    ],
)
def test_after_the_first_event_nothing_is_tried_again(way: str, kind: type[SparkError]) -> None:
    hand = Hand(call()).receiving()
    hand.say(piece(0, "一"))
    hand.say()
    with pytest.raises(kind):
        fail(hand, way)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (HTTPStatusError(401, {}, b""), AuthenticationError),
        (HTTPStatusError(403, {"date": http_date(NOW - 999)}, b""), ClockSkewError),
    ],
)
def test_a_failure_that_will_not_pass_is_raised_at_once(
    failure: Exception, kind: type[SparkError]
) -> None:
    with pytest.raises(kind):
        Hand(call()).throw(failure)


def test_a_wait_that_would_outlast_the_call_is_not_begun() -> None:
    hand = Hand(call(timeouts=Timeouts(total=5)))
    with pytest.raises(RateLimitError) as caught:
        hand.throw(HTTPStatusError(429, {"retry-after": "60"}, b""))
    assert caught.value.retry_after == 60


def test_the_deadline_holds_over_all_tries() -> None:
    time = Time()
    hand = Hand(call(time, timeouts=Timeouts(total=5)))
    hand.throw(ConnectionFailedError("refused"))
    time.now = 4.5
    assert getattr(hand.say(), "timeout", None) == 0.5
    with pytest.raises(APIConnectionError):
        hand.throw(ConnectionFailedError("refused"))


def test_a_connection_that_never_was_names_the_host() -> None:
    with pytest.raises(APIConnectionError, match=r"spark-api\.xf-yun\.com") as caught:
        Hand(call(max_retries=0)).throw(ConnectionFailedError("refused"))
    assert type(caught.value) is APIConnectionError
    assert "authorization" not in str(caught.value)
    assert "base_url" in caught.value.hint


def test_the_librarys_own_error_is_the_cause() -> None:
    original = OSError("reset by peer")
    failure = ConnectionFailedError("lost")
    failure.__cause__ = original
    with pytest.raises(APIConnectionError) as caught:
        Hand(call(max_retries=0)).throw(failure)
    assert caught.value.__cause__ is original


def test_without_an_original_the_transports_error_is_the_cause() -> None:
    failure = MessageTooLargeError("9 MB")
    with pytest.raises(ProtocolError, match="9 MB") as caught:
        Hand(call()).receiving().throw(failure)
    assert caught.value.__cause__ is failure


def test_a_frame_that_is_none_is_not_tried_again() -> None:
    with pytest.raises(ProtocolError):
        Hand(call()).receiving().say(b"garbage")


def test_a_driver_may_leave_at_any_step() -> None:
    for steps in range(4):
        hand = Hand(call())
        for _ in range(steps):
            hand.say(piece(0, "一"))
        hand.flow.close()
        with pytest.raises(StopIteration):
            next(hand.flow)


def test_what_cannot_be_written_fails_before_any_step() -> None:
    with pytest.raises(InvalidRequestError):
        call(extra={"value": object()})
