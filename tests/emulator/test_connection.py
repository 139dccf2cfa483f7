"""The emulator's end of a connection, where its parts are met alone."""

from __future__ import annotations

import asyncio
import contextlib
import socket

from iflytek_spark.emulator.connection import Connection

_SMALL = 4096


async def test_a_close_that_is_interrupted_leaves_nothing_open() -> None:
    client, accepted = socket.socketpair()
    with client:
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        connection = await Connection.over(accepted, None)
        await connection.refuse(503, "x" * 10 * _SMALL, {})  # more than the client takes
        closing = asyncio.create_task(connection.close())
        await asyncio.sleep(0)
        assert closing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await closing
        await asyncio.sleep(0)
        assert accepted.fileno() == -1
