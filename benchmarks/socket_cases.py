"""The floors under everything, and the core."""

from __future__ import annotations

import json

from benchmarks.cases import Place, Work
from iflytek_spark import AsyncSparkClient, Credentials, SparkClient

CREDENTIALS = Credentials("app", "key", "secret")


def _has_text(data: bytes | str) -> bool:
    return bool(json.loads(data)["payload"]["choices"]["text"][0]["content"])


def websocket_client(place: Place) -> int:
    import websocket

    connection = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
    connection.connect(f"{place.spark}/v4.0/chat")
    connection.send("{}")
    seen = sum(_has_text(connection.recv_data()[1]) for _ in range(place.chunks))
    connection.shutdown()
    return seen


async def websockets_asyncio(place: Place) -> int:
    from websockets.asyncio.client import connect

    url = f"{place.spark}/v4.0/chat"
    async with connect(url, compression=None, ping_interval=None) as connection:
        await connection.send("{}")
        return sum([_has_text(await connection.recv(decode=False)) for _ in range(place.chunks)])


def core(place: Place) -> int:
    with SparkClient(CREDENTIALS, base_url=place.spark).stream("你好") as stream:
        return sum(1 for _ in stream.text())


async def core_async(place: Place) -> int:
    async with AsyncSparkClient(CREDENTIALS, base_url=place.spark).stream("你好") as stream:
        return len([text async for text in stream.text()])


CASES: dict[str, Work] = {
    "raw websocket-client": websocket_client,
    "raw websockets": websockets_asyncio,
    "SparkClient.stream": core,
    "AsyncSparkClient.stream": core_async,
}
