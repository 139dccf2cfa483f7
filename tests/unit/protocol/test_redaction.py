"""Secrets are found in foreign text however they are written there, and nothing else is."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from iflytek_spark import Credentials
from iflytek_spark.errors import BadRequestError
from iflytek_spark.protocol.secrets.call_secrets import secrets_of
from iflytek_spark.protocol.secrets.redaction import MAX_TEXT, REDACTED, Secrets
from iflytek_spark.protocol.steps import HTTPStatusError, Opening
from iflytek_spark.protocol.wire.signing import sign_url
from tests.trust.quoting import SPELLINGS
from tests.trust.taint import everything_in, found_in

ME = Credentials("app1", "1f0c9a7e5b3d28466d8e2f4b0a9c7e15", "ZmVkY2JhOTg3NjU0MzIx")
URL = sign_url("wss://spark-api.xf-yun.com/v4.0/chat", ME, 1736150400.0)
QUERY = URL.partition("?")[2]
OF_A_CALL = secrets_of(ME, Opening(URL), ["http://anna:p%40ssw0rd@proxy:3128"])

secret = st.text(
    "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789+/=-_&\"'", min_size=12
)
surrounding = st.text(st.characters(codec="utf-8", exclude_characters="%\\&"), max_size=30)
spellings = st.sampled_from([SPELLINGS[name] for name in SPELLINGS if name not in ("cut", "repr")])


@given(secret, surrounding, surrounding, spellings)
def test_no_spelling_hides_a_secret(
    value: str, before: str, after: str, spell: Callable[[str], str]
) -> None:
    assume(sum(map(str.isalnum, value)) >= 12)
    shown = Secrets([value]).redact(f"{before} {spell(value)} {after}")
    assert found_in(shown, (value,)) == []


@pytest.mark.parametrize("spelling", [name for name in SPELLINGS if name not in ("cut", "repr")])
def test_each_spelling_of_one_secret(spelling: str) -> None:
    value = "Zm5\"V&k/Y2J+hOTg3'NjU0="
    shown = Secrets([value]).redact(f"key {SPELLINGS[spelling](value)} is wrong")
    assert found_in(shown, (value,)) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HMAC signature cannot be verified: fail to retrieve credential",
        "the authorization header is missing, and api_key is unknown",
        "[Errno 111] Connect call failed ('127.0.0.1', 8765)",
        "HMAC signature cannot be verified, a valid date or x-date header is required",
        "AppIdNoAuthError:(15:24:29.825) tokens.total",
        "内容审核不通过 𝄞 \ud800",
        "host spark-api.xf-yun.com, Mon, 06 Jan 2025 08:00:00 GMT",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    assert OF_A_CALL.redact(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Cannot GET /v4.0/chat?{QUERY} here", f"Cannot GET /v4.0/chat?{REDACTED} here"),
        (f"of {ME.api_key[:9]}…", f"of {REDACTED}…"),
        ("http://anna:p%40ssw0rd@proxy:3128/x is bad", f"http:{REDACTED}@proxy:3128/x is bad"),
        ("no p@ssw0rd for anna, Joanna", f"no {REDACTED} for {REDACTED}, Joanna"),
        ("Basic YW5uYTpwQHNzdzByZA==", f"Basic {REDACTED}"),
        ('{"signature": "Y29tZXRoaW5nIGVsc2UgYWx0b2dldGhlciwgeWVz"}', '{"' + REDACTED + '"}'),
    ],
)  # fmt: skip
def test_a_secret_goes_and_the_rest_stays(text: str, left: str) -> None:
    assert OF_A_CALL.redact(text) == left


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Bearer thekeyofanapp:thesecretofit"},
        {"authorization": "Bearer 0123456789abcdef0123456789abcdef:dGhlc2VjcmV0b2ZpdA=="},
        {"X-Api-Key": "sk-thekeyofanapp"},
        {"Authorization": "Basic " + base64.b64encode(b"theuser123:thepassword").decode()},
    ],
)
def test_the_secrets_of_a_header_are_known_in_whole_and_in_part(header: dict[str, str]) -> None:
    secrets = secrets_of(None, Opening("https://maas.example/v1", header))
    (value,) = header.values()
    token = value.rpartition(" ")[2]
    for part in (value, token, *token.split(":"), token[:12]):
        assert part not in secrets.redact(f"refused: {part} is unknown")


def test_a_long_text_is_cut_and_read_in_time() -> None:
    text = OF_A_CALL.redact("x" * 10_000_000)
    assert len(text) == MAX_TEXT + 1


def test_an_exception_is_cleaned_with_all_that_hangs_on_it() -> None:
    class LibraryError(Exception):
        def __init__(self, url: str) -> None:
            super().__init__("of a library")
            self.request = (object(), {url: [url.encode()]})

    refused = HTTPStatusError(502, {URL: URL}, URL.encode())
    refused.__cause__ = refused.__context__ = LibraryError(URL)
    refused.__cause__.__cause__ = UnicodeDecodeError("utf-8", URL.encode(), 0, 1, URL)
    error = BadRequestError(f"refused: {URL}", sid=QUERY, hint=ME.api_key)
    error.__cause__ = error.__context__ = refused
    error.add_note(f"asked {URL}")
    shown = everything_in(OF_A_CALL.clean(error)) + repr(error.__notes__)
    assert found_in(shown, ("authorization=", ME.api_key, ME.api_secret)) == []
    assert error.__cause__ is refused
    assert error.message == f"refused: wss://spark-api.xf-yun.com/v4.0/chat?{REDACTED}"


def test_an_exception_without_secrets_keeps_its_chain() -> None:
    error, cause = BadRequestError("refused"), OSError(111, "refused")
    error.__cause__ = cause
    assert OF_A_CALL.clean(error).__cause__ is cause
    assert cause.errno == 111


BODY = '{"messages": [{"role": "user", "content": "我的身份证号码是一二三四五六七八九十"}]}'


@pytest.mark.parametrize(
    "quoted",
    [
        BODY,
        BODY[20:],
        BODY[40:75],
        "不能读：" + BODY[44:70].replace("号", " 号"),
        base64.b64encode(BODY.encode()).decode(),
    ],
)
@pytest.mark.parametrize("sent", [BODY, BODY.encode()])
def test_what_is_quoted_of_the_body_goes(quoted: str, sent: str | bytes) -> None:
    shown = Secrets([], sent=sent).redact(f"cannot read {quoted} at all")
    assert REDACTED in shown
    assert "身份证" not in shown
    assert shown.startswith("cannot read")
    assert shown.endswith("at all")


def test_a_few_words_of_the_body_stay() -> None:
    assert Secrets([], sent=BODY).redact("the role of user has no content") == (
        "the role of user has no content"
    )


@pytest.mark.parametrize("rounds", [1, 3, 9])
def test_escapes_are_undone_as_often_as_they_were_applied(rounds: int) -> None:
    """Beyond four times nobody escapes; then a text is left as it is, and the caller too."""
    text = ME.api_secret[0] + "%" + "25" * (rounds - 1) + f"{ord(ME.api_secret[1]):x}"
    shown = OF_A_CALL.redact(f"key {text}{ME.api_secret[2:10]} is wrong")
    assert ME.api_secret[2:10] not in shown


@pytest.mark.parametrize(
    "text",
    [
        "晴" + ME.api_secret + "雨",
        "是" + ME.api_key[:10] + "，" + ME.api_secret[:9],
        f"{ME.api_key}{ME.api_key}",
    ],
)
def test_what_stands_close_to_a_secret_stays_whole_or_goes(text: str) -> None:
    shown = OF_A_CALL.redact(text)
    assert found_in(shown, (ME.api_key, ME.api_secret)) == []
    shown.encode()


def test_no_character_is_cut_where_a_quotation_ends_within_one() -> None:
    """The characters around it begin or end with the same bytes as those in the body."""
    text = "甲暄身份证号码是一二三四五六七八九卂乙"
    assert Secrets([], sent=BODY).redact(text) == f"甲{REDACTED}乙"


def test_a_secret_that_is_itself_escaped_many_times_is_known() -> None:
    value = "abcd%25252525252541efghijkl"
    assert "efghijkl" not in Secrets([value]).redact(f"key {value}")


def test_a_proxy_without_a_user_has_no_secret() -> None:
    assert secrets_of(None, None, ["http://proxy:3128"]).redact("proxy:3128") == "proxy:3128"
    assert secrets_of(None, None, ["http://proxy:3128"]).redact("proxy") == "proxy"
