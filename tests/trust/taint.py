"""Looks for marks in whatever a program lets out, in every spelling."""

from __future__ import annotations

import base64
import codecs
import html
import pickle
import re
import traceback
from collections.abc import Iterator
from urllib.parse import unquote

from iflytek_spark.errors import SparkError
from tests.trust.marked import MARKS

_PLAIN = re.compile(r"[ -~]{6,}")
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_HEX = re.compile(r"(?:[0-9a-f]{2} ?){6,}", re.IGNORECASE)
_NUMBERED = re.compile(r"\\u([0-9a-f]{4})", re.IGNORECASE)


def found_in(text: str, marks: tuple[str, ...] = MARKS) -> list[str]:
    """The marks that stand in a text, or in what it is a spelling of."""
    known: set[str] = set()
    new = set(text.splitlines())
    for _ in range(4):
        new = {other for one in new for other in _readings(one)} - known
        known |= new
    joined = "\n".join((*known, *(re.sub(r"\s", "", one) for one in known))).lower()
    return [mark for mark in marks if mark.lower() in joined]


def _readings(text: str) -> Iterator[str]:
    yield text
    yield unquote(text)
    yield html.unescape(text)
    yield _NUMBERED.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")
    for token in _TOKEN.findall(text):
        yield from filter(_PLAIN.search, (_decoded(token[start:]) for start in range(4)))
    for token in _HEX.findall(text):
        yield bytes.fromhex(token.replace(" ", "")[: len(token) // 2 * 2]).decode("latin-1")


def _decoded(token: str) -> str:
    usual = token.replace("-", "+").replace("_", "/")
    usual = usual[: len(usual) // 4 * 4]
    return base64.b64decode(usual).decode("latin-1")


def everything_in(error: BaseException) -> str:
    """An error with all that hangs on it, seen by reports or not."""
    texts: list[str] = []
    seen: list[BaseException] = []
    links: list[BaseException | None] = [error]
    while links:
        one = links.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        texts += [
            *traceback.format_exception_only(one),
            str(one),
            repr(one),
            repr(one.args),
            repr(vars(one)),
        ]
        links += [one.__cause__, one.__context__]
    if isinstance(error, SparkError):
        texts.append(codecs.decode(pickle.dumps(error), "latin-1"))
    return "\n".join(texts)
