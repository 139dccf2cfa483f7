"""The service behind a gateway that is besieged: long answers, and those that a bomb needs.

``python -m benchmarks.servers.siege 0.02`` serves with that pause before every chunk.
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection

from benchmarks.servers.answers import answer, encoded, frame
from benchmarks.servers.listening import in_time, run, websocket
from tests.gateway.openai.bombs import ANSWERS

LONG = 4000
_PIECE = 10
"""Characters of a chunk of what a bomb is answered."""


def _pieces(text: str) -> list[str]:
    starts = range(0, len(text), _PIECE)
    return [
        frame(
            2 if start == starts[-1] else bool(start), at, {"content": text[start : start + _PIECE]}
        )
        for at, start in enumerate(starts)
    ]


class Service:
    """What answers, at one pace."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self._bombs = {f"answer {name}": _encoded(_pieces(text)) for name, text in ANSWERS.items()}
        self._long = _encoded(answer(LONG))
        self._short: dict[int, list[bytes]] = {}

    async def spark(self, connection: ServerConnection) -> None:
        """Answer one request."""
        request = str(await connection.recv())
        async for piece in in_time(self._frames(request), self._pace):
            if connection.transport.is_closing():
                return
            connection.transport.write(piece)
        await connection.wait_closed()

    def _frames(self, request: str) -> list[bytes]:
        for question, frames in self._bombs.items():
            if question in request:
                return [b"".join(frames)]
        wanted = json.loads(request)["parameter"]["chat"].get("max_tokens", LONG)
        if wanted >= LONG:
            return self._long
        if wanted not in self._short:
            self._short[wanted] = _encoded(answer(wanted))
        return self._short[wanted]


def _encoded(frames: list[str]) -> list[bytes]:
    return [encoded(text) for text in frames]


async def _main(pace: float) -> None:
    await run(websocket(Service(pace).spark, backlog=2048))


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1])))
