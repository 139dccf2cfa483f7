"""What real sockets add: hosts as they are signed, frames in parts, services that are none."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from iflytek_spark.credentials import Credentials
from iflytek_spark.emulator import Emulator, Fault, faults, running_emulator
from iflytek_spark.emulator.plan import Opcode
from iflytek_spark.errors import AuthenticationError, ProtocolError, SparkError
from iflytek_spark.messages import ChatResponse
from tests._support.frames import answer, piece
from tests.contract.proxies import running_proxy
from tests.contract.sockets import PROMPT, async_client, patience, sync_client


def ask_sync(spark: Emulator, prompt: str = "苹果", **more: Any) -> ChatResponse:
    return sync_client(spark, max_retries=0, **more).chat(prompt)


def ask_async(spark: Emulator, prompt: str = "苹果", **more: Any) -> ChatResponse:
    return asyncio.run(async_client(spark, max_retries=0, **more).chat(prompt))


both = pytest.mark.parametrize("ask", [ask_sync, ask_async])


@both
@pytest.mark.parametrize(
    "host",
    [
        "spark.example.com:8080",
        "Spark.Example.COM:8080",
        "spark.example.com",
        "spark.example.com:80",
        "spark.example.com:443",
        "[2001:db8::1]:8080",
    ],
)
def test_the_host_that_is_signed_is_the_host_that_is_sent(
    ask: Any, host: str, emulator: Emulator
) -> None:
    with running_proxy(emulator.base_url.removeprefix("ws://")) as proxy:
        assert "苹果" in ask(emulator, base_url=f"ws://{host}", proxy=proxy.url).text


@both
def test_the_handshake_asks_for_nothing_more_than_a_websocket(ask: Any, emulator: Emulator) -> None:
    """A compressed frame would cost more than it saves, and a browser's origin is none of ours."""
    ask(emulator)
    (handshake,) = emulator.handshakes
    assert not {"sec-websocket-extensions", "sec-websocket-protocol", "origin"} & set(
        handshake.headers
    )


@both
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(ask: Any, status: int, emulator: Emulator) -> None:
    """A signature is for one address, and whoever gets it may use it for five minutes."""
    with running_emulator() as other:
        location = f"{other.base_url}/v4.0/chat"
        emulator.script(faults.RefuseHandshake(status, "", {"Location": location}))
        with pytest.raises(SparkError, match="redirect"):
            ask(emulator)
        assert other.handshakes == ()


HARMLESS: list[Fault] = [
    faults.Fragment(1),
    faults.Fragment(7),
    faults.Trickle(size=5, seconds=0),
    faults.RawFrame(b"are you there", Opcode.PING, after=1),
    faults.RawFrame(b"unasked", Opcode.PONG, after=1),
]


@both
@pytest.mark.parametrize("fault", HARMLESS)
def test_what_websockets_allow_changes_no_answer(
    ask: Any, fault: Fault, emulator: Emulator
) -> None:
    emulator.script(None, fault)
    assert ask(emulator, PROMPT).text == ask(emulator, PROMPT).text


@both
def test_answers_in_binary_frames_are_read(ask: Any, emulator: Emulator) -> None:
    frames = [
        faults.RawFrame(raw, Opcode.BINARY, after=place)
        for place, raw in enumerate(answer("您", "好"))
    ]
    emulator.script((faults.Replay(()), *frames))
    assert ask(emulator).text == "您好"


@both
def test_a_frame_of_nine_megabytes_is_a_fault(ask: Any, emulator: Emulator) -> None:
    emulator.script(faults.Replay((piece(0, "字" * (3 * 2**20)),)))
    with pytest.raises(ProtocolError, match="too large"):
        ask(emulator)


BROKEN = {
    "a reserved bit": b"\xf1\x00",
    "an unknown kind": b"\x83\x00",
    "a close frame of one byte": b"\x88\x01\x03",
    "a close code that is none": b"\x88\x02\x00\x01",
    "a continuation of nothing": b"\x80\x02hi",
    "a long ping": b"\x89\x7e\x00\xff" + b"x" * 255,
    "a length of four exabytes": b"\x81\x7f\x3f" + b"\xff" * 7,
}


@both
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_websocket_frame_is_an_error(ask: Any, name: str, emulator: Emulator) -> None:
    emulator.script((faults.Cut(after=2, how="eof"), faults.RawBytes(BROKEN[name], after=2)))
    with pytest.raises(SparkError):
        ask(emulator, PROMPT)


@contextlib.contextmanager
def raw_service(response: bytes) -> Iterator[str]:
    """A server that answers one connection with any bytes, and closes it."""

    def serve(server: socket.socket) -> None:
        client = server.accept()[0]
        with client, contextlib.suppress(OSError):
            client.recv(65536)
            client.sendall(response)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
STRANGERS = {
    "nothing": b"",
    "a line": b"SSH-2.0-OpenSSH_9.6\r\n",
    "half a status line": b"HTTP/1.1",
    "a status that is no number": b"HTTP/1.1 abc\r\n\r\n",
    "headers without an end": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n",
    "a header without a colon": b"HTTP/1.1 101 Switching Protocols\r\nnonsense\r\n\r\n",
    "a header that is no ASCII": b"HTTP/1.1 401 No\r\nX: \xff\xfe\r\n\r\n",
    "an upgrade without a key": UPGRADE + b"\r\n",
    "a wrong key": UPGRADE + b"Sec-WebSocket-Accept: wrong\r\n\r\n",
    "a protocol unasked": UPGRADE + b"Sec-WebSocket-Protocol: mqtt\r\n\r\n",
    "a long header": b"HTTP/1.1 101 OK\r\nX: " + b"x" * 10**6 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 101 OK\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    "half a body": b"HTTP/1.1 401 No\r\nContent-Length: 999\r\n\r\nno",
    "bytes of TLS": b"\x15\x03\x01\x00\x02\x02\x28",
}


@pytest.mark.parametrize("name", STRANGERS)
@both
def test_a_server_that_is_no_spark_is_an_error_of_ours(
    ask: Any, name: str, emulator: Emulator
) -> None:
    with raw_service(STRANGERS[name]) as url, pytest.raises(SparkError):
        ask(emulator, base_url=url, timeout=patience(connect=0.5))


REFUSALS = {
    "a length": b"Content-Length: 26\r\n\r\n" + b'{"message":"Unauthorized"}',
    "chunks": b'Transfer-Encoding: chunked\r\n\r\n1a\r\n{"message":"Unauthorized"}\r\n0\r\n\r\n',
    "an end": b'\r\n{"message":"Unauthorized"}',
}


@pytest.mark.parametrize("name", REFUSALS)
@both
def test_a_refusal_is_read_however_its_body_ends(ask: Any, name: str, emulator: Emulator) -> None:
    with raw_service(b"HTTP/1.1 401 Unauthorized\r\n" + REFUSALS[name]) as url:
        with pytest.raises(AuthenticationError, match="Unauthorized") as caught:
            ask(emulator, base_url=url, timeout=patience(connect=0.5))
        assert caught.value.status == 401


MARKED = Credentials("app1", "marker-key", "marker-secret")
QUESTION = "marker-prompt"


@both
@pytest.mark.parametrize(
    "fault",
    [None, faults.RefuseHandshake(401), faults.Cut(), faults.ErrorFrame(11200), faults.Silence()],
)
def test_secrets_stand_in_no_log_and_no_error(
    ask: Any, fault: Fault | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    with running_emulator(credentials=MARKED) as spark:
        spark.script(fault)
        try:
            ask(spark, QUESTION, timeout=patience(response=0.2))
        except SparkError as error:
            shown = "".join(traceback.format_exception(error)) + repr(error)
        assert len(spark.handshakes) == 1
    shown += caplog.text
    for secret in ("marker", "authorization=", "signature="):
        assert secret not in shown
