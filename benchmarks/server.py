"""A WebSocket server that answers any request with prepared frames of Spark's shape."""

from __future__ import annotations

import asyncio
import json

from websockets.asyncio.server import ServerConnection, serve

SID = "cht000b702a@dx18d6fb9d758b894540"


def frame(status: int, seq: int, content: str, *, usage: bool = False) -> str:
    payload: dict[str, object] = {
        "choices": {
            "status": status,
            "seq": seq,
            "text": [{"content": content, "role": "assistant", "index": 0}],
        }
    }
    if usage:
        counts = {"question_tokens": 37, "prompt_tokens": 37, "completion_tokens": seq}
        payload["usage"] = {"text": {**counts, "total_tokens": 37 + seq}}
    header = {"code": 0, "message": "Success", "sid": SID, "status": status}
    return json.dumps({"header": header, "payload": payload})


def answer(chunks: int) -> list[str]:
    """Return an answer of so many frames, each of about 300 bytes as on the wire."""
    text = "讯飞星火大模型，回答的一段"
    middle = [frame(1 if seq else 0, seq, text) for seq in range(chunks - 1)]
    return [*middle, frame(2, chunks - 1, text, usage=True)]


async def _serve(chunks: int) -> None:
    frames = answer(chunks)

    async def handle(connection: ServerConnection) -> None:
        await connection.recv()
        for data in frames:
            await connection.send(data)
        await connection.close(1000, "close this ws conn")

    async with serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


def main(chunks: int) -> None:
    """Serve until the process is ended; the port is the first line that is printed."""
    asyncio.run(_serve(chunks))
