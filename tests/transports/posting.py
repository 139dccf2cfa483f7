"""Sends one request over each of the two transports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.embedding import encode_embedding
from iflytek_spark.protocol.post import Post, Reply
from iflytek_spark.protocol.signing import sign_url
from iflytek_spark.transports.base import Route
from iflytek_spark.transports.http import AsyncHttpTransport, HttpTransport

Send = Callable[..., Reply]


def send_sync(step: Post, **route: Any) -> Reply:
    with HttpTransport(Route(**route)) as transport:
        return transport.post(step)


def send_async(step: Post, **route: Any) -> Reply:
    async def send() -> Reply:
        async with AsyncHttpTransport(Route(**route)) as transport:
            return await transport.post(step)

    return asyncio.run(send())


both = pytest.mark.parametrize("send", [send_sync, send_async])


def request(spark: Emulator, timeout: float = 10.0, text: str = "一") -> Post:
    url = spark.base_url.replace("ws", "http", 1) + "/"
    body = encode_embedding(text, "document", spark.credentials.app_id, "u")
    return Post(sign_url(url, spark.credentials, time.time(), "POST"), body, timeout, timeout)
