"""Requests over HTTP with nothing but httpx, and what a stream holds."""

from __future__ import annotations

import json
from typing import Any, Literal

import httpx

from iflytek_spark.emulator import Emulator

Kind = Literal["open", "maas"]
PATHS: dict[Kind, str] = {"open": "/v1/chat/completions", "maas": "/v2/chat/completions"}
MODELS: dict[Kind, str] = {"open": "4.0Ultra", "maas": "spark-x2.5"}
QUESTION = "用一句话介绍黄山"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "查询一个城市的天气",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def key(spark: Emulator, kind: Kind) -> str:
    return spark.http_keys.api_password if kind == "open" else spark.http_keys.maas_key


def post(spark: Emulator, kind: Kind, path: str, body: Any, **headers: str) -> httpx.Response:
    """One request on a connection of its own; a body that is not bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"authorization": f"Bearer {key(spark, kind)}", **headers}
    return httpx.post(spark.http_url + path, content=data, headers=fields, timeout=10)


def ask(spark: Emulator, kind: Kind, *, path: str = "", **fields: Any) -> httpx.Response:
    """Ask a chat; the fields replace those of a plain question."""
    body = {"model": MODELS[kind], "messages": [{"role": "user", "content": QUESTION}], **fields}
    return post(spark, kind, path or PATHS[kind], body)


def payloads(response: httpx.Response) -> list[str]:
    """The payloads of a stream's events, each line as it came but for ``data:``."""
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.split("\n") if line]
    return [line.removeprefix("data:") for line in lines]


def chunks(response: httpx.Response) -> list[Any]:
    """The chunks of a stream that has its end."""
    *found, end = payloads(response)
    assert end.strip() == "[DONE]"
    return [json.loads(payload) for payload in found]


def deltas(response: httpx.Response) -> list[Any]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(response) if chunk["choices"]]
