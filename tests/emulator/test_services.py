"""The services of signed POST, seen from the wire (PROTOCOL.md §7, §8)."""

from __future__ import annotations

import http.client
import json
import math
import socket
import struct
import time
import zlib
from collections.abc import Sequence
from operator import mul
from typing import Any
from urllib.parse import urlsplit

import pytest

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.emulator.posts import Limit
from iflytek_spark.emulator.vectors import text_vector
from iflytek_spark.protocol.wire import RequestRefusedError
from iflytek_spark.service_values import IMAGE_SIZES
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


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Both have length 1."""
    return float(sum(map(mul, left, right)))


def test_a_vector_as_the_documentation_shows_it(spark: Emulator) -> None:
    answer = embed(spark, "讯飞星火")
    assert answer.status == 200
    header = answer.body["header"]
    assert (header["code"], header["message"]) == (0, "success")
    assert header["sid"].startswith("ase000")
    feature = answer.body["payload"]["feature"]
    assert (feature["seq"], feature["status"], feature["format"]) == ("0", "2", "plain")
    assert len(answer.vector) == 2560
    assert math.hypot(*answer.vector) == pytest.approx(1, abs=1e-5)
    assert spark.requests[0].path == "/"


def test_a_query_and_a_document_have_vectors_of_their_own(spark: Emulator) -> None:
    document, query = embed(spark, "北京的秋天").vector, embed(spark, "北京的秋天", "query").vector
    assert document != query
    assert 0.98 < cosine(document, query) < 0.999
    assert embed(spark, "北京的秋天").vector == document


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("北京什么时候最美", "秋天的北京最美,香山红叶满山", "上海外滩的夜景很有名"),
        ("Which language has indentation?", "Python: indentation matters", "The sea is deep"),
        ("searching documents", "How to search a document", "Recipes for apple pies"),
        ("GPU 显存不够怎么办", "显存不足时可以减小批次", "苹果和香蕉都是水果"),
    ],
)
def test_texts_that_share_words_are_near(query: str, near: str, far: str) -> None:
    asked = text_vector(query, "query")
    assert cosine(asked, text_vector(near, "para")) > cosine(asked, text_vector(far, "para")) + 0.1


def test_case_and_width_do_not_matter() -> None:
    assert text_vector("ＡＢＣ Spark", "para") == text_vector("abc spark", "para")


@pytest.mark.parametrize("text", ["!!!", "a", "字", "…", "\u200b"])
def test_every_text_has_a_vector(text: str) -> None:
    assert math.hypot(*text_vector(text, "para")) == pytest.approx(1)


def test_texts_without_words_differ() -> None:
    assert text_vector("!!!", "para") != text_vector("???", "para")


@pytest.mark.parametrize(
    ("text", "domain", "header", "code", "name"),
    [
        ("a", "para", {"app_id": "other"}, 11200, "AppIdNoAuthError"),
        ("a", "para", {"uid": "u" * 51}, 10004, "SchemaCheckError"),
        ("a", "para", {"status": 2}, 10004, "SchemaCheckError"),
        ("a", "passage", {}, 10005, "ParamValueError"),
        (" ", "para", {}, 10004, "SchemaCheckError"),
        ("字" * 3073, "para", {}, 10907, "TokenLimitError"),
    ],
)
def test_an_error_is_a_header_only(
    spark: Emulator, text: str, domain: str, header: dict[str, Any], code: int, name: str
) -> None:
    answer = embed(spark, text, domain, **header)
    assert answer.status == 200
    assert answer.body.keys() == {"header"}
    assert answer.code == code
    assert answer.body["header"]["message"].startswith(f"{name}:(")


def test_the_limits_themselves_are_legal(spark: Emulator) -> None:
    assert embed(spark, "字" * 3072, uid="u" * 50).code == 0


def pixels(data: bytes) -> tuple[int, int]:
    """Size of a PNG file, every chunk of which is sound."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        place += 12 + length
    width, height, bits = struct.unpack(">IIB", chunks[b"IHDR"][:9])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + (width * bits + 7) // 8)
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    return width, height


@pytest.mark.parametrize(("width", "height"), IMAGE_SIZES)
def test_an_image_has_the_size_that_was_asked_for(spark: Emulator, width: int, height: int) -> None:
    answer = paint(spark, "一只猫", width=width, height=height)
    assert pixels(answer.image) == (width, height)
    assert len(answer.image) < 1000
    assert answer.body["header"].keys() == {"code", "message", "sid", "status"}
    assert answer.body["payload"]["choices"]["status"] == 2


def test_the_colour_is_the_prompts(spark: Emulator) -> None:
    assert paint(spark, "猫").image == paint(spark, "猫").image
    assert paint(spark, "猫").image != paint(spark, "狗").image
    assert pixels(paint(spark, "猫").image) == (512, 512)


@pytest.mark.parametrize(
    ("prompt", "more", "code"),
    [
        ("猫", {"width": 100, "height": 100}, 10005),
        ("猫", {"width": "512"}, 10004),
        ("猫", {"domain": "4.0Ultra"}, 10003),
        ("猫", {"header": {"app_id": "other"}}, 11200),
        ("字" * 1001, {}, 10004),
        ("", {}, 10004),
    ],
)
def test_image_requests_that_are_refused(
    spark: Emulator, prompt: str, more: dict[str, Any], code: int
) -> None:
    answer = paint(spark, prompt, **more)
    assert answer.code == code
    assert answer.body.keys() == {"header"}


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


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v4.0/chat"])
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
    monkeypatch.setattr("iflytek_spark.emulator.choices.MAX_REQUEST_BYTES", 1000)
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
    limit = Limit(2, lambda: next(moments))
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


@pytest.mark.parametrize("fault", [faults.HangHandshake(), faults.Silence()])
def test_silence(spark: Emulator, fault: faults.Fault) -> None:
    spark.script(fault)
    with tcp(spark) as sock:
        sock.sendall(raw(spark, "一"))
        sock.settimeout(0.2)
        sock.sendall(b"more")
        with pytest.raises(TimeoutError):
            sock.recv(1)
    assert spark.wait_until_idle(1)


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
