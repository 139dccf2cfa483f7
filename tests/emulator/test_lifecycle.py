"""Starting, watching and ending an emulator."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import trustme
import websocket
import websockets

from iflytek_spark.emulator import Emulator, faults, running_emulator
from tests.emulator.raw_client import ask, body, connected, receive, signed, tcp


def _address(spark: Emulator) -> tuple[str, int]:
    parts = urlsplit(spark.base_url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def test_nothing_is_left() -> None:
    before = threading.active_count()
    for _ in range(5):
        with running_emulator() as spark, connected(spark) as idle:
            assert ask(spark, "你好").text
            assert idle.connected
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(_address(spark))
    gc.collect()  # an unclosed socket or loop would warn here, and warnings are errors


def test_ending_does_not_wait_for_clients() -> None:
    with running_emulator() as spark:
        spark.script(faults.Silence())
        busy = websocket.create_connection(signed(spark))
        busy.send(json.dumps(body(spark, "你好")))
        bare = socket.create_connection(_address(spark))
        assert spark.wait_for_requests(1)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    with bare, contextlib.suppress(ConnectionResetError):
        assert bare.recv(1) == b""
    busy.shutdown()


def test_an_error_in_the_block_ends_the_emulator() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), running_emulator():
        _ = 1 / 0
    assert threading.active_count() == before


def test_a_port_that_is_taken(spark: Emulator) -> None:
    before = threading.active_count()
    _, port = _address(spark)
    with pytest.raises(OSError, match="Address already in use"), running_emulator(port=port):
        pass
    assert threading.active_count() == before


def test_what_was_seen(spark: Emulator) -> None:
    assert not spark.requests
    assert not spark.handshakes
    ask(spark, "一", temperature=0.5)
    with connected(spark, "/v3.5/chat"):
        pass
    ask(spark, "二", path="/x2", domain="spark-x")
    first, second = spark.requests
    assert (first.number, first.path) == (1, "/v4.0/chat")
    assert first.body == body(spark, "一", temperature=0.5)
    assert first.headers["host"] == urlsplit(spark.base_url).netloc
    assert (second.number, second.path) == (3, "/x2")
    assert [seen.path for seen in spark.handshakes] == ["/v4.0/chat", "/v3.5/chat", "/x2"]


def test_what_is_no_json_is_seen_too(spark: Emulator) -> None:
    with connected(spark) as connection:
        connection.send("[1")
        receive(connection)
    (request,) = spark.requests
    assert request.data == b"[1"
    with pytest.raises(ValueError, match="JSON"):
        _ = request.body


@pytest.mark.parametrize("leave", ["close", "shutdown", "reset"])
def test_a_client_that_leaves_is_noticed_at_once(leave: str) -> None:
    with running_emulator(pace=0.01) as spark, connected(spark) as connection:
        connection.send(json.dumps(body(spark, "长" * 500)))
        connection.recv()
        assert spark.open_connections == 1
        match leave:
            case "close":
                connection.send_close()
            case "reset":
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                tcp(connection).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                connection.shutdown()
            case _:
                connection.shutdown()
        assert spark.wait_until_idle(0.2)


def test_waiting_ends(spark: Emulator) -> None:
    with connected(spark):
        assert not spark.wait_until_idle(0.05)
        assert not spark.wait_for_requests(1, 0.05)
    assert spark.wait_until_idle()


def test_a_client_without_a_request_is_dropped() -> None:
    with running_emulator(idle_timeout=0.1) as spark:
        with connected(spark) as connection:
            assert tcp(connection).recv(1) == b""
        with socket.create_connection(_address(spark)) as bare:
            assert bare.recv(1) == b""
        assert spark.wait_until_idle(1)


def test_a_client_that_speaks_no_http(spark: Emulator) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / \r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    ):
        with socket.create_connection(_address(spark)) as bare:
            bare.sendall(data)
            while bare.recv(1000):
                pass
    assert spark.wait_until_idle(1)
    assert ask(spark, "你好").text


def test_a_handshake_in_pieces(spark: Emulator) -> None:
    request = (
        f"GET {signed(spark).removeprefix(spark.base_url)} HTTP/1.1\r\n"
        f"Host: {urlsplit(spark.base_url).netloc}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection(_address(spark)) as bare:
        bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for character in request:
            bare.sendall(character.encode())
        assert bare.recv(100).startswith(b"HTTP/1.1 101 ")


def test_many_clients_at_once(spark: Emulator) -> None:
    questions = [f"第{number}个问题" for number in range(100)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda question: ask(spark, question).text, questions))
    assert all(question in answer for question, answer in zip(questions, answers))
    assert len(spark.requests) == len({request.number for request in spark.requests}) == 100
    assert spark.wait_until_idle(1)


def test_a_ping_is_answered_while_an_answer_runs() -> None:
    with running_emulator(pace=0.01) as spark, connected(spark) as connection:
        connection.send(json.dumps(body(spark, "长" * 50)))
        connection.recv()
        connection.ping("there?")
        frames = iter(connection.recv_frame, None)
        pong = next(frame for frame in frames if frame.opcode == websocket.ABNF.OPCODE_PONG)
        assert pong.data == b"there?"


def test_a_request_in_fragments(spark: Emulator) -> None:
    data = json.dumps(body(spark, "你好"), ensure_ascii=False).encode()
    with connected(spark) as connection:
        for start in range(0, len(data), 50):
            opcode = websocket.ABNF.OPCODE_CONT if start else websocket.ABNF.OPCODE_TEXT
            last = start + 50 >= len(data)
            connection.send_frame(
                websocket.ABNF.create_frame(data[start : start + 50], opcode, int(last))
            )
        assert "你好" in receive(connection).text


def test_over_tls() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with running_emulator(ssl_context=server) as spark:
        assert spark.base_url.startswith("wss://127.0.0.1:")
        connection = websocket.create_connection(signed(spark), sslopt={"context": client})
        connection.send(json.dumps(body(spark, "你好")))
        assert "你好" in receive(connection).text
        connection.shutdown()
        assert spark.wait_until_idle(1)


async def test_in_an_event_loop() -> None:
    async with Emulator() as spark:
        async with websockets.connect(signed(spark), proxy=None) as connection:
            await connection.send(json.dumps(body(spark, "你好")))
            frames = [json.loads(data) async for data in connection]
        assert frames[-1]["header"]["status"] == 2
        assert connection.close_reason == "close this ws conn"
        assert await asyncio.to_thread(spark.wait_until_idle, 1)
    await spark.stop()  # a second time does no harm
