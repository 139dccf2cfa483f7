"""The floors under everything, and the core."""

from __future__ import annotations

import json

from benchmarks.cases import CALLS, Place, count
from iflytek_spark import AsyncSparkClient, Credentials, Message, SparkClient

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


def websocket_client_calls(place: Place) -> int:
    """Call a tool over and over, each time on a connection, as the protocol has it."""
    import websocket

    for _ in range(CALLS):
        connection = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=False)
        connection.connect(f"{place.spark}/v4.0/chat")
        connection.send('{"functions": {}}')
        assert json.loads(connection.recv_data()[1])
        connection.shutdown()
    return CALLS


async def websockets_asyncio(place: Place) -> int:
    from websockets.asyncio.client import connect

    url = f"{place.spark}/v4.0/chat"
    async with connect(url, compression=None, ping_interval=None) as connection:
        await connection.send("{}")
        return sum([_has_text(await connection.recv(decode=False)) for _ in range(place.chunks)])


def make_client(place: Place) -> SparkClient:
    return SparkClient(CREDENTIALS, base_url=place.spark)


def _messages(place: Place) -> list[Message]:
    return [Message(role, text) for role, text in place.conversation()]


def core(place: Place) -> int:
    with make_client(place).stream(_messages(place)) as stream:
        return sum(1 for _ in stream.text())


async def core_async(place: Place) -> int:
    client = AsyncSparkClient(CREDENTIALS, base_url=place.spark)
    async with client.stream(_messages(place)) as stream:
        return await count(stream.text())
