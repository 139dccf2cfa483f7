"""Pictures of URLs: what is fetched for a caller of the gateway, and what never is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Any

import httpx2
import pytest

from tests.gateway.chat_helpers import data_url, shown
from tests.gateway.conftest import RunningGateway
from tests.gateway.fake_internet import Internet
from tests.gateway.gateway_helpers import Gateway
from tests.unit.images.drawing import drawn, png_header
from tests.unit.images.fetch_helpers import LOOPBACK, always
from tests.unit.images.local_site import plain, running_site

MEGABYTE = 1024 * 1024


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    return Internet(monkeypatch)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def look(url: str, picture: str, *, stream: bool = False) -> httpx2.Response:
    body = {"model": "vision", "messages": shown(picture), "stream": stream}
    return httpx2.post(f"{url}/chat/completions", json=body, timeout=30)


def refused(gateway: Gateway, picture: str, **options: Any) -> str:
    """Ask about a picture, and return the words of the refusal."""
    before = len(gateway.spark.handshakes)
    answer = look(gateway.url, picture, **options)
    assert answer.status_code == 400, answer.text
    assert len(gateway.spark.handshakes) == before
    error = answer.json()["error"]
    assert error["param"] == "messages"
    assert "token=marker" not in answer.text
    return str(error["message"])


def test_a_public_picture_is_fetched(gateway: Gateway, internet: Internet) -> None:
    with running_site(always(plain(drawn((90, 60), "PNG")))) as site:
        internet.port = site.port
        answer = look(gateway.url, "http://site.test/picture.png")
    assert "PNG of 90 by 60 pixels" in answer.json()["choices"][0]["message"]["content"]
    assert internet.contacted == ["8.8.8.8"]


@pytest.mark.parametrize(
    "url",
    [
        "http://private.test/",
        "http://mixed.test/",
        "http://metadata.test/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://[::1]/",
        *LOOPBACK[:3],
    ],
)
def test_a_private_address_is_refused(
    gateway: Gateway, internet: Internet, url: str, stream: bool
) -> None:
    words = refused(gateway, f"{url}?token=marker", stream=stream)
    assert "not at a public address" in words
    assert internet.contacted == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://site.test/picture.png",
        "gopher://site.test/_GET",
        "//site.test/picture.png",
        "picture.png",
    ],
)
def test_what_is_not_the_webs_is_refused(
    gateway: Gateway, internet: Internet, url: str, stream: bool
) -> None:
    assert "use http or https" in refused(gateway, url, stream=stream)
    assert internet.contacted == []


def test_a_redirect_to_this_machine_is_refused(gateway: Gateway, internet: Internet) -> None:
    with running_site(always(plain(drawn((90, 60), "PNG")))) as secret:
        for place in (f"http://127.0.0.1:{secret.port}/", f"http://localhost:{secret.port}/"):
            moved = plain(b"", "302 Found", Location=place)
            with running_site(always(moved)) as site:
                internet.port = site.port
                words = refused(gateway, "http://site.test/picture.png")
            assert "not at a public address" in words
        assert secret.requests == []


def test_a_file_of_this_machine_is_not_read_through_a_redirect(
    gateway: Gateway, internet: Internet
) -> None:
    with running_site(always(plain(b"", "302 Found", Location="file:///etc/passwd"))) as site:
        internet.port = site.port
        assert "'file' is not fetched" in refused(gateway, "http://site.test/")


def endless(path: str) -> Iterable[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    yield from itertools.repeat(bytes(MEGABYTE))


def test_an_endless_body_is_left(gateway: Gateway, internet: Internet) -> None:
    with running_site(endless) as site:
        internet.port = site.port
        assert "sends more than 20971520 bytes" in refused(gateway, "http://site.test/")


def test_a_picture_of_50_megabytes_is_not_read(gateway: Gateway, internet: Internet) -> None:
    sent: list[bytes] = []

    def large(path: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MEGABYTE)
        for _ in range(50):
            sent.append(b"")
            yield bytes(MEGABYTE)

    with running_site(large) as site:
        internet.port = site.port
        assert "sends more than 20971520 bytes" in refused(gateway, "http://site.test/")
    assert len(sent) < 50


def test_a_picture_of_too_many_pixels_is_not_unpacked(gateway: Gateway) -> None:
    for side in (8_000, 30_000):
        assert "pixels" in refused(gateway, data_url(png_header(side, side)))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"])
def test_a_site_that_fails_is_named(gateway: Gateway, internet: Internet, answer: bytes) -> None:
    with running_site(always(answer)) as site:
        internet.port = site.port
        assert "http://site.test" in refused(gateway, "http://site.test/?token=marker")


def test_a_site_that_never_answers_is_left(
    running_gateway: RunningGateway, internet: Internet
) -> None:
    url = running_gateway(connect_timeout=0.3)
    with running_site(_drip) as site:
        internet.port = site.port
        answer = look(f"{url}/v1", "http://site.test/")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "invalid_image_url")
    assert "http://site.test took too long" in error["message"]


def _drip(path: str) -> Iterator[bytes]:
    for _ in range(100):
        time.sleep(0.05)
        yield b"H"
