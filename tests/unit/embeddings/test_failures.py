"""Embedding on a bad day: what is mended, what is told, and how quickly everything stops."""

from __future__ import annotations

import asyncio
import logging
import math
import traceback
from typing import Any

import pytest

from iflytek_spark.client import AsyncSparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
)
from iflytek_spark.protocol.wire.embedding import encode_embedding_answer
from iflytek_spark.timeouts import Timeouts
from tests.contract.sockets import AT_ONCE, left_alone, no_new_threads
from tests.unit.embeddings.embedding_helpers import TEXTS, Caller, near


def test_too_many_requests_are_tried_again(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.ErrorFrame(11202), None, faults.ErrorFrame(11202))
    vectors = caller.embed(emulator, TEXTS[:2], max_concurrency=1)
    assert all(map(near, vectors, [text_vector(text, "para") for text in TEXTS]))
    assert len(emulator.requests) == 4


@pytest.mark.parametrize(
    "fault",
    [faults.Cut(), faults.Cut(how="eof"), faults.Cut(part=600), faults.RefuseHandshake(503)],
)
def test_a_broken_network_is_tried_again(
    emulator: Emulator, caller: Caller, fault: faults.Fault
) -> None:
    emulator.script(fault)
    (vector,) = caller.embed(emulator, ["讯飞"])
    assert near(vector, text_vector("讯飞", "para"))


def test_a_connection_that_the_service_closes_meanwhile_is_opened_anew(caller: Caller) -> None:
    with running_emulator() as spark:
        spark.script(None, (faults.Cut(after=1, how="close"),))
        assert len(caller.embed(spark, ["一", "二", "三"], max_concurrency=1)) == 3


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (faults.ErrorFrame(11200), PermissionDeniedError, "11200"),
        (faults.ErrorFrame(11202), RateLimitError, "11202"),
        (faults.RefuseHandshake(404, "404 page not found"), NotFoundError, "404"),
        (faults.RefuseHandshake(302, "", {"Location": "http://x/"}), APIConnectionError, "redir"),
        (faults.Replay(("{}",)), ProtocolError, "header"),
        (faults.RawBytes(b"garbage\r\n\r\n"), APIConnectionError, "illegal"),
        (faults.Cut(how="eof"), StreamInterruptedError, "lost before the answer was whole"),
    ],
)
def test_failures(
    emulator: Emulator, caller: Caller, fault: faults.Fault, kind: type[SparkError], words: str
) -> None:
    emulator.script(fault)
    with pytest.raises(kind, match=words):
        caller.embed(emulator, ["一"], max_retries=0)
    assert emulator.wait_until_idle(AT_ONCE)


@pytest.mark.parametrize("vector", [[0.0] * 2560, [math.nan] * 2560, [1.0] * 2559])
def test_never_a_vector_of_nothing(emulator: Emulator, caller: Caller, vector: list[float]) -> None:
    emulator.script(faults.Replay((encode_embedding_answer("ase1", vector).decode(),)))
    with pytest.raises(ProtocolError, match="vector"):
        caller.embed(emulator, ["一"])


def test_a_wrong_secret(emulator: Emulator, caller: Caller) -> None:
    known = emulator.credentials
    wrong = Credentials(known.app_id, known.api_key, "wrong")
    with pytest.raises(AuthenticationError, match="api_secret belongs to api_key"):
        caller.embed(emulator, ["一"], credentials=wrong)


def test_nobody_listens(caller: Caller, emulator: Emulator) -> None:
    with pytest.raises(APIConnectionError, match=r"no connection to 127\.0\.0\.1:1"):
        caller.embed(emulator, ["一"], base_url="http://127.0.0.1:1", max_retries=0)


PATIENCE = Timeouts(connect=5, response=0.1, total=10)


@pytest.mark.parametrize(
    "fault",
    [faults.HangHandshake(), faults.Silence(), (faults.Trickle(1, 0.02),)],
    ids=["hang", "silence", "trickle"],
)
def test_an_answer_has_one_deadline(emulator: Emulator, caller: Caller, fault: Any) -> None:
    """Bytes that trickle in do not move it."""
    emulator.script(fault)
    with no_new_threads(), pytest.raises(APITimeoutError, match=r"'response' of 0\.1 s"):
        caller.embed(emulator, ["一"], timeout=PATIENCE, max_retries=0)
    assert emulator.wait_until_idle(AT_ONCE)


def test_the_same_call_goes_on_after_a_time_out(emulator: Emulator, caller: Caller) -> None:
    emulator.script(None, faults.Silence())
    texts = ["一", "二", "三"]
    vectors = caller.embed(emulator, texts, timeout=PATIENCE, max_concurrency=1)
    assert all(map(near, vectors, [text_vector(text, "para") for text in texts]))


def test_the_first_failure_stops_the_rest(emulator: Emulator, caller: Caller) -> None:
    """Three workers hang and would do so for a minute; the fourth fails."""
    emulator.script(faults.Silence(), faults.Silence(), faults.Silence(), faults.ErrorFrame(11200))
    with no_new_threads(), pytest.raises(PermissionDeniedError):
        caller.embed(emulator, TEXTS, max_concurrency=4)
    assert len(emulator.requests) == 4
    assert emulator.wait_until_idle(AT_ONCE)


def test_the_first_failure_stops_those_who_wait_for_a_turn(
    emulator: Emulator, caller: Caller
) -> None:
    """At a request in a thousand seconds, the second text would wait as long."""
    emulator.script(faults.ErrorFrame(11200))
    with no_new_threads(), pytest.raises(PermissionDeniedError):
        caller.embed(emulator, TEXTS, max_qps=0.001)
    assert len(emulator.requests) == 1


async def test_cancelling_reaches_the_service(emulator: Emulator) -> None:
    emulator.script(*[faults.Silence()] * 4)
    client = AsyncSparkClient(emulator.credentials, base_url=emulator.base_url)
    task = asyncio.create_task(client.embed(TEXTS, max_qps=None))
    assert await asyncio.to_thread(emulator.wait_for_requests, 4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await left_alone(emulator)


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks4://127.0.0.1:1", "cannot use a socks4 proxy"),
        ("socks5h://127.0.0.1:1", "further package"),
        ("ftp://127.0.0.1:1", "supported are"),
    ],
)
def test_proxies_that_cannot_be_used(
    emulator: Emulator,
    caller: Caller,
    proxy: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=words):
        caller.embed(emulator, ["一"], proxy=proxy)


def test_nothing_secret_is_logged_or_shown(
    emulator: Emulator, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known = emulator.credentials
    wrong = Credentials(known.app_id, known.api_key, "MARKERSECRET")
    shown = ""
    caller.embed(emulator, ["PRIVATE"])
    for fault in (None, faults.Cut(), faults.Replay(('{"header":{}}',))):
        emulator.script(fault)
        try:
            caller.embed(emulator, ["PRIVATE"], credentials=wrong, max_retries=0)
        except SparkError as error:
            shown += "".join(traceback.format_exception(error)) + repr(vars(error))
    assert shown
    logged = caplog.text + shown
    for secret in (known.api_key, "MARKERSECRET", "authorization", "signature=", "PRIVATE"):
        assert secret not in logged.replace('["PRIVATE"]', "")
