"""A service that answers at a pace: so many streams at once leave time for the client beside it.

The frames are prepared; only the number at the end of the question is put into each, so that
an answer that went to another call is seen.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection

from benchmarks.servers.answers import encoded, event, frame
from benchmarks.servers.listening import http, in_time, run, websocket

CHUNKS = 24
PACE = 0.25
"""Seconds before each chunk, the first one too."""
_MARK = "00000"
TEXT = f"第{_MARK}个回答。"


def expected(number: int) -> str:
    """Return the whole answer to a question."""
    return TEXT.replace(_MARK, f"{number:05}") * CHUNKS


def _frames() -> list[bytes]:
    last = CHUNKS - 1
    status = [0, *[1] * (CHUNKS - 2), 2]
    return [
        encoded(frame(status[at], at, {"content": TEXT}, usage=at == last)) for at in range(CHUNKS)
    ]


_EVENTS_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


def _parts() -> list[bytes]:
    """Return the same answer as OpenAI's events, each in a part of a chunked body."""
    texts = [event({"content": TEXT}, None) for _ in range(CHUNKS)]
    texts[-1] += event({}, "stop") + "data: [DONE]\n\n"
    written = [text.encode() for text in texts]
    parts = [b"%x\r\n%b\r\n" % (len(text), text) for text in written]
    return [*parts[:-1], parts[-1] + b"0\r\n\r\n"]


def _main() -> None:
    frames, parts, mark = _frames(), _parts(), _MARK.encode()

    async def answer(connection: ServerConnection) -> None:
        request = await connection.recv(decode=False)
        number = request[request.rindex(b"#") + 1 :][:5]
        async for prepared in in_time(frames, PACE):
            connection.transport.write(prepared.replace(mark, number))
        await connection.close(1000, "close this ws conn")

    async def answer_over_http(request: bytes, writer: asyncio.StreamWriter) -> None:
        number = request[request.rindex(b"#") + 1 :][:5]
        writer.write(_EVENTS_HEAD)
        async for prepared in in_time(parts, PACE):
            writer.write(prepared.replace(mark, number))

    asyncio.run(run(websocket(answer, backlog=4096), http(answer_over_http, backlog=4096)))


if __name__ == "__main__":
    _main()
