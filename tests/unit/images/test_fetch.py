"""The guarded fetch: what it brings, whither it follows, and whom it trusts."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterable

import pytest
import trustme

from iflytek_spark.errors import APIConnectionError, ConfigurationError, InvalidRequestError
from iflytek_spark.transports.resolver import resolve_name
from tests.unit.images.fetch_helpers import HERE, NOT_WEB, PRIVATE, Contacts, always, fetch
from tests.unit.images.local_site import plain, running_site


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    "answer",
    [
        plain(b"picture"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npic\r\n4\r\nture\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\npicture",
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + plain(b"picture"),
        plain(b"picture", Content_Encoding="identity"),
    ],
    ids=["length", "chunked", "until the end", "early hints", "identity"],
)
def test_a_file_comes_unchanged(answer: bytes) -> None:
    with running_site(always(answer)) as site:
        assert fetch(f"http://site.test:{site.port}/picture.png") == b"picture"


def test_a_file_may_come_in_pieces() -> None:
    answer = plain(b"picture")
    with running_site(always(*(answer[i : i + 1] for i in range(len(answer))))) as site:
        assert fetch(f"http://site.test:{site.port}/") == b"picture"


def test_the_request_names_the_host_and_asks_for_no_compression() -> None:
    with running_site(always(plain(b""))) as site:
        fetch(f"HTTP://Site.Test:{site.port}/a%20b/图 片?q=星&x=%2F#part")
        head = site.requests[0].split("\r\n")
    assert head[0] == "GET /a%20b/%E5%9B%BE%20%E7%89%87?q=%E6%98%9F&x=%2F HTTP/1.1"
    assert f"Host: site.test:{site.port}" in head
    assert "Accept-Encoding: identity" in head


@pytest.mark.parametrize(("tail", "path"), [("", "/"), ("?q", "/?q"), ("//x/../y", "//x/../y")])
def test_a_path_goes_out_as_it_is(tail: str, path: str) -> None:
    with running_site(always(plain(b""))) as site:
        fetch(f"http://site.test:{site.port}{tail}")
        assert site.paths == [path]


def test_a_chinese_host_is_asked_by_its_ascii_name() -> None:
    with running_site(always(plain(b""))) as site:
        fetch(f"http://例子.test:{site.port}/")
        assert f"Host: xn--fsqu00a.test:{site.port}" in site.requests[0]


def test_addresses_are_tried_in_order(contacted: Contacts) -> None:
    with running_site(always(plain(b"picture"))) as site:
        found = fetch(
            f"http://site.test:{site.port}/",
            resolve=lambda host, port: ["::1", HERE],
            allowed=lambda address: True,
        )
        assert found == b"picture"
        assert contacted[-1] == (HERE, site.port)


def test_a_proxy_of_the_environment_is_not_used(
    monkeypatch: pytest.MonkeyPatch, contacted: Contacts
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with running_site(always(plain(b"picture"))) as site:
        assert fetch(f"http://site.test:{site.port}/") == b"picture"
        assert contacted == [(HERE, site.port)]


def test_the_systems_resolver_knows_this_machine() -> None:
    assert HERE in resolve_name("localhost", 80)
    assert resolve_name("::1", 80) == ["::1"]


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status: int) -> None:
    def answer(path: str) -> Iterable[bytes]:
        yield plain(b"there") if path == "/b?x" else plain(b"", f"{status} Moved", Location="b?x")

    with running_site(answer) as site:
        assert fetch(f"http://site.test:{site.port}/a") == b"there"
        assert site.paths == ["/a", "/b?x"]


def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    def answer(path: str) -> Iterable[bytes]:
        left = int(path[1:])
        yield plain(b"there") if left == 0 else plain(b"", "302 Found", Location=f"/{left - 1}")

    with running_site(answer) as site:
        assert fetch(f"http://site.test:{site.port}/3") == b"there"
        with pytest.raises(InvalidRequestError, match="more than 3 redirects"):
            fetch(f"http://site.test:{site.port}/4")
        assert len(site.requests) == 8


def test_a_redirect_to_itself_ends() -> None:
    with running_site(always(plain(b"", "302 Found", Location="/"))) as site:
        with pytest.raises(InvalidRequestError, match="redirects"):
            fetch(f"http://site.test:{site.port}/")
        assert len(site.requests) == 4


@pytest.mark.parametrize(
    "target", [*PRIVATE, *NOT_WEB, "http://[::1", "http://user:marker@site.test"]
)
def test_a_redirect_is_checked_like_a_first_url(target: str, contacted: Contacts) -> None:
    with running_site(always(plain(b"", "302 Found", Location=target))) as site:
        with pytest.raises(InvalidRequestError) as caught:
            fetch(f"http://site.test:{site.port}/?token=marker")
        assert "marker" not in str(caught.value)
        assert contacted == [(HERE, site.port)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]"])
def test_a_redirect_to_this_machine_is_refused(host: str, contacted: Contacts) -> None:
    verdicts = itertools.chain([True], itertools.repeat(False))
    with running_site(lambda path: [plain(b"", "302 Found", Location=inside)]) as site:
        inside = f"http://{host}:{site.port}/inside"
        with pytest.raises(InvalidRequestError, match="not at a public address"):
            fetch(f"http://site.test:{site.port}/", allowed=lambda address: next(verdicts))
        assert site.paths == ["/"]
        assert contacted == [(HERE, site.port)]


# TLS


def test_tls_is_verified_against_the_name(
    authority: trustme.CA, trusting: ssl.SSLContext, contacted: Contacts
) -> None:
    asked: list[str | None] = []
    context = certified(authority, "site.test")
    context.set_servername_callback(lambda sock, name, context: asked.append(name))
    with running_site(always(plain(b"picture")), context) as site:
        assert fetch(f"https://site.test:{site.port}/", ssl_context=trusting) == b"picture"
        assert asked == ["site.test"]
        assert contacted == [(HERE, site.port)]


def test_a_certificate_of_another_host_is_refused(
    authority: trustme.CA, trusting: ssl.SSLContext
) -> None:
    with running_site(always(plain(b"picture")), certified(authority, "other.test")) as site:
        with pytest.raises(APIConnectionError, match=r"site\.test"):
            fetch(f"https://site.test:{site.port}/", ssl_context=trusting)
        assert site.requests == []


def test_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    with running_site(always(plain(b"picture")), certified(authority, "site.test")) as site:
        with pytest.raises(APIConnectionError, match="certificate"):
            fetch(f"https://site.test:{site.port}/")
        assert site.requests == []


def test_a_context_that_trusts_everybody_is_refused(contacted: Contacts) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(ConfigurationError):
        fetch("https://site.test/", ssl_context=context)
    assert contacted == []
