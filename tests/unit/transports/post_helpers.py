"""Sends one request over each of the two transports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.dialects.signed_post import Embedding, TextToEmbed
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport


class Post(NamedTuple):
    """A request, and how long it may take."""

    opening: Opening
    body: bytes
    timeout: float


Send = Callable[..., bytes | None]


def post(transport: HttpTransport, step: Post) -> bytes | None:
    transport.connect(step.opening, step.timeout)
    transport.send(step.body, step.timeout)
    return transport.receive(step.timeout)


def send_sync(step: Post, **route: Any) -> bytes | None:
    with HttpTransport(ConnectionOptions(**route)) as transport:
        return post(transport, step)


def send_async(step: Post, **route: Any) -> bytes | None:
    async def send() -> bytes | None:
        async with AsyncHttpTransport(ConnectionOptions(**route)) as transport:
            await transport.connect(step.opening, step.timeout)
            await transport.send(step.body, step.timeout)
            return await transport.receive(step.timeout)

    return asyncio.run(send())


both = pytest.mark.parametrize("send", [send_sync, send_async])


def request(spark: Emulator, timeout: float = 10.0, text: str = "一") -> Post:
    url = spark.base_url.replace("ws", "http", 1) + "/"
    dialect = Embedding()
    body = dialect.encode(TextToEmbed(text, "document"), spark.credentials.app_id, "u")
    return Post(dialect.open(url, spark.credentials, time.time()), body, timeout)
