"""How the content of a file goes out: block by block, or with faults line by line."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import BinaryIO, Protocol

from iflytek_spark.emulator import assumptions
from iflytek_spark.emulator.connections.chunked import ChunkedResponse
from iflytek_spark.emulator.connections.http import HttpConnection, head
from iflytek_spark.emulator.connections.player import play
from iflytek_spark.emulator.plan import Fault, Plan, Send, SendError, Step
from iflytek_spark.protocol.wire.openai.errors import HttpError, open_error

_BLOCK = 256 * 1024
_HEADERS = {"Content-Type": "application/jsonl"}


class MakePlan(Protocol):
    """Makes the plan of an answer of its steps and faults."""

    def __call__(self, steps: tuple[Step, ...], faults: tuple[Fault, ...]) -> Plan:
        """Return the plan."""


async def send_content(
    connection: HttpConnection,
    file: BinaryIO,
    size: int,
    date: str,
    faults: tuple[Fault, ...],
    make_plan: MakePlan,
) -> bool:
    """Send a file, which is closed in the end.

    Args:
        connection: where it goes.
        file: the file.
        size: its bytes.
        date: the response's date.
        faults: what goes wrong; their messages are the file's lines.
        make_plan: makes a plan of steps and faults.

    Returns:
        Whether a further request may follow.
    """
    headers = {"Date": date, **_HEADERS}
    with file:
        if faults:
            plan = make_plan(tuple(Send(line) for line in file), faults)
            end = await play(plan, ChunkedResponse(connection, headers, bytes, _failed))
            return end is not None and end.code == assumptions.CLOSE_CODE
        await connection.stream.write(head(200, {**headers, "Content-Length": str(size)}))
        while block := await asyncio.to_thread(partial(file.read, _BLOCK)):
            await connection.stream.write(block)
    return True


def _failed(error: SendError, begun: bool) -> HttpError | bytes:
    if begun:
        return error.message.encode() + b"\n"
    return open_error(500, error.code, error.message)
