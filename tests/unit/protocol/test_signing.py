"""The signature of PROTOCOL.md §2.1: what is signed, what is refused, what is forgiven."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import locale
import string
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.wire.signing import (
    Refusal,
    http_date,
    parse_http_date,
    sign_url,
    verify_url,
)

NOW = 1736150400.0
DATE = "Mon, 06 Jan 2025 08:00:00 GMT"
HOST = "spark-api.xf-yun.com"
URL = f"wss://{HOST}/v4.0/chat"
ME = Credentials("app", "test-key", "test-secret")

CHAT_SIGNATURE = "kFo9zh/nvnfMNMvm8iWtT/GlK6DDWnOgrIVT2NsEdoM="
GOLDEN = [
    ("GET", URL, CHAT_SIGNATURE),
    (
        "POST",
        "https://spark-api.cn-huabei-1.xf-yun.com/v2.1/tti",
        "tsS085n87mYmM3CSzbZ5B6Tp0UH4gYMyGXxTm+UqpHk=",
    ),
    (
        "POST",
        "https://emb-cn-huabei-1.xf-yun.com/",
        "UoljhFUQ5HM7NaA1qMZRVBD7QoSilYHL+j8fD47+99U=",
    ),
]
UNAUTHORIZED = (401, "Unauthorized")
UNVERIFIABLE = (401, "HMAC signature cannot be verified")
UNKNOWN_KEY = (401, "HMAC signature cannot be verified: fail to retrieve credential")
NO_HOST = (
    401,
    "HMAC signature cannot be verified:enforced header 'host' not used for signature creation",
)
NO_MATCH = (401, "HMAC signature does not match")
WRONG_DATE = (
    403,
    f"{UNVERIFIABLE[1]}, a valid date or x-date header is required for HMAC Authentication",
)


def authorization_of(url: str) -> str:
    return base64.b64decode(parse_qs(urlsplit(url).query)["authorization"][0]).decode()


def target(
    authorization: str | None = None,
    *,
    date: str = DATE,
    host: str = HOST,
    path: str = "/v4.0/chat",
) -> str:
    """A request's path and query; ``authorization`` is the text inside the base64."""
    if authorization is None:
        authorization = fields()
    query = {"authorization": encoded(authorization), "date": date, "host": host}
    return f"{path}?{urlencode(query)}"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def fields(
    user: str = 'api_key="test-key"',
    algorithm: str = "hmac-sha256",
    headers: str = "host date request-line",
    signature: str = CHAT_SIGNATURE,
    gap: str = ", ",
) -> str:
    rest = f'algorithm="{algorithm}"', f'headers="{headers}"', f'signature="{signature}"'
    return gap.join((user, *rest))


def verify(
    path_and_query: str, *, host: str = HOST, now: float = NOW, method: str = "GET"
) -> Refusal | None:
    secrets = {"test-key": "test-secret", "other-key": "other-secret"}
    return verify_url(path_and_query, host, now, secrets.get, method)


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize(("method", "url", "signature"), GOLDEN)
def test_golden_signatures(method: str, url: str, signature: str) -> None:
    signed = sign_url(url, ME, NOW, method)
    assert authorization_of(signed) == fields(signature=signature)
    query = parse_qs(urlsplit(signed).query, strict_parsing=True)
    assert (query["date"], query["host"]) == ([DATE], [urlsplit(url).netloc])
    assert set(query) == {"authorization", "date", "host"}


def test_a_websocket_is_signed_as_get_by_default() -> None:
    assert sign_url(URL, ME, NOW) == sign_url(URL, ME, NOW, "GET")


def test_an_address_without_a_path_signs_the_root() -> None:
    bare, rooted = (sign_url(f"wss://{HOST}{path}", ME, NOW) for path in ("", "/"))
    assert authorization_of(bare) == authorization_of(rooted)


def test_the_secret_itself_is_not_in_the_url() -> None:
    signed = sign_url(URL, ME, NOW)
    assert "test-secret" not in signed
    assert "test-secret" not in authorization_of(signed)


@given(st.integers(0, 4102444800))
def test_dates_are_those_of_http(moment: int) -> None:
    text = http_date(moment)
    assert text == email.utils.formatdate(moment, usegmt=True)
    assert parse_http_date(text) == moment


@pytest.fixture
def foreign_locale() -> Iterator[None]:
    """The first locale with other names of days and months that this machine has, if any."""
    before = locale.setlocale(locale.LC_TIME)
    for name in ("zh_CN.UTF-8", "de_DE.UTF-8", "fr_FR.UTF-8", "C"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_TIME, name)
            break
    yield
    locale.setlocale(locale.LC_TIME, before)


@pytest.mark.usefixtures("foreign_locale")
def test_dates_do_not_depend_on_the_locale() -> None:
    for month in range(1, 13):
        moment = datetime(2025, month, 6, 8, tzinfo=UTC).timestamp()
        assert http_date(moment) == email.utils.formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "06 Jan 2025 08:00:00 GMT",
        "Mon, 6 Jan 2025 08:00:00 GMT",
        "Mon, 06 Foo 2025 08:00:00 GMT",
        "Mon, 31 Feb 2025 08:00:00 GMT",
        "Mon, 06 Jan 2025 24:00:00 GMT",
        "Mon, 06 Jan 2025 08:00:00 CET",
        "Mon, 06 Jan 2025 08:00:00",
        "Mon, 06 Jan 0000 08:00:00 GMT",
        f"{DATE} ",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None


def test_the_suffix_may_be_utc() -> None:
    assert parse_http_date(DATE.replace("GMT", "UTC")) == NOW


PATHS = st.text(string.ascii_letters + string.digits + "/._-", max_size=30).map("/".__add__)
TOKENS = st.text(string.ascii_letters + string.digits, min_size=1, max_size=40)


@given(PATHS, TOKENS, TOKENS, st.integers(0, 4102444800), st.sampled_from(["GET", "POST"]))
@example("//v4.0/chat", "key", "secret", 0, "GET")
def test_what_is_signed_is_accepted(
    path: str, key: str, secret: str, moment: int, method: str
) -> None:
    signed = sign_url(f"ws://127.0.0.1:8765{path}", Credentials("a", key, secret), moment, method)
    accepted = verify_url(target_of(signed), "127.0.0.1:8765", moment, {key: secret}.get, method)
    assert accepted is None


@pytest.mark.parametrize(
    ("skew", "refusal"),
    [(0, None), (300, None), (-300, None), (301, WRONG_DATE), (-301, WRONG_DATE)],
)
def test_the_date_may_be_five_minutes_off(skew: int, refusal: tuple[int, str] | None) -> None:
    assert verify(target(), now=NOW + skew) == refusal


REFUSALS = {
    "no query": ("/v4.0/chat", UNAUTHORIZED),
    "no authorization": ("/v4.0/chat?" + urlencode({"date": DATE, "host": HOST}), UNAUTHORIZED),
    "not base64": (f"/v4.0/chat?authorization=%21%21&date={quote(DATE)}&host={HOST}", UNVERIFIABLE),
    "not UTF-8": (f"/v4.0/chat?authorization=%2F%2F79&date={quote(DATE)}", UNVERIFIABLE),
    "no fields": (target("hello"), UNVERIFIABLE),
    "a field is missing": (target(fields().rpartition(",")[0]), UNVERIFIABLE),
    "another algorithm": (target(fields(algorithm="hmac-sha1")), UNVERIFIABLE),
    "more headers signed": (target(fields(headers="host date request-line digest")), UNVERIFIABLE),
    "unknown key": (target(fields('api_key="nobody"')), UNKNOWN_KEY),
    "host is not signed": (target(fields(headers="date request-line")), NO_HOST),
    "wrong secret": (target(fields(signature=encoded("x" * 32))), NO_MATCH),
    "a secret of another key": (target(fields('api_key="other-key"')), NO_MATCH),
    "a signature that is no ASCII": (target(fields(signature="签名")), NO_MATCH),
    "wrong path": (target(path="/v3.5/chat"), NO_MATCH),
    "wrong host in the query": (target(host="other.example.com"), NO_MATCH),
    "no host in the query": (target(host=""), NO_MATCH),
    "no date": (target(date=""), WRONG_DATE),
    "a date that is none": (target(date="now"), WRONG_DATE),
    "another date in the window": (target(date=DATE.replace("00:00", "00:01")), NO_MATCH),
}


@pytest.mark.parametrize("cause", REFUSALS)
def test_each_cause_has_its_refusal(cause: str) -> None:
    path_and_query, refusal = REFUSALS[cause]
    assert verify(path_and_query) == refusal


def test_the_hosts_header_and_the_method_are_signed() -> None:
    assert verify(target(), host="127.0.0.1:8765") == NO_MATCH
    assert verify(target(), method="POST") == NO_MATCH
    assert verify(target()) is None


BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def changed(text: str) -> Iterator[str]:
    """Every text with one other character: of a base64 digit, each single bit."""
    for place, char in enumerate(text):
        others = (
            [BASE64[BASE64.index(char) ^ bit] for bit in (1, 2, 4, 8, 16, 32)]
            if char in BASE64
            else ["A"]
        )
        yield from (text[:place] + other + text[place + 1 :] for other in others)


@pytest.mark.parametrize("key", ["k1", "k12", "k123"])
def test_one_changed_character_is_refused(key: str) -> None:
    """Keys of three lengths, so that the base64 ends in each of its three ways."""
    signed = target_of(sign_url(URL, Credentials("app", key, "test-secret"), NOW))
    secrets = {key: "test-secret"}
    assert verify_url(signed, HOST, NOW, secrets.get) is None
    for target in changed(signed):
        if not same_request(target, signed):
            assert verify_url(target, HOST, NOW, secrets.get) is not None, target


def same_request(one: str, other: str) -> bool:
    """Whether two targets differ only in spelling: ``%2B`` and ``%2b``, GMT and UTC."""
    first, second = urlsplit(one), urlsplit(other)
    return first.path == second.path and parse_qs(first.query) == parse_qs(second.query)


TOLERATED = {
    "hmac username": target(fields('hmac username="test-key"')),
    "runs of spaces": target(fields(gap=",    ")),
    "no spaces": target(fields(gap=",")),
    "blank as +": target().replace("%20", "+"),
    "blank as %20": target().replace("+", "%20"),
    "any order": "/v4.0/chat?" + "&".join(sorted(target().partition("?")[2].split("&"))[::-1]),
}


@pytest.mark.parametrize("spelling", TOLERATED)
def test_other_clients_spellings_are_accepted(spelling: str) -> None:
    assert verify(TOLERATED[spelling]) is None


def test_a_date_in_utc_is_accepted_as_it_was_signed() -> None:
    """Go's RFC 1123 writes UTC; the signature is over the text that was sent."""
    import hashlib
    import hmac

    date = DATE.replace("GMT", "UTC")
    origin = f"host: {HOST}\ndate: {date}\nGET /v4.0/chat HTTP/1.1"
    digest = hmac.new(b"test-secret", origin.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    assert verify(target(fields(signature=signature), date=date)) is None
