"""The emulator's end of a connection, where its parts are met alone."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.connections.websocket import WebSocketConnection

_SMALL = 4096


async def test_a_close_that_is_interrupted_leaves_nothing_open() -> None:
    client, accepted = socket.socketpair()
    with client:
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        stream = await Stream.over(accepted, None)
        connection = WebSocketConnection(stream)
        await connection.refuse(503, "x" * 10 * _SMALL, {})  # more than the client takes
        closing = asyncio.create_task(stream.close())
        await asyncio.sleep(0)
        assert closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
        await asyncio.sleep(0)
        assert accepted.fileno() == -1
