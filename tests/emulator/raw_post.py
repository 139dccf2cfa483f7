"""Signed POST requests with nothing but the standard library's HTTP client."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.wire.signing import sign_url

EMBED, PAINT = "/", "/v2.1/tti"


@dataclass
class Answer:
    """A response."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.data)

    @property
    def code(self) -> int:
        code: int = self.body["header"]["code"]
        return code

    @property
    def vector(self) -> tuple[float, ...]:
        packed = base64.b64decode(self.body["payload"]["feature"]["text"])
        return struct.unpack(f"<{len(packed) // 4}f", packed)

    @property
    def image(self) -> bytes:
        return base64.b64decode(self.body["payload"]["choices"]["text"][0]["content"])


def signed(spark: Emulator, path: str, now: float | None = None, method: str = "POST") -> str:
    address = spark.base_url.replace("ws", "http", 1) + path
    return sign_url(address, spark.credentials, now or time.time(), method)


@contextlib.contextmanager
def connected(spark: Emulator) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(spark.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def send(connection: http.client.HTTPConnection, url: str, data: bytes, **headers: str) -> Answer:
    parts = urlsplit(url)
    connection.request("POST", f"{parts.path}?{parts.query}", data, headers)
    response = connection.getresponse()
    fields = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, fields, response.read())


def post(spark: Emulator, path: str, body: Any, url: str | None = None, **headers: str) -> Answer:
    """One request on a connection of its own; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with connected(spark) as connection:
        return send(connection, url or signed(spark, path), data, **headers)


def text_body(spark: Emulator, text: str, domain: str = "para", **header: Any) -> dict[str, Any]:
    turns = json.dumps({"messages": [{"content": text, "role": "user"}]}).encode()
    return {
        "header": {"app_id": spark.credentials.app_id, "uid": "u", "status": 3, **header},
        "parameter": {"emb": {"domain": domain, "feature": {"encoding": "utf8"}}},
        "payload": {"messages": {"text": base64.b64encode(turns).decode()}},
    }


def embed(spark: Emulator, text: str, domain: str = "para", **header: Any) -> Answer:
    return post(spark, EMBED, text_body(spark, text, domain, **header))


def paint(spark: Emulator, prompt: str, header: Any = None, **chat: Any) -> Answer:
    body = {
        "header": {"app_id": spark.credentials.app_id, **(header or {})},
        "parameter": {"chat": {"domain": "general", **chat}},
        "payload": {"message": {"text": [{"role": "user", "content": prompt}]}},
    }
    return post(spark, PAINT, body)
