"""The guarded fetch: what it refuses or leaves, and that it contacts nobody then."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import (
    APIConnectionError,
    APITimeoutError,
    InvalidRequestError,
    SparkError,
)
from iflytek_spark.images.addresses import is_public
from iflytek_spark.images.fetch import fetch_public
from tests.unit.images.fetch_helpers import (
    BROKEN,
    HERE,
    LOOPBACK,
    NOT_WEB,
    PRIVATE,
    Contacts,
    always,
    fetch,
)
from tests.unit.images.local_site import plain, running_site


@pytest.mark.parametrize("url", PRIVATE + LOOPBACK)
def test_an_address_that_is_not_public_is_refused(url: str, contacted: Contacts) -> None:
    with pytest.raises(InvalidRequestError, match="not at a public address") as caught:
        fetch(f"{url}?token=marker", allowed=is_public)
    assert "marker" not in str(caught.value)
    assert contacted == []


@pytest.mark.parametrize("url", NOT_WEB + BROKEN)
def test_a_url_that_is_not_the_webs_is_refused(url: str, contacted: Contacts) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        fetch(url)
    assert "marker" not in str(caught.value)
    assert contacted == []


def test_by_default_this_machine_is_not_public() -> None:
    with running_site(always(plain(b"secret"))) as site:
        with pytest.raises(InvalidRequestError, match="not at a public address"):
            fetch_public(f"http://127.0.0.1:{site.port}/", max_bytes=1000)
        assert site.requests == []


def test_a_name_is_resolved_once_and_the_answer_is_connected_to(contacted: Contacts) -> None:
    answers: Iterator[list[str]] = iter([[HERE], ["10.0.0.1"]])
    with running_site(always(plain(b"picture"))) as site:
        url = f"http://rebound.test:{site.port}/"
        assert fetch(url, resolve=lambda host, port: next(answers)) == b"picture"
        assert next(answers) == ["10.0.0.1"]
        assert contacted == [(HERE, site.port)]


def test_a_name_that_is_private_after_a_redirect_is_refused(contacted: Contacts) -> None:
    answers: Iterator[list[str]] = iter([[HERE], ["10.0.0.1"]])
    with running_site(always(plain(b"", "302 Found", Location="/again"))) as site:
        with pytest.raises(InvalidRequestError, match="not at a public address"):
            fetch(f"http://rebound.test:{site.port}/", resolve=lambda host, port: next(answers))
        assert site.paths == ["/"]
        assert contacted == [(HERE, site.port)]


@given(st.text(max_size=60))
def test_any_text_as_a_url_is_an_error_of_ours(text: str) -> None:
    for url in (text, f"http://{text}", f"http://site.test{text}"):
        with pytest.raises(SparkError):
            fetch(url, resolve=lambda host, port: [])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        plain(b"", "500 Internal Server Error"),
        plain(b"", "503 Service Unavailable"),
        plain(b"", "429 Too Many Requests"),
    ],
    ids=lambda answer: answer[:40].decode(),
)
def test_a_server_that_fails_is_a_connection_error(answer: bytes) -> None:
    with running_site(always(answer)) as site:
        with pytest.raises(APIConnectionError, match=r"site\.test") as caught:
            fetch(f"http://site.test:{site.port}/?token=marker")
        assert "marker" not in str(caught.value)
        assert caught.value.retryable


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "302 Found", "206 Partial"])
def test_a_server_that_refuses_is_a_bad_request(status: str) -> None:
    with (
        running_site(always(plain(b"page", status))) as site,
        pytest.raises(InvalidRequestError, match=status[:3]),
    ):
        fetch(f"http://site.test:{site.port}/")


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip", "zstd"])
def test_a_compressed_file_is_refused(encoding: str) -> None:
    with (
        running_site(always(plain(b"bomb", Content_Encoding=encoding))) as site,
        pytest.raises(InvalidRequestError, match="compressed"),
    ):
        fetch(f"http://site.test:{site.port}/")


def test_a_name_without_an_address_is_a_connection_error(contacted: Contacts) -> None:
    with pytest.raises(APIConnectionError, match="no address"):
        fetch("http://nobody.test/")
    assert contacted == []


def test_a_name_that_nobody_knows_is_a_connection_error(contacted: Contacts) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(APIConnectionError, match="not known"):
        fetch("http://unknown.test/", resolve=unknown)
    assert contacted == []


def test_a_closed_port_is_a_connection_error() -> None:
    with socket.create_server((HERE, 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(APIConnectionError, match="refused"):
        fetch(f"http://site.test:{port}/")


# Sizes


def endless(head: bytes, piece: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda path: itertools.chain([head], itertools.repeat(piece))


def test_the_largest_file_is_still_taken() -> None:
    with running_site(always(plain(b"x" * 1000))) as site:
        assert len(fetch(f"http://site.test:{site.port}/", max_bytes=1000)) == 1000


def test_an_announced_size_is_refused_before_the_body_comes() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"
    gone = threading.Event()

    def answer(path: str) -> Iterable[bytes]:
        yield head
        gone.wait(30)

    with running_site(answer) as site:
        with pytest.raises(InvalidRequestError, match="more than 1000 bytes"):
            fetch(f"http://site.test:{site.port}/", timeout=20)
        gone.set()


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 4096),
    ],
    ids=["until the end", "chunked"],
)
def test_an_endless_body_is_left(head: bytes, piece: bytes) -> None:
    with (
        running_site(endless(head, piece)) as site,
        pytest.raises(InvalidRequestError, match="more than 1000 bytes"),
    ):
        fetch(f"http://site.test:{site.port}/")


def test_one_byte_too_many_is_refused() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with (
        running_site(always(head, b"x" * 1001)) as site,
        pytest.raises(InvalidRequestError, match="more than 1000 bytes"),
    ):
        fetch(f"http://site.test:{site.port}/")


# Time


def dripping(head: bytes) -> Callable[[str], Iterator[bytes]]:
    def answer(path: str) -> Iterator[bytes]:
        yield head
        while True:
            time.sleep(0.02)
            yield b"1"

    return answer


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"",
    ],
    ids=["body", "length", "chunk", "header", "start"],
)
def test_a_byte_now_and_then_does_not_hold_it_open(head: bytes) -> None:
    with running_site(dripping(head)) as site:
        assert_it_ends(f"http://site.test:{site.port}/?token=marker")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_silence_ends_at_the_deadline(scheme: str) -> None:
    with socket.create_server((HERE, 0)) as silent:
        port = silent.getsockname()[1]
        assert_it_ends(f"{scheme}://site.test:{port}/?token=marker")


def test_a_slow_resolver_ends_at_the_deadline(contacted: Contacts) -> None:
    over = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        over.wait(30)
        return [HERE]

    assert_it_ends("http://site.test/?token=marker", resolve=slow)
    over.set()
    assert contacted == []


def test_addresses_share_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that swallows everything leaves time for the next."""
    shares: list[float] = []

    def swallow(address: tuple[str, int], timeout: float) -> socket.socket:
        shares.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", swallow)
    with pytest.raises(APITimeoutError):
        fetch("http://site.test/", timeout=60, resolve=lambda host, port: [HERE] * 3)
    assert shares == pytest.approx([20, 30, 60], abs=5)


def test_redirects_share_the_deadline() -> None:
    def answer(path: str) -> Iterable[bytes]:
        time.sleep(0.15)
        yield plain(b"", "302 Found", Location="/")

    with running_site(answer) as site:
        assert_it_ends(f"http://site.test:{site.port}/?token=marker")


def assert_it_ends(url: str, **options: Any) -> None:
    began = time.monotonic()
    with pytest.raises(APITimeoutError, match=r"site\.test") as caught:
        fetch(url, timeout=0.3, **options)
    assert time.monotonic() - began < 5
    assert "marker" not in str(caught.value)


def test_no_time_is_a_timeout(contacted: Contacts) -> None:
    with pytest.raises(APITimeoutError):
        fetch("http://site.test/", timeout=0)
    assert contacted == []
