"""A peer quotes what it is asked, in every spelling: no secret of ours comes back out."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from typing import Literal
from unittest import mock

import httpx2
import pytest
import websocket

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
from iflytek_spark.errors import SparkError
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import hash_key
from iflytek_spark.gateway.settings import load_settings
from tests._support.calls import Call, Stream, Surface, Target, aread, read
from tests._support.surfaces import IN_PROCESS, environment
from tests.gateway.serving import serving
from tests.reliability.traces import noted_waits
from tests.trust.marked import MARKED, MARKS, Heard, hearing
from tests.trust.quoting import (
    ON_A_WEBSOCKET,
    ON_OPENING,
    SPELLINGS,
    Answer,
    QuotingPeer,
    error_of_the_service,
    quoting_peer,
)
from tests.trust.taint import everything_in, found_in

PROXY_USER, PROXY_PASSWORD = "MARKERUSER", "MARKER p@ss/word"
PROXY_WRITTEN = "MARKERUSER:MARKER%20p%40ss%2Fword"
PROMPT = "CANARY: what is the colour of an apple that nobody has ever looked at, 苹果是什么颜色？"
ALL_MARKS = (*MARKS, "CANARY", "p@ss")
POSTED = {**ON_OPENING, "an error of the service": error_of_the_service}
MORE_LOGGERS = (
    "fastapi", "httpcore2.connection", "httpcore2.http11", "httpcore2.proxy", "httpcore2.socks",
    "iflytek_spark.gateway", "iflytek_spark.gateway.access", "starlette", "uvicorn",
    "uvicorn.access", "uvicorn.error",
)  # fmt: skip


@pytest.fixture
def peer() -> Iterator[QuotingPeer]:
    with quoting_peer() as peer:
        yield peer


@pytest.fixture
def heard() -> Iterator[Heard]:
    with hearing(*MORE_LOGGERS) as heard:
        yield heard


def ask(surface: Surface, target: Target) -> str:
    """What comes out of a surface: its answer, or all that hangs on its error."""
    try:
        if isinstance(surface, Call | Stream):
            return repr(read(surface, target))
        return repr(asyncio.run(aread(surface, target), debug=True))
    except SparkError as error:
        return everything_in(error)


def is_posted(name: str) -> bool:
    return any(word in name for word in ("mbed", "mage"))


@pytest.mark.sampled(9)
@pytest.mark.parametrize("name", IN_PROCESS)
def test_no_surface_lets_out_what_a_peer_quotes(
    name: str, peer: QuotingPeer, heard: Heard, capfd: pytest.CaptureFixture[str]
) -> None:
    target = Target(MARKED, peer.url, max_retries=0)
    answers = POSTED if is_posted(name) else ON_OPENING | ON_A_WEBSOCKET
    for answer in answers.values():
        for spelling in ("as it is", "percent-decoded"):
            peer.quote(answer, SPELLINGS[spelling])
            shown = ask(IN_PROCESS[name], target)
            assert found_in("\n".join((shown, *capfd.readouterr()))) == []
    assert found_in("\n".join(heard.lines)) == []
    assert peer.asked >= 2 * len(answers)


CORE = ("SparkClient.chat", "AsyncSparkClient.chat", "SparkClient.embed", "AsyncSparkClient.embed")


@pytest.mark.sampled(16)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", CORE)
def test_no_spelling_of_a_quotation_is_let_out(
    name: str, spelling: str, peer: QuotingPeer, heard: Heard
) -> None:
    target = Target(MARKED, peer.url, max_retries=0)
    for answer in (POSTED if is_posted(name) else ON_OPENING | ON_A_WEBSOCKET).values():
        peer.quote(answer, SPELLINGS[spelling])
        assert found_in(ask(IN_PROCESS[name], target)) == []
    assert found_in("\n".join(heard.lines)) == []


@pytest.mark.sampled(5)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_prompt_comes_back_in_an_error(spelling: str, peer: QuotingPeer, heard: Heard) -> None:
    client = SparkClient(MARKED, base_url=peer.url, max_retries=0)
    aclient = AsyncSparkClient(MARKED, base_url=peer.url, max_retries=0)
    uses: list[tuple[Callable[[], object], dict[str, Answer]]] = [
        (lambda: client.chat(PROMPT), ON_A_WEBSOCKET),
        (lambda: asyncio.run(aclient.chat(PROMPT)), ON_A_WEBSOCKET),
        (lambda: client.embed([PROMPT], max_qps=None), POSTED),
        (lambda: asyncio.run(aclient.embed([PROMPT], max_qps=None)), POSTED),
        (lambda: client.generate_image(PROMPT), POSTED),
    ]
    for use, answers in uses:
        for answer in answers.values():
            peer.quote(answer, SPELLINGS[spelling], "body")
            with pytest.raises(SparkError) as caught:
                use()
            assert found_in(everything_in(caught.value), ALL_MARKS) == []
    assert found_in("\n".join(heard.lines), ALL_MARKS) == []


@pytest.mark.sampled(16)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", CORE)
def test_no_proxy_that_quotes_gets_its_password_into_an_error(
    name: str, spelling: str, peer: QuotingPeer, heard: Heard
) -> None:
    address = peer.url.removeprefix("ws://")
    target = Target(MARKED, "ws://spark.invalid", proxy=f"http://{PROXY_WRITTEN}@{address}")
    for answer in ON_OPENING.values():
        peer.quote(answer, SPELLINGS[spelling])
        with noted_waits():
            assert found_in(ask(IN_PROCESS[name], target), ALL_MARKS) == []
    assert peer.asked
    assert found_in("\n".join(heard.lines), ALL_MARKS) == []


WRONG_PROXIES = (
    "http://{}@127.0.0.1:9/path", "http://{}@127.0.0.1:9?x", "http://{}@127.0.0.1:9#x",
    "http://{}@", "http://{}@:", "socks5h://{}@127.0.0.1:9/path", "ftp://{}@a:1",
    "http://{}@127.0.0.1:99999", "http://{}@[::1", "https://{}@127.0.0.1:9", "http://{}@127.0.0.1:9",
    "{}@127.0.0.1:9",
)  # fmt: skip


@pytest.mark.parametrize("user", [PROXY_WRITTEN, PROXY_USER])
@pytest.mark.parametrize("written", WRONG_PROXIES)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_no_address_of_a_proxy_shows_its_password(
    by: str, written: str, user: str, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = written.format(user)
    if by == "environment":
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
    target = Target(
        MARKED, "ws://spark.invalid", max_retries=0, proxy=proxy if by == "argument" else None
    )
    for name in CORE:
        assert found_in(ask(IN_PROCESS[name], target), ALL_MARKS) == []
    assert found_in("\n".join(heard.lines), ALL_MARKS) == []
    assert found_in(repr(vars(SparkClient(**target.client_settings())))) == []


def test_the_trace_of_websocket_client_shows_no_signature(peer: QuotingPeer, heard: Heard) -> None:
    peer.quote(ON_OPENING["a page"], str)
    websocket.enableTrace(True, handler=logging.NullHandler())
    try:
        ask(IN_PROCESS["SparkClient.chat"], Target(MARKED, peer.url, max_retries=0))
    finally:
        websocket.enableTrace(False)
    assert found_in("\n".join(heard.lines)) == []


GATEWAY_KEY = "MARKERGATEWAYKEY"
OWN = Credentials("app2", "MARKEROWNKEY", "MARKEROWNSECRET")
BY_HEADERS = {"X-APP-ID": OWN.app_id, "X-API-KEY": OWN.api_key, "X-API-SECRET": OWN.api_secret}
CHAT = {"model": "4.0Ultra", "messages": [{"role": "user", "content": PROMPT}]}
REQUESTS = (
    ("chat/completions", CHAT, ON_OPENING | ON_A_WEBSOCKET),
    ("chat/completions", {**CHAT, "stream": True}, ON_OPENING | ON_A_WEBSOCKET),
    ("embeddings", {"model": "spark-embedding", "input": [PROMPT]}, POSTED),
    ("images/generations", {"prompt": PROMPT}, POSTED),
)


@pytest.fixture
def gateway(peer: QuotingPeer) -> Iterator[str]:
    known = environment(Target(MARKED, peer.url))
    with mock.patch.dict(os.environ, known):
        settings = load_settings(
            keys={"anna": hash_key(GATEWAY_KEY)}, base_url=peer.url, embeddings_per_second=None
        )
        with serving(create_app(settings)) as url:
            yield url


@pytest.mark.sampled(4)
@pytest.mark.parametrize("spelling", ["as it is", "percent-decoded", "base64", "JSON"])
@pytest.mark.parametrize("what", ["head", "body"])
@pytest.mark.parametrize("headers", [{}, BY_HEADERS], ids=["its keys", "the caller's keys"])
def test_no_caller_of_a_gateway_learns_its_keys(
    headers: dict[str, str],
    what: Literal["head", "body"],
    spelling: str,
    gateway: str,
    peer: QuotingPeer,
    heard: Heard,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shown = []
    with (
        noted_waits(),
        httpx2.Client(headers={"Authorization": f"Bearer {GATEWAY_KEY}"}, timeout=30) as client,
    ):
        for path, body, answers in REQUESTS:
            for answer in answers.values():
                peer.quote(answer, SPELLINGS[spelling], what)
                answered = client.post(f"{gateway}/v1/{path}", json=body, headers=headers)
                assert answered.json()["error"]["code"] != "internal_error"
                shown += [answered.text, str(answered.headers)]
        shown += [client.get(f"{gateway}/metrics").text, *capfd.readouterr(), *heard.lines]
    assert found_in("\n".join(shown), ALL_MARKS) == []


def test_the_search_finds_every_spelling() -> None:
    text = f'GET /?authorization=a key="{MARKED.api_key}" {PROMPT}'
    for name, spell in SPELLINGS.items():
        assert {"MARKER", "CANARY"} - set(found_in(spell(text), ALL_MARKS)) == set(), name
