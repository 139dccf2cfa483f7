"""Which secrets a call has, whatever the dialect: its keys, what it is opened with, its proxies."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from urllib.parse import parse_qsl, unquote, urlsplit

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.secrets.redaction import Secrets
from iflytek_spark.protocol.steps import Opening

_PUBLIC_PARAMETERS = ("date", "host", "page", "size", "limit", "after")
_PUBLIC_HEADERS = re.compile(r"accept.*|content-.*|host|user-agent|connection", re.IGNORECASE)
_QUOTED = re.compile(r'(\w+) *= *"([^"]*)"')
_PUBLIC_QUOTED = ("algorithm", "headers")


def secrets_of(
    credentials: Credentials | None,
    opening: Opening | None = None,
    proxies: Iterable[str] = (),
    sent: str | bytes = b"",
) -> Secrets:
    """Collect what a call must not let out.

    Args:
        credentials: who asks; what their ``repr`` hides is a secret. None where it is not known.
        opening: how the call's connection was opened, if it came so far. The values of its query
            and of its headers are secrets, and so is what they hold in base64, in quotation
            marks or on either side of a colon, as ``Bearer key:secret`` does.
        proxies: addresses of the proxies that it may go through, as they were configured.
        sent: the request's body.
    """
    around: list[str] = []
    values = [value for address in proxies for value in _of_proxy(address)]
    if credentials is not None:
        hidden = (known.name for known in fields(credentials) if not known.repr)
        values += (str(getattr(credentials, name)) for name in hidden)
    for name, value in () if opening is None else _given(opening):
        around += [f"{name}={value}", *_decoded(value)]
        values += _parts(value)
    if opening is not None:
        around.append(urlsplit(opening.url).query)
    return Secrets(values, around, sent)


def _given(opening: Opening) -> Iterator[tuple[str, str]]:
    """Yield the parameters and headers with which a connection is opened, but for public ones."""
    for name, value in parse_qsl(urlsplit(opening.url).query):
        if name not in _PUBLIC_PARAMETERS:
            yield name, value
    for name, value in opening.headers.items():
        if not _PUBLIC_HEADERS.fullmatch(name):
            yield name, value


def _parts(value: str) -> Iterator[str]:
    """Yield the secrets in one value: itself, and what it is made of."""
    for text in (value, *_decoded(value)):
        quoted = _QUOTED.findall(text)
        yield from (part for name, part in quoted if name not in _PUBLIC_QUOTED)
        if not quoted:
            token = text.rpartition(" ")[2]  # behind a word like Bearer
            yield from (token, *token.split(":"))


def _decoded(value: str) -> list[str]:
    token = value.rpartition(" ")[2]
    try:
        text = base64.b64decode(token, validate=True).decode()
    except ValueError:
        return []
    return [text] if text.isprintable() and not text.isalnum() else []


def _of_proxy(address: str) -> Iterator[str]:
    """Yield user and password, however little of an address the text is."""
    user, found, _ = address.rpartition("@")
    if found:
        user = user.rpartition("//")[2]
        for text in (user, unquote(user)):
            yield from (text, *text.partition(":")[::2])
            yield base64.b64encode(text.encode()).decode()
