"""Vectors of many texts, from a thread and from an event loop alike."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import math
import threading
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import Emulator, SeenRequest, faults, running_emulator
from iflytek_spark.emulator.vectors import text_vector
from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    ContextLengthError,
    InvalidFrameError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    SparkError,
)
from iflytek_spark.pacing import turns
from iflytek_spark.protocol.embedding import encode_embedding_answer
from iflytek_spark.protocol.flow import Timeouts
from iflytek_spark.protocol.long_texts import mean_vector, split_text
from iflytek_spark.protocol.steps import Clock
from iflytek_spark.tokens import estimate_tokens
from tests.contract.sockets import AT_ONCE, left_alone, no_new_threads
from tests.core.posting import CALLERS, Caller

TEXTS = [f"第{number}段:讯飞星火" for number in range(12)]


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> Caller:
    return CALLERS[request.param]


def asked(request: SeenRequest) -> str:
    """The text of a request."""
    turns = json.loads(base64.b64decode(request.body["payload"]["messages"]["text"]))
    content: str = turns["messages"][0]["content"]
    return content


def domain(request: SeenRequest) -> str:
    name: str = request.body["parameter"]["emb"]["domain"]
    return name


def near(left: list[float], right: list[float]) -> bool:
    return max(abs(a - b) for a, b in zip(left, right, strict=True)) < 1e-6


@pytest.mark.parametrize("max_concurrency", [1, 4, 50])
def test_vectors_come_in_the_order_of_the_texts(
    emulator: Emulator, caller: Caller, max_concurrency: int
) -> None:
    with no_new_threads():
        vectors = caller.embed(emulator, TEXTS, max_concurrency=max_concurrency)
    assert all(map(near, vectors, [text_vector(text, "para") for text in TEXTS]))
    assert Counter(map(asked, emulator.requests)) == Counter(TEXTS)
    assert emulator.wait_until_idle()


def test_late_answers_do_not_change_the_order(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.Slow(0.1), None, None, faults.Slow(0.05))
    vectors = caller.embed(emulator, TEXTS)
    assert all(map(near, vectors, [text_vector(text, "para") for text in TEXTS]))


def test_no_texts_no_request(emulator: Emulator, caller: Caller) -> None:
    assert caller.embed(emulator, []) == []
    assert not emulator.handshakes


@pytest.mark.parametrize(("kind", "on_the_wire"), [("document", "para"), ("query", "query")])
def test_queries_and_documents_differ_on_the_wire(
    emulator: Emulator, caller: Caller, kind: str, on_the_wire: str
) -> None:
    (vector,) = caller.embed(emulator, ["讯飞"], kind=kind)
    (request,) = emulator.requests
    assert (request.path, domain(request)) == ("/", on_the_wire)
    assert near(vector, text_vector("讯飞", on_the_wire))


def test_connections_are_kept_for_one_call(emulator: Emulator, caller: Caller) -> None:
    """Sixteen requests by four workers are four connections, of which none stays."""
    seen: list[int] = []

    def watch(done: int, total: int) -> None:
        seen.append(emulator.open_connections)

    caller.embed(emulator, ["一"] * 16, max_concurrency=4, on_progress=watch)
    assert max(seen) <= 4
    assert len(emulator.handshakes) == 16
    assert emulator.wait_until_idle()


def test_progress_is_told_in_the_callers_thread(emulator: Emulator, caller: Caller) -> None:
    told: list[tuple[int, int]] = []
    threads = set()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        threads.add(threading.current_thread())

    caller.embed(emulator, TEXTS, on_progress=progress)
    assert told == [(done, 12) for done in range(1, 13)]
    assert threads == {threading.current_thread()}


def test_what_progress_raises_ends_the_call(emulator: Emulator, caller: Caller) -> None:
    def progress(done: int, total: int) -> None:
        raise LookupError

    with no_new_threads(), pytest.raises(LookupError):
        caller.embed(emulator, TEXTS, on_progress=progress)
    assert emulator.wait_until_idle(AT_ONCE)


LONG = "讯飞星火是一个大语言模型。" * 500


def test_a_long_text_is_split_and_averaged(emulator: Emulator, caller: Caller) -> None:
    short, long = caller.embed(emulator, ["短", LONG])
    pieces = split_text(LONG, 2048)
    assert [asked(request) for request in emulator.requests if asked(request) != "短"] == pieces
    vectors = [text_vector(piece, "para") for piece in pieces]
    assert near(long, mean_vector(vectors, list(map(estimate_tokens, pieces))))
    assert math.hypot(*long) == pytest.approx(math.hypot(*short), abs=1e-5)


def test_a_text_that_the_service_finds_too_long_is_split(
    emulator: Emulator, caller: Caller
) -> None:
    emulator.script(faults.ErrorFrame(10907))
    (vector,) = caller.embed(emulator, ["讯飞星火是一个大语言模型。" * 20])
    assert len(emulator.requests) == 3
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("texts", "options", "kind", "words"),
    [
        (["一", ""], {}, InvalidRequestError, r"texts\[1\] is empty"),
        (["一", " \n"], {}, InvalidRequestError, r"texts\[1\] is empty"),
        (["一", None], {}, InvalidRequestError, r"texts\[1\] is a NoneType"),
        ([b"x"], {}, InvalidRequestError, r"texts\[0\] is a bytes"),
        (["\ud800"], {}, InvalidRequestError, r"texts\[0\] holds a lone surrogate"),
        ("text", {}, InvalidRequestError, "pass a list"),
        (["短", LONG], {"too_long": "error"}, ContextLengthError, r"texts\[1\] .* 2048"),
        (["一"], {"kind": "passage"}, InvalidRequestError, "document or query"),
        (["一"], {"too_long": "cut"}, InvalidRequestError, "split or error"),
        (["一"], {"max_concurrency": 0}, InvalidRequestError, "max_concurrency is 0"),
        (["一"], {"max_concurrency": True}, InvalidRequestError, "max_concurrency is True"),
        (["一"], {"max_concurrency": 1.5}, InvalidRequestError, "max_concurrency is 1.5"),
        (["一"], {"max_qps": 0}, InvalidRequestError, "max_qps is 0"),
        (["一"], {"max_qps": -1.0}, InvalidRequestError, "max_qps is -1.0"),
        (["一"], {"max_qps": math.nan}, InvalidRequestError, "max_qps is nan"),
        (["一"], {"max_qps": True}, InvalidRequestError, "max_qps is True"),
        (["一"], {"max_qps": "2"}, InvalidRequestError, "max_qps is '2'"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    emulator: Emulator,
    caller: Caller,
    texts: Any,
    options: dict[str, Any],
    kind: type[SparkError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words):
        caller.embed(emulator, texts, **options)
    assert not emulator.handshakes


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
        (faults.Replay(("{}",)), InvalidFrameError, "header"),
        (faults.RawBytes(b"garbage\r\n\r\n"), APIConnectionError, "illegal"),
        (faults.Cut(how="eof"), APIConnectionError, "failed"),
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
    with pytest.raises(InvalidFrameError, match="vector"):
        caller.embed(emulator, ["一"])


def test_a_wrong_secret(emulator: Emulator, caller: Caller) -> None:
    known = emulator.credentials
    wrong = Credentials(known.app_id, known.api_key, "wrong")
    with pytest.raises(AuthenticationError, match="api_secret belongs to api_key"):
        caller.embed(emulator, ["一"], credentials=wrong)


def test_nobody_listens(caller: Caller, emulator: Emulator) -> None:
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1:1 failed"):
        caller.embed(emulator, ["一"], base_url="http://127.0.0.1:1", max_retries=0)


PATIENCE = Timeouts(connect=5, first_frame=0.1, total=10)


@pytest.mark.parametrize(
    "fault",
    [faults.HangHandshake(), faults.Silence(), (faults.Trickle(1, 0.02),)],
    ids=["hang", "silence", "trickle"],
)
def test_an_answer_has_one_deadline(emulator: Emulator, caller: Caller, fault: Any) -> None:
    """Bytes that trickle in do not move it."""
    emulator.script(fault)
    with no_new_threads(), pytest.raises(APITimeoutError, match=r"'first_frame' of 0\.1 s"):
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


async def test_the_loop_is_free_while_texts_are_embedded(emulator: Emulator) -> None:
    emulator.script(faults.Silence())
    client = AsyncSparkClient(emulator.credentials, base_url=emulator.base_url)
    task = asyncio.create_task(client.embed(["一"], max_qps=None))
    assert await asyncio.to_thread(emulator.wait_for_requests, 1)
    (vector,) = await client.embed(["二"], max_qps=None)
    assert vector
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


RATE = 25.0
"""The emulator refuses one request more in any second than twice as many."""


def test_a_thread_and_a_loop_keep_to_one_rate() -> None:
    """Workers that could send everything at once stay below the service's limit."""
    with running_emulator(max_qps=2 * RATE) as spark:
        options = {"max_qps": RATE, "max_concurrency": 12, "max_retries": 0}
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(one.embed, spark, TEXTS * 3, **options) for one in CALLERS.values()]
        assert [len(one.result()) for one in both] == [36, 36]


def test_without_a_rate_the_service_refuses(caller: Caller) -> None:
    with running_emulator(max_qps=5) as spark, pytest.raises(RateLimitError, match="11202"):
        caller.embed(spark, TEXTS, max_qps=None, max_retries=0)


def test_retries_keep_the_rate_too(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.ErrorFrame(11202))
    assert len(caller.embed(emulator, ["一"], max_qps=1000)) == 1
    assert len(emulator.requests) == 2


class Moment:
    """A clock that stands still."""

    now = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: 0.0, lambda: self.now, lambda: 0.0)


def test_all_clients_of_an_app_share_its_turns() -> None:
    clock = Moment().clock()
    first = turns("app1", "https://a/", 2, clock)
    second = turns("app1", "https://a/", 2, clock)
    assert [first(), second(), first()] == [0, 0.5, 1]
    assert turns("app2", "https://a/", 2, clock)() == 0
    assert turns("app1", "https://b/", 2, clock)() == 0
    assert turns("app1", "https://a/", None, clock)() == 0


def test_turns_are_given_to_one_thread_each() -> None:
    turn = turns("app3", "https://a/", 1, Moment().clock())
    taken: list[float] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(turn() for _ in range(100))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(800))


def test_threads_and_loops_share_a_client(emulator: Emulator) -> None:
    aio = AsyncSparkClient(emulator.credentials, base_url=emulator.base_url)
    sync = SparkClient(emulator.credentials, base_url=emulator.base_url)
    found: list[bool] = []

    def run(number: int) -> None:
        texts = [f"{number}.{place}" for place in range(4)]
        vectors = (
            asyncio.run(aio.embed(texts, max_qps=1000.0))
            if number % 2
            else sync.embed(texts, max_qps=1000.0)
        )
        found.extend(map(near, vectors, [text_vector(text, "para") for text in texts]))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 24


def test_a_base_url_with_a_path_is_used_as_it_is(emulator: Emulator, caller: Caller) -> None:
    with pytest.raises(NotFoundError, match="base_url"):
        caller.embed(emulator, ["一"], base_url=f"{emulator.base_url}/v4.0/chat")
    assert emulator.handshakes[0].path == "/v4.0/chat"


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
