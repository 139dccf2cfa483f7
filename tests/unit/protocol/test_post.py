"""The life of a signed POST, step by step."""

from __future__ import annotations

import json

import pytest

from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ClockSkewError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
)
from iflytek_spark.protocol.reading import Reading
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    ConnectTimedOutError,
    HTTPStatusError,
    MessageTooLargeError,
    NotConnectedError,
    RedirectedError,
    Sleep,
)
from iflytek_spark.protocol.wire.error_codes import api_error
from iflytek_spark.protocol.wire.signing import http_date, sign_url, verify_url
from iflytek_spark.timeouts import Timeouts
from tests.unit.protocol.flow_helpers import ME, NOW, Time
from tests.unit.protocol.noted_turn import noted
from tests.unit.protocol.post_helpers import URL, Post, call, ok, play, receiving

PATIENCE = Timeouts(connect=1, response=2, idle=3, total=100)


def test_the_whole_life_of_a_request() -> None:
    played = play(call(timeouts=PATIENCE), ok())
    assert played.posts == [Post(sign_url(URL, ME, NOW, "POST"), b"{}", 1, 2)]
    assert len(played.steps) == 3
    assert played.result == "fine"


def test_the_signature_is_one_for_post() -> None:
    (post,) = play(call(), ok()).posts
    host = "emb-cn-huabei-1.xf-yun.com"
    target = post.url.removeprefix(f"https://{host}")
    assert verify_url(target, host, NOW, {"test-key": "test-secret"}.get, "POST") is None
    assert verify_url(target, host, NOW, {"test-key": "test-secret"}.get, "GET") is not None


def test_each_try_is_signed_anew() -> None:
    time = Time()
    played = play(call(time), ok(status=503), ok(), time=time)
    first, second = played.posts
    assert played.slept == [0.5]
    assert "08%3A00%3A00" in first.url
    assert first.url == sign_url(URL, ME, NOW, "POST")
    assert second.url == sign_url(URL, ME, NOW + 0.5, "POST")


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        (401, AuthenticationError, 1),
        (403, PermissionDeniedError, 1),
        (404, NotFoundError, 1),
        (429, RateLimitError, 3),
        (500, InternalServerError, 3),
        (503, InternalServerError, 3),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[SparkError], tries: int) -> None:
    replies = [ok(json.dumps({"message": "reasons"}), status)] * 3
    played = play(call(), *replies)
    assert type(played.error) is kind
    assert "reasons" in str(played.error)
    assert len(played.posts) == tries


def test_the_services_own_code_counts_more_than_the_status() -> None:
    body = '{"header":{"code":11202,"message":"AppIdQpsOverFlowError","sid":"ase1"}}'
    played = play(call(max_retries=0), ok(body, 403))
    assert isinstance(played.error, RateLimitError)
    assert (played.error.code, played.error.sid) == (11202, "ase1")


def test_a_header_without_an_error_explains_no_status() -> None:
    played = play(call(), ok('{"header":{"code":0}}', 403))
    assert type(played.error) is PermissionDeniedError


def test_a_wrong_clock_is_measured() -> None:
    reply = ok('{"message":"HMAC signature does not match"}', 401, date=http_date(NOW - 400))
    error = play(call(), reply).error
    assert isinstance(error, ClockSkewError)
    assert error.skew == 400


def test_the_service_says_when_to_come_back() -> None:
    reply = HTTPStatusError(429, {"retry-after": "7"}, b"")
    assert play(call(), reply, ok()).slept == [7]


def test_an_error_in_the_body_is_tried_again_when_it_may_pass() -> None:
    def decode(body: bytes) -> str:
        if body == b"busy":
            raise api_error(11202, "AppIdQpsOverFlowError", "ase1")
        return body.decode()

    played = play(call(decode=decode), ok("busy"), ok("busy"), ok("vector"))
    assert played.result == "vector"
    assert played.slept == [0.5, 1.0]


def test_an_error_in_the_body_that_lasts_is_raised_at_once() -> None:
    def decode(body: bytes) -> str:
        raise api_error(11200, body.decode(), "ase1")

    played = play(call(decode=decode), ok("licc"))
    assert isinstance(played.error, PermissionDeniedError)
    assert (played.error.code, played.error.sid) == (11200, "ase1")


def test_a_redirect_is_not_followed() -> None:
    played = play(call(), RedirectedError("the service answered with a redirect"))
    assert isinstance(played.error, APIConnectionError)
    assert "redirect" in str(played.error)


def test_a_lost_connection_shows_the_librarys_own_error() -> None:
    lost = ConnectionFailedError("reset")
    lost.__cause__ = cause = OSError("by peer")
    played = play(call(max_retries=0), lost)
    assert type(played.error) is StreamInterruptedError
    assert "lost before the answer was whole: reset" in str(played.error)
    assert played.error.__cause__ is cause


def test_a_connection_that_cannot_be_made_names_the_host() -> None:
    played = play(call(max_retries=0), NotConnectedError("refused"))
    assert type(played.error) is APIConnectionError
    assert "no connection to emb-cn-huabei-1.xf-yun.com: refused" in str(played.error)


def test_an_answer_that_is_too_large_is_not_tried_again() -> None:
    played = play(call(), MessageTooLargeError("more than 8 bytes"))
    assert type(played.error) is ProtocolError
    assert "too large: more than 8 bytes" in str(played.error)


def test_no_answer_at_all() -> None:
    flow = call(max_retries=0)
    receiving(flow)
    with pytest.raises(APIConnectionError, match="no answer"):
        flow.send(None)


@pytest.mark.parametrize(
    ("happening", "stage"),
    [(ConnectTimedOutError(), "connect"), (TimeoutError(), "response")],
)
def test_time_outs_say_which(happening: TimeoutError, stage: str) -> None:
    played = play(call(max_retries=0, timeouts=PATIENCE), happening)
    assert isinstance(played.error, APITimeoutError)
    assert (played.error.stage, played.error.retryable) == (stage, True)
    assert played.error.__cause__ is happening


def test_the_total_time_is_not_tried_again() -> None:
    time = Time()
    flow = call(time, timeouts=PATIENCE)
    receiving(flow)
    time.now = 100
    with pytest.raises(APITimeoutError, match="'total' of 100 s") as caught:
        flow.throw(TimeoutError())
    assert caught.value.retryable is False


def test_a_try_has_no_more_time_than_is_left() -> None:
    time = Time()
    flow = call(time, timeouts=PATIENCE)
    receiving(flow)
    time.now = 99.1
    assert isinstance(flow.throw(ConnectionFailedError("x")), Sleep)
    time.now = 99.6
    post = receiving(flow)
    assert (post.connect_timeout, post.timeout) == pytest.approx((0.4, 0.4))


def test_a_wait_that_is_longer_than_what_is_left_is_not_begun() -> None:
    time = Time()
    flow = call(time, timeouts=PATIENCE)
    receiving(flow)
    time.now = 99.6
    with pytest.raises(APIConnectionError):
        flow.throw(ConnectionFailedError("x"))


def test_every_try_waits_for_its_turn_and_the_wait_is_not_the_calls_own_time() -> None:
    time, waits = Time(), iter([200.0, 300.0])
    flow = call(time, turn=lambda: noted(next(waits)), timeouts=PATIENCE)
    played = play(flow, ok(status=500), ok(), time=time)
    assert played.result == "fine"
    assert played.slept == [200, 0.5, 300]
    assert [post.timeout for post in played.posts] == [2, 2]
    assert played.posts[0].url == sign_url(URL, ME, NOW + 200, "POST")


def test_the_jitter_shortens_the_wait() -> None:
    time = Time(jitter=1.0)
    assert play(call(time), ok(status=500), ok(), time=time).slept == [0.25]


def test_an_answer_has_a_bound_in_bytes() -> None:
    assert play(call(reading=Reading(max_bytes=4)), ok("fine")).result == "fine"
    error = play(call(reading=Reading(max_bytes=3)), ok("fine")).error
    assert isinstance(error, ProtocolError)
    assert "more than 3 bytes" in str(error)
