"""Each fault, seen from a client's end of the wire."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
import websocket

from iflytek_spark.emulator import Emulator, faults, running_emulator
from tests.emulator.raw_client import CLOSE, TEXT, ask, body, connected, receive, signed, tcp

_QUESTION = "请把这句话原样重复一遍"


def _sent(connection: websocket.WebSocket, spark: Emulator) -> websocket.WebSocket:
    connection.send(json.dumps(body(spark, _QUESTION)))
    return connection


def _frames(connection: websocket.WebSocket, count: int) -> list[Any]:
    return [json.loads(connection.recv()) for _ in range(count)]


def test_a_script_is_followed_connection_by_connection(spark: Emulator) -> None:
    spark.script(faults.ErrorFrame(10110), None, faults.ErrorFrame(10012))
    codes = [ask(spark, _QUESTION).error[0] for _ in range(4)]
    assert codes == [10110, 0, 10012, 0]


def test_refuse_handshake(spark: Emulator) -> None:
    spark.script(faults.RefuseHandshake(429, "slow down", {"Retry-After": "7", "Date": "never"}))
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(signed(spark))
    assert caught.value.status_code == 429
    assert caught.value.resp_body == b"slow down"
    headers = caught.value.resp_headers or {}
    assert (headers["retry-after"], headers["date"]) == ("7", "never")
    assert not spark.requests


def test_refuse_handshake_with_a_status_of_no_name(spark: Emulator) -> None:
    spark.script(faults.RefuseHandshake(599))
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        websocket.create_connection(signed(spark))
    assert caught.value.status_code == 599


def test_hang_handshake(spark: Emulator) -> None:
    spark.script(faults.HangHandshake())
    with pytest.raises(websocket.WebSocketTimeoutException):
        websocket.create_connection(signed(spark), timeout=0.2)
    assert spark.wait_until_idle(1)


@pytest.mark.parametrize("after", [0, 2, 1000])
def test_error_frame(spark: Emulator, after: int) -> None:
    whole = len(ask(spark, _QUESTION).frames)
    spark.script(faults.ErrorFrame(10014, "stopped", after=after))
    found = ask(spark, _QUESTION)
    assert found.error == (10014, "stopped")
    assert found.frames[-1].keys() == {"header"}
    assert len(found.frames) == min(after, whole) + 1
    assert len({frame["header"]["sid"] for frame in found.frames}) == 1
    assert found.closed == (1000, "close this ws conn")


@pytest.mark.parametrize("after", [0, 1, 3])
def test_reset(spark: Emulator, after: int) -> None:
    spark.script((faults.Slow(0.02), faults.Cut(after)))
    with connected(spark) as connection:
        _frames(_sent(connection, spark), after)
        with pytest.raises(ConnectionResetError):
            connection.recv()


@pytest.mark.parametrize("after", [0, 3])
def test_end_of_file(spark: Emulator, after: int) -> None:
    spark.script(faults.Cut(after, how="eof"))
    with connected(spark) as connection:
        _frames(_sent(connection, spark), after)
        assert tcp(connection).recv(1) == b""


def test_close(spark: Emulator) -> None:
    spark.script(faults.Cut(2, how="close", code=1013))
    found = ask(spark, _QUESTION)
    assert len(found.frames) == 2
    assert found.closed == (1013, "")


def test_cut_inside_a_character(spark: Emulator) -> None:
    whole = ask(spark, _QUESTION).frames[0]
    with connected(spark) as connection:
        text = _sent(connection, spark).recv_data()[1]
    start = text.index("你问".encode())
    # Four bytes of header, since the frame is longer than 125 bytes; then half a character.
    spark.script(faults.Cut(0, how="eof", part=4 + start + 4))
    with connected(spark) as connection:
        _sent(connection, spark)
        received = _drain(tcp(connection))
    assert received.endswith("你".encode() + "问".encode()[:1])
    with pytest.raises(UnicodeDecodeError):
        received[4:].decode()
    assert whole["payload"]["choices"]["text"][0]["content"].startswith("你问")


def _drain(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def test_no_final(spark: Emulator) -> None:
    whole = ask(spark, _QUESTION)
    spark.script(faults.NoFinal())
    found = ask(spark, _QUESTION)
    assert found.text == "".join(text["content"] for text in whole.texts[:-1])
    assert found.closed == (1000, "close this ws conn")


def test_silence(spark: Emulator) -> None:
    spark.script(faults.Silence(after=2))
    with connected(spark) as connection:
        _frames(_sent(connection, spark), 2)
        connection.settimeout(0.2)
        with pytest.raises(websocket.WebSocketTimeoutException):
            connection.recv()
        assert spark.open_connections == 1
    assert spark.wait_until_idle(1)


def test_slow(spark: Emulator) -> None:
    count = len(ask(spark, _QUESTION).frames)
    spark.script(faults.Slow(0.02))
    started = time.monotonic()
    assert ask(spark, _QUESTION).text
    assert time.monotonic() - started >= 0.02 * count


def test_pace() -> None:
    with running_emulator(pace=0.02) as spark:
        started = time.monotonic()
        found = ask(spark, _QUESTION)
    assert time.monotonic() - started >= 0.02 * len(found.frames)


def test_trickle(spark: Emulator) -> None:
    whole = ask(spark, "短").text
    spark.script(faults.Trickle())
    assert ask(spark, "短").text == whole
    spark.script((faults.Trickle(size=1, seconds=0.005), faults.Cut(1)))
    with connected(spark) as connection:
        _sent(connection, spark)
        assert len(tcp(connection).recv(1000)) < 20


def test_fragment(spark: Emulator) -> None:
    whole = ask(spark, _QUESTION).text
    spark.script(faults.Fragment(7))
    with connected(spark) as connection:
        first = _sent(connection, spark).recv_frame()
        assert (first.opcode, first.fin, len(first.data)) == (TEXT, 0, 7)
    spark.script(faults.Fragment(7))
    assert ask(spark, _QUESTION).text == whole


@pytest.mark.parametrize(
    ("payload", "opcode"),
    [
        ("no JSON", faults.Opcode.TEXT),
        (b"\xff\xfe", faults.Opcode.TEXT),
        (b"\x00", faults.Opcode.BINARY),
        (b"", faults.Opcode.TEXT),
        (b"hello", faults.Opcode.PING),
        (b"hello", faults.Opcode.PONG),
    ],
)
def test_raw_frame(spark: Emulator, payload: bytes | str, opcode: faults.Opcode) -> None:
    spark.script(faults.RawFrame(payload, opcode, after=1))
    data = payload.encode() if isinstance(payload, str) else payload
    with connected(spark) as connection:
        _frames(_sent(connection, spark), 1)
        frame = connection.recv_frame()
        assert (frame.opcode, frame.data) == (opcode, data)


def test_a_ping_may_stay_unanswered(spark: Emulator) -> None:
    spark.script(faults.RawFrame(b"", faults.Opcode.PING, after=1))
    assert ask(spark, _QUESTION).closed == (1000, "close this ws conn")


def test_raw_bytes(spark: Emulator) -> None:
    spark.script(faults.RawBytes(b"\x83\x00", after=1))
    with connected(spark) as connection:
        _frames(_sent(connection, spark), 1)
        with pytest.raises(websocket.WebSocketProtocolException):
            connection.recv()


def test_repeat_and_skip(spark: Emulator) -> None:
    spark.script(faults.RepeatFrame(1), faults.SkipFrame(1))
    repeated, skipped = ask(spark, _QUESTION), ask(spark, _QUESTION)
    assert _numbers(repeated.frames)[:4] == [0, 1, 1, 2]
    assert _numbers(skipped.frames)[:3] == [0, 2, 3]


def _numbers(frames: list[Any]) -> list[int]:
    return [frame["payload"]["choices"]["seq"] for frame in frames]


@pytest.mark.parametrize("payload", ["", '{"header":{"code":0}}'])
def test_extra_frame(spark: Emulator, payload: str) -> None:
    spark.script(faults.ExtraFrame(payload))
    frames = ask(spark, _QUESTION).frames
    assert frames[-2]["header"]["status"] == 2
    assert frames[-1] == (json.loads(payload) if payload else frames[-2])


def test_replay(spark: Emulator) -> None:
    recorded = ('{"header":{"code":0,"status":2}}', "not even JSON")
    spark.script(faults.Replay(recorded))
    with connected(spark) as connection:
        _sent(connection, spark)
        assert tuple(connection.recv() for _ in recorded) == recorded
        assert connection.recv_data()[0] == CLOSE


def test_faults_of_one_connection_add_up(spark: Emulator) -> None:
    spark.script((faults.SkipFrame(0), faults.RawFrame("{}", after=1), faults.NoFinal()))
    with connected(spark) as connection:
        first, second = _frames(_sent(connection, spark), 2)
        assert first["payload"]["choices"]["seq"] == 1
        assert second == {}
        rest = receive(connection)
    assert rest.frames[-1]["header"]["status"] == 1


def test_no_fault_at_all(spark: Emulator) -> None:
    whole = ask(spark, _QUESTION).text
    spark.script(faults.Fault(), faults.RefuseHandshake(), ())
    assert ask(spark, _QUESTION).text == whole
    with pytest.raises(websocket.WebSocketBadStatusException, match="503"):
        ask(spark, _QUESTION)
    assert ask(spark, _QUESTION).text == whole


def test_faults_are_values() -> None:
    assert faults.Cut(2) == faults.Cut(after=2, how="reset")
    assert hash(faults.Slow(0.5)) == hash(faults.Slow(0.5))
    assert repr(faults.Silence(1)) == "Silence(after=1)"
