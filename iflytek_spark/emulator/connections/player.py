"""Does what a plan says, on any kind of connection."""

from __future__ import annotations

import asyncio
from typing import Protocol

from iflytek_spark.emulator.connections.stream import Stream
from iflytek_spark.emulator.plan import (
    Close,
    Finish,
    Hang,
    Plan,
    Reset,
    Send,
    SendBytes,
    SendPart,
    Step,
    Throttle,
    Wait,
)


class Wire(Protocol):
    """What a plan is played on: a WebSocket, or a connection of HTTP."""

    @property
    def stream(self) -> Stream:
        """The connection's bytes."""

    @property
    def disconnected(self) -> bool:
        """Whether the client takes nothing more."""

    def encode(self, message: Send) -> bytes:
        """Return a message as it stands on this wire."""

    async def finish(self, close: Close) -> None:
        """End an answer as this wire does."""

    async def watch(self) -> None:
        """Read on until the client leaves."""


async def play(plan: Plan, wire: Wire) -> Close | None:
    """Do the steps of a plan; stop as soon as the client leaves.

    Returns:
        The step that the plan ended with, if it is a close and was reached.
    """
    wire.stream.throttle = None
    tasks = (asyncio.ensure_future(_act(plan, wire)), asyncio.ensure_future(wire.watch()))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results[0] if isinstance(results[0], Close) else None


async def _act(plan: Plan, wire: Wire) -> Close | None:
    for step in plan:
        if wire.disconnected:
            return None
        if isinstance(step, Finish):
            step.end()
        elif isinstance(step, Close):
            await wire.finish(step)
            return step
        else:
            await _do(step, wire)
    return None


async def _do(step: Step, wire: Wire) -> None:
    stream = wire.stream
    match step:
        case Send():
            await stream.write(wire.encode(step))
        case SendPart(message, size):
            await stream.write(wire.encode(message)[:size])
        case SendBytes(data):
            await stream.write(data)
        case Throttle():
            stream.throttle = step
        case Wait(seconds):
            await asyncio.sleep(seconds)
        case Reset():
            stream.reset()
        case Hang():
            await asyncio.Event().wait()
