"""A client of a few lines on websocket-client: what it sees is what is on the wire."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import websocket

from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.wire.signing import sign_url

Turn = str | dict[str, str]
TEXT, CLOSE = websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_CLOSE


@dataclass
class Exchange:
    """What came back: the frames, and code and reason of the close frame."""

    frames: list[dict[str, Any]]
    closed: tuple[int, str] | None = None

    @property
    def texts(self) -> list[dict[str, Any]]:
        """The items of ``choices.text``, one a frame."""
        return [
            frame["payload"]["choices"]["text"][0]
            for frame in self.frames
            if "choices" in frame.get("payload", {})
        ]

    @property
    def text(self) -> str:
        return "".join(text["content"] for text in self.texts)

    @property
    def reasoning(self) -> str:
        return "".join(text.get("reasoning_content", "") for text in self.texts)

    @property
    def usage(self) -> dict[str, int]:
        counts: dict[str, int] = self.frames[-1]["payload"]["usage"]["text"]
        return counts

    @property
    def call(self) -> tuple[str, Any] | None:
        """Name and decoded arguments of the function call."""
        call = self.texts[-1].get("function_call")
        return (call["name"], json.loads(call["arguments"])) if call else None

    @property
    def error(self) -> tuple[int, str]:
        """Code and message of the last frame."""
        header = self.frames[-1]["header"]
        return header["code"], header["message"]


def signed(spark: Emulator, path: str = "/v4.0/chat", now: float | None = None) -> str:
    return sign_url(spark.base_url + path, spark.credentials, now or time.time())


@contextlib.contextmanager
def connected(
    spark: Emulator, path: str = "/v4.0/chat", now: float | None = None
) -> Iterator[websocket.WebSocket]:
    connection = websocket.create_connection(signed(spark, path, now), timeout=10)
    try:
        yield connection
    finally:
        connection.shutdown()


def tcp(connection: websocket.WebSocket) -> socket.socket:
    """The socket under a WebSocket."""
    assert connection.sock is not None
    return connection.sock


def body(
    spark: Emulator,
    *turns: Turn,
    domain: str = "4.0Ultra",
    header: dict[str, Any] | None = None,
    functions: object = None,
    **chat: object,
) -> dict[str, Any]:
    """A request as a client writes it; a turn that is a string is the user's."""
    texts = [{"role": "user", "content": turn} if isinstance(turn, str) else turn for turn in turns]
    payload: dict[str, Any] = {"message": {"text": texts}}
    if functions is not None:
        payload["functions"] = functions
    return {
        "header": {"app_id": spark.credentials.app_id, "uid": "1234", **(header or {})},
        "parameter": {"chat": {"domain": domain, **chat}},
        "payload": payload,
    }


def ask(
    spark: Emulator,
    *turns: Turn,
    path: str = "/v4.0/chat",
    now: float | None = None,
    **request: Any,
) -> Exchange:
    """One whole exchange."""
    return exchange(spark, json.dumps(body(spark, *turns, **request)), path, now)


def exchange(
    spark: Emulator, data: str, path: str = "/v4.0/chat", now: float | None = None
) -> Exchange:
    with connected(spark, path, now) as connection:
        connection.send(data)
        return receive(connection)


def receive(connection: websocket.WebSocket) -> Exchange:
    """Read to the close frame."""
    found = Exchange([])
    while True:
        opcode, data = connection.recv_data()
        if opcode == CLOSE:
            found.closed = (struct.unpack("!H", data[:2])[0], data[2:].decode())
            return found
        found.frames.append(json.loads(data))
