"""Vectors of many texts, from a thread and from an event loop alike."""

from __future__ import annotations

import asyncio
import math
import threading
from collections import Counter
from typing import Any

import pytest

from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.embeddings.split import mean_vector, split_text
from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.errors import (
    ContextLengthError,
    InvalidRequestError,
    NotFoundError,
    SparkError,
)
from iflytek_spark.requests.tokens import estimate_tokens
from tests.contract.sockets import AT_ONCE, no_new_threads
from tests.unit.embeddings.embedding_helpers import TEXTS, Caller, asked, domain, near


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
