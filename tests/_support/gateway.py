"""A gateway for a target, and a chat completion over HTTP, whole and as server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any

import httpx2
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from iflytek_spark import AsyncSparkClient
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from iflytek_spark.gateway.upstream import Upstream
from tests._support.calls import PROMPT, Target
from tests.gateway.serving import serving

QUESTION: dict[str, Any] = {
    "model": "4.0Ultra",
    "messages": [{"role": "user", "content": PROMPT}],
}
STREAMED = {**QUESTION, "stream": True}
_OPTIONS: dict[str, Any] = {"timeout": 60.0, "trust_env": False}
_PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Is never used; httpx2 would load one for each client."""

_ROOM = 5
"""A stream has to begin before the time-out of the whole call runs out."""

_RUNNING = ExitStack()


class ToldError(Exception):
    """What the gateway answers in place of an answer."""


class _Upstream(Upstream):
    """Asks the service of a target, in its way."""

    def __init__(self, target: Target) -> None:
        super().__init__(load_settings())
        self._target = target

    def client(self, headers: Headers) -> AsyncSparkClient:
        return AsyncSparkClient(**self._target.client_settings())


def in_a_loop_with_a_thread(app: ASGIApp) -> ASGIApp:
    """The thread in which a loop looks up names stays: it is there from the beginning."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await asyncio.to_thread(int)
        await app(scope, receive, send)

    return serve


@cache
def url(target: Target) -> str:
    """Where a gateway answers chats of a target, which is started at the first call."""
    total = target.timeout.total
    patient = replace(target.timeout, total=total if total > 1 else total * _ROOM)
    app = create_app(load_settings())
    upstream = _Upstream(replace(target, timeout=patient))
    app.state.gateway = replace(app.state.gateway, upstream=upstream)
    # asyncio's own loop, since the lookup of names is stood in for in Python
    running = serving(in_a_loop_with_a_thread(app), loop="asyncio")
    return f"{_RUNNING.enter_context(running)}/v1/chat/completions"


@contextlib.contextmanager
def stopped_at_the_end() -> Iterator[None]:
    """Stop all gateways, of which none may have left anything running, when the block ends."""
    with _RUNNING:
        yield
    url.cache_clear()


def checked(answer: httpx2.Response) -> None:
    if answer.status_code != 200:
        raise ToldError(f"{answer.status_code} {answer.json()['error']['code']}")


def text_of(answer: httpx2.Response) -> str:
    checked(answer)
    return str(answer.json()["choices"][0]["message"]["content"])


class Events:
    """Reads server-sent events, which end with an error or with [DONE], and not with both."""

    def __init__(self) -> None:
        self._ends: list[str] = []

    def text(self, line: str) -> str:
        data = line.removeprefix("data: ")
        if data in ("", "[DONE]"):
            self._ends += filter(None, [data])
            return ""
        event = json.loads(data)
        if "error" in event:
            self._ends.append(f"SSE error {event['error']['code']}, no [DONE]")
            return ""
        return str(event["choices"][0]["delta"].get("content", ""))

    def check_end(self) -> None:
        if self._ends != ["[DONE]"]:
            raise ToldError(" and ".join(self._ends) or "the stream just ended")


def ask(address: str) -> str:
    return text_of(httpx2.post(address, json=QUESTION, verify=_PLAIN, **_OPTIONS))


async def aask(address: str) -> str:
    async with httpx2.AsyncClient(verify=_PLAIN, **_OPTIONS) as client:
        return text_of(await client.post(address, json=QUESTION))


def stream(address: str) -> Iterator[str]:
    """Yield pieces of text; whoever closes this hangs up."""
    events = Events()
    with httpx2.stream("POST", address, json=STREAMED, verify=_PLAIN, **_OPTIONS) as answer:
        if answer.status_code != 200:
            answer.read()
        checked(answer)
        yield from filter(None, map(events.text, answer.iter_lines()))
    events.check_end()


async def astream(address: str) -> AsyncIterator[str]:
    """See :func:`stream`."""
    events = Events()
    async with (
        httpx2.AsyncClient(verify=_PLAIN, **_OPTIONS) as client,
        client.stream("POST", address, json=STREAMED) as answer,
    ):
        if answer.status_code != 200:
            await answer.aread()
        checked(answer)
        async for line in answer.aiter_lines():
            if text := events.text(line):
                yield text
    events.check_end()
