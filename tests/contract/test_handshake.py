"""What is no handshake of RFC 6455 is refused by both transports alike."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from websockets.utils import accept_key

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient, Timeouts
from iflytek_spark.errors import APIConnectionError, PermissionDeniedError, SparkError
from tests._support.frames import answer as frames

KEYS = Credentials("a", "b", "c")
Ask = Callable[[str], object]


def ask(url: str) -> object:
    timeouts = Timeouts(connect=2, response=2)
    client = SparkClient(KEYS, base_url=url, max_retries=0, timeout=timeouts)
    return client.chat("你好").text


def aask(url: str) -> object:
    timeouts = Timeouts(connect=2, response=2)
    client = AsyncSparkClient(KEYS, base_url=url, max_retries=0, timeout=timeouts)
    return asyncio.run(client.chat("你好")).text


both = pytest.mark.parametrize("ask", [ask, aask], ids=["sync", "async"])


@contextlib.contextmanager
def answering(answer: Callable[[str], Iterator[bytes]]) -> Iterator[str]:
    """Run a service that answers each handshake with what it makes of the right accept key."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answer), daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(server: socket.socket, answer: Callable[[str], Iterator[bytes]]) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):
                for part in answer(_accept_key(client)):
                    client.sendall(part)
                while client.recv(65536):
                    pass


def _accept_key(client: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        head += client.recv(65536)
    lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
    key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
    return accept_key(key)


def handshake(accept: str, *more: str, first: str = "HTTP/1.1 101 Switching Protocols") -> bytes:
    lines = [first, "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}"] if accept else []
    return "\r\n".join([*lines, *more, "", ""]).encode("latin-1")


def frame(payload: bytes, mask: bytes = b"") -> bytes:
    head = bytes([0x81, 126 | (0x80 if mask else 0)]) + len(payload).to_bytes(2, "big")
    keyed = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload
    return head + mask + keyed


ANSWER = [frame(one.encode()) for one in frames("你好")]
WRONG: dict[str, Callable[[str], bytes]] = {
    "HTTP/1.0": lambda key: handshake(key, first="HTTP/1.0 101 Switching Protocols"),
    "HTTP/2": lambda key: handshake(key, first="HTTP/2 101 Switching Protocols"),
    "a key of the wrong case": lambda key: handshake(key.swapcase()),
    "another key": lambda key: handshake(key[::-1]),
    "no key": lambda key: handshake(""),
    "two keys": lambda key: handshake(key, f"Sec-WebSocket-Accept: {key}"),
    "an extension": lambda key: handshake(key, "Sec-WebSocket-Extensions: permessage-deflate"),
    "a subprotocol": lambda key: handshake(key, "Sec-WebSocket-Protocol: chat"),
    "a long header": lambda key: handshake(key, f"X: {'x' * 60_000}"),
    "500 headers": lambda key: handshake(key, *["X: y"] * 500),
    "a header without a colon": lambda key: handshake(key, "nonsense"),
    "a header with a space": lambda key: handshake(key, "X Y: z"),
    "no upgrade": lambda key: handshake(key).replace(b"Upgrade: websocket", b"X: y"),
    "no connection": lambda key: handshake(key).replace(b"Connection: Upgrade", b"X: y"),
    "lines without CR": lambda key: handshake(key).replace(b"\r\n", b"\n"),
    "status 200": lambda key: handshake(key, "Content-Length: 0", first="HTTP/1.1 200 OK"),
    "status 100": lambda key: handshake(key, first="HTTP/1.1 100 Continue"),
    "not HTTP": lambda key: b"SSH-2.0-OpenSSH_9.6\r\n",
    "an endless line": lambda key: b"x" * 200_000,
    "an end": lambda key: b"HTTP/1.1 101 Swi\r\n\r\n",
}


@both
def test_a_right_handshake_is_taken(ask: Ask) -> None:
    with answering(lambda key: iter([handshake(key), *ANSWER])) as url:
        assert ask(url) == "你好"


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_handshake_is_refused_alike(wrong: str) -> None:
    with answering(lambda key: iter([WRONG[wrong](key), *ANSWER])) as url:
        errors = []
        for way in (ask, aask):
            with pytest.raises(SparkError) as caught:
                way(url)
            errors.append((type(caught.value), getattr(caught.value, "status", None)))
        assert errors[0] == errors[1]


@both
def test_a_masked_frame_is_refused(ask: Ask) -> None:
    masked = [frame(one.encode(), b"mask") for one in frames("你好")]
    with answering(lambda key: iter([handshake(key), *masked])) as url:
        with pytest.raises(APIConnectionError) as caught:
            ask(url)
        assert caught.value.code is None


@both
def test_a_cookie_is_not_sent_to_the_next(ask: Ask) -> None:
    with answering(lambda key: iter([handshake(key, "Set-Cookie: a=b"), *ANSWER])) as url:
        assert ask(url) == ask(url) == "你好"


def _endless() -> Iterator[bytes]:
    yield b"HTTP/1.1 403 Forbidden\r\n\r\n"
    while True:
        yield b"no " * 1000


def test_a_refusal_whose_body_never_ends_is_a_refusal() -> None:
    with answering(lambda key: _endless()) as url, pytest.raises(PermissionDeniedError, match="no"):
        ask(url)
