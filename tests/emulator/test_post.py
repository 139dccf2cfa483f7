"""Signed POST as HTTP: signatures, connections, limits, faults."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.emulator.post import RateLimit
from iflytek_spark.protocol.wire.values import RequestRefusedError
from tests.emulator.raw_post import (
    EMBED,
    PAINT,
    connected,
    embed,
    paint,
    post,
    send,
    signed,
    text_body,
)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[]"])
@pytest.mark.parametrize("path", [EMBED, PAINT])
def test_bodies_that_are_no_request(spark: Emulator, path: str, body: bytes) -> None:
    assert post(spark, path, body).code in (10003, 10004)


@pytest.mark.parametrize("path", [EMBED, PAINT])
def test_signatures_are_checked(spark: Emulator, path: str) -> None:
    good = signed(spark, path)
    bad = {
        signed(spark, path, method="GET"): (401, "HMAC signature does not match"),
        signed(spark, "/v4.0/chat").replace("/v4.0/chat", path): (401, "HMAC signature does"),
        signed(spark, path, now=time.time() - 301): (403, "valid date"),
        good.replace("authorization=", "other="): (401, "Unauthorized"),
    }
    for url, (status, words) in bad.items():
        answer = post(spark, path, b"{}", url)
        assert answer.status == status
        assert words in answer.body["message"]
        assert "date" in answer.headers
    assert not spark.requests
    assert [seen.path for seen in spark.handshakes] == [path] * 4


def test_the_host_is_signed(spark: Emulator) -> None:
    answer = post(spark, EMBED, b"{}", Host="spark.example.com")
    assert (answer.status, answer.body["message"]) == (401, "HMAC signature does not match")


@pytest.mark.parametrize("path", ["/v1/images", "/v4.0/chat"])
def test_other_paths_are_not_found(spark: Emulator, path: str) -> None:
    answer = post(spark, path, b"{}")
    assert (answer.status, answer.data) == (404, b"404 page not found")


def test_many_requests_on_one_connection(spark: Emulator) -> None:
    data = json.dumps(text_body(spark, "一")).encode()
    with connected(spark) as connection:
        for _ in range(3):
            assert send(connection, signed(spark, EMBED), data).code == 0
        assert send(connection, signed(spark, "/nowhere"), data).status == 404
        assert send(connection, signed(spark, EMBED), data, Connection="close").code == 0
        assert spark.wait_until_idle()
    assert len(spark.requests) == 4


def test_two_requests_at_once_are_answered_in_turn(spark: Emulator) -> None:
    with tcp(spark) as sock:
        sock.sendall(raw(spark, "一") + raw(spark, "二", "Connection: close\r\n"))
        answer = read_all(sock)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 2


def tcp(spark: Emulator) -> socket.socket:
    parts = urlsplit(spark.base_url)
    return socket.create_connection((parts.hostname, parts.port), timeout=10)


def raw(spark: Emulator, text: str, more: str = "") -> bytes:
    parts = urlsplit(signed(spark, EMBED))
    data = json.dumps(text_body(spark, text)).encode()
    head = f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n{more}"
    return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
def test_what_is_not_http_is_refused(spark: Emulator, sent: bytes, status: bytes) -> None:
    with tcp(spark) as sock:
        sock.sendall(sent)
        assert read_all(sock).startswith(b"HTTP/1.1 " + status)


def test_a_body_that_is_too_large_is_refused(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iflytek_spark.emulator.assumptions.MAX_REQUEST_BYTES", 1000)
    answer = post(spark, EMBED, b" " * 1001)
    assert (answer.status, answer.data) == (413, b"the body is too large")


def test_a_body_in_chunks_is_read(spark: Emulator) -> None:
    data = json.dumps(text_body(spark, "一")).encode()
    with connected(spark) as connection:
        parts = urlsplit(signed(spark, EMBED))
        pieces = iter([data[:50], data[50:]])
        connection.request("POST", f"/?{parts.query}", pieces, {}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["header"]["code"] == 0


@pytest.mark.parametrize("sent", [b"", b"POS", b"POST / HTTP/1.1\r\nHost: a\r\n"])
def test_a_client_that_leaves_early(spark: Emulator, sent: bytes) -> None:
    with tcp(spark) as sock:
        sock.sendall(sent)
    assert spark.wait_until_idle()
    assert not spark.handshakes


def test_a_silent_client_is_dropped() -> None:
    with running_emulator(idle_timeout=0.05) as spark, connected(spark) as connection:
        data = json.dumps(text_body(spark, "一")).encode()
        assert send(connection, signed(spark, EMBED), data).code == 0
        assert spark.wait_until_idle()


def test_more_requests_than_the_limit_are_refused() -> None:
    with running_emulator(max_qps=3) as spark:
        codes = [embed(spark, "一").code for _ in range(5)]
        assert codes == [0, 0, 0, 11202, 11202]
        assert paint(spark, "一").code == 0  # each service counts for itself


def test_the_limit_looks_at_the_last_second_alone() -> None:
    moments = iter([0.0, 0.6, 1.0, 1.6, 1.9])
    limit = RateLimit(2, lambda: next(moments))
    for _ in range(4):
        limit.check("/")
    with pytest.raises(RequestRefusedError, match="AppIdQpsOverFlowError"):
        limit.check("/")


def test_refuse_handshake(spark: Emulator) -> None:
    spark.script(faults.RefuseHandshake(429, "slow down", {"Retry-After": "7"}))
    answer = embed(spark, "一")
    assert (answer.status, answer.data, answer.headers["retry-after"]) == (429, b"slow down", "7")
    assert embed(spark, "一").code == 0


def test_a_status_of_no_name(spark: Emulator) -> None:
    spark.script(faults.RefuseHandshake(599))
    assert embed(spark, "一").status == 599


def test_each_request_takes_the_next_entry_of_the_script(spark: Emulator) -> None:
    data = json.dumps(text_body(spark, "一")).encode()
    spark.script(faults.ErrorFrame(11202), None, faults.ErrorFrame(10012))
    with connected(spark) as connection:
        codes = [send(connection, signed(spark, EMBED), data).code for _ in range(4)]
    assert codes == [11202, 0, 10012, 0]


@pytest.mark.parametrize("fault", [faults.HangHandshake(), faults.Silence(), faults.Slow(60)])
def test_silence(spark: Emulator, fault: faults.Fault) -> None:
    spark.script(fault)
    with tcp(spark) as sock:
        sock.sendall(raw(spark, "一"))
        sock.settimeout(0.2)
        sock.sendall(b"more")
        with pytest.raises(TimeoutError):
            sock.recv(1)
    assert spark.wait_until_idle(1), "it did not notice that the client left"


def test_cut_by_a_reset(spark: Emulator) -> None:
    spark.script(faults.Cut())
    with pytest.raises(ConnectionResetError):
        embed(spark, "一")


@pytest.mark.parametrize("how", ["eof", "close"])
def test_cut_by_the_end(spark: Emulator, how: Any) -> None:
    spark.script(faults.Cut(how=how))
    with pytest.raises(http.client.RemoteDisconnected):
        embed(spark, "一")


def test_cut_in_the_middle(spark: Emulator) -> None:
    spark.script(faults.Cut(part=500, how="eof"))
    with tcp(spark) as sock:
        sock.sendall(raw(spark, "一"))
        assert len(read_all(sock)) == 500


def test_bytes_that_are_no_http(spark: Emulator) -> None:
    spark.script(faults.RawBytes(b"garbage\r\n\r\n"))
    with pytest.raises(http.client.BadStatusLine):
        embed(spark, "一")


def test_another_body(spark: Emulator) -> None:
    spark.script(faults.Replay(("not json",)))
    assert embed(spark, "一").data == b"not json"


def test_slow_and_trickling(spark: Emulator) -> None:
    spark.script((faults.Slow(0.01), faults.Trickle(4096)), (faults.Trickle(8192, 0.001),))
    assert embed(spark, "一").vector == embed(spark, "一").vector
