"""Takes a call's secrets out of what others say: the one place that foreign text passes.

A service, a proxy, a debug server or a library that speaks of a failed call may quote it: its
signed address, its headers, its body, the address of its proxy. Such text becomes part of an error,
and an error goes to logs, to pickles, and to the callers of a gateway.

A secret is recognized by its letters and digits alone, without their case, once the escapes of
URLs, HTML and JSON are undone, as often as they were applied. So it does not matter how it is
quoted, wrapped or cut: eight characters in a row are enough. Base64, at each of its three offsets,
and hexadecimal are looked for as well.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

REDACTED = "[redacted]"

MAX_TEXT = 8_000
"""Characters of a foreign text that are read; the rest is cut off, and nobody misses it."""

_SHARED = 8
"""Characters in a row that a text and a secret have in common by accident never."""

_SHARED_SENT = 16
_SENT_STEP = 8
"""What is sent is plain language, of which single words may well be common."""

_MAX_SENT = 64_000
_MAX_ENCODED = 8_000
"""How much of the request's body is looked for, plain and encoded."""

_SHORTEST = 3
_ROUNDS = 4
_ESCAPE = re.compile(
    rb"%(?P<url>[0-9a-f]{2})|\\x(?P<byte>[0-9a-f]{2})|\\u(?P<json>[0-9a-f]{4})|(?P<control>\\[bfnrt])"
    rb"|(?P<html>&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});)",
    re.IGNORECASE,
)
_LETTERS = bytes(code for code in range(256) if code >= 128 or chr(code).isalnum())
_OTHERS = bytes(code for code in range(256) if code not in _LETTERS)
_LOWER = bytes(range(256)).lower()
_TOKEN = re.compile(rb"[\w+/=%~-]*", re.ASCII)
_SIGNED = re.compile(
    r"\b(?:authorization|signature)\b(?:[\s\"'\\:=]|%[0-9a-f]{2}|&#?\w{1,6};)+[\w+/=%-]{24,}",
    re.IGNORECASE,
)
"""A signature of whomever: of a connection that was opened before, or of another one's call."""

_E = TypeVar("_E", bound=BaseException)
_Spans = list[tuple[int, int]]


class Secrets:
    """What one call must not let out. It is made when a call has failed, and not before."""

    def __init__(
        self, values: Iterable[str], around: Iterable[str] = (), sent: str | bytes = b""
    ) -> None:
        """Prepare to look for them.

        Args:
            values: the secrets. Of one with fewer than eight letters and digits only whole words
                are found, of one with fewer than three nothing.
            around: texts that secrets stand in, like a query; a quotation of such a text is taken
                out as a whole where it holds a secret.
            sent: the request's body, for what quotes 24 characters of it and more.
        """
        plain = [(_bytes(value), _letters(value)) for value in values]
        self._words = {letters for _, letters in plain if _SHORTEST <= len(letters) < _SHARED}
        forms = [form for value, _ in plain for form in _forms(value)]
        long = [letters for _, letters in plain if len(letters) >= _SHARED]
        self._parts = _windows([*long, *forms])
        self._around = _windows(map(_letters, around)) | self._parts
        self._sent = b" ".join((_letters(sent[:_MAX_SENT]), *_forms(_bytes(sent)[:_MAX_ENCODED])))
        self._blocks = {
            self._sent[at : at + _SHARED_SENT]: at
            for at in range(0, len(self._sent) - _SHARED_SENT + 1, _SENT_STEP)
        }

    def redact(self, text: str) -> str:
        """Return a text without them, at most ``MAX_TEXT`` characters of it."""
        shown = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
        raw = _bytes(shown)
        letters, spans = _read(raw)
        for start, end in reversed(_joined(self._found(raw, letters, spans))):
            raw = raw[:start] + REDACTED.encode() + raw[end:]
        return _SIGNED.sub(REDACTED, raw.decode("utf-8", "surrogatepass"))

    def clean(self, error: _E) -> _E:
        """Take them out of an exception, its attributes, its notes and its chain, in place.

        Of the chain that is cut off which cannot be cleaned: an exception of another library that
        holds them in an object.
        """
        self._clean(error, {id(error): False})
        return error

    def _clean(self, error: BaseException, cut_off: dict[int, bool]) -> None:
        error.args = tuple(map(self._without, error.args))
        for name, value in list(vars(error).items()):
            without = self._without(value)
            if without is not value:
                setattr(error, name, without)
        for name in ("__cause__", "__context__"):
            linked = getattr(error, name)
            if linked is None:
                continue
            if id(linked) not in cut_off:
                cut_off[id(linked)] = False
                self._clean(linked, cut_off)
                cut_off[id(linked)] = self._shows(linked)
            if cut_off[id(linked)]:
                setattr(error, name, None)

    def _without(self, value: Any) -> Any:
        """Return what an attribute holds without them; the same object if there are none."""
        match value:
            case str():
                text = self.redact(value)
                return value if text == value else text
            case bytes():
                quoted = value[: 4 * MAX_TEXT].decode("utf-8", "replace")
                text = self.redact(quoted)
                return value if text == quoted and len(value) <= MAX_TEXT else text.encode()
            case list() | tuple():
                items = [self._without(item) for item in value]
                return value if all(map(_same, items, value)) else type(value)(items)
            case Mapping():
                return {self._without(key): self._without(item) for key, item in value.items()}
        return value

    def _shows(self, error: BaseException) -> bool:
        texts = str(error), repr(error), repr(vars(error))
        return any(len(text) > MAX_TEXT or self.redact(text) != text for text in texts)

    def _found(self, raw: bytes, letters: bytes, spans: _Spans) -> Iterator[tuple[int, int]]:
        for first, last in (*self._runs(letters), *self._quotes(letters)):
            yield _whole_token(raw, spans[first][0], spans[last - 1][1])
        for word in self._words:
            for found in re.finditer(re.escape(word), letters):
                if _is_word(raw, spans, *found.span()):
                    yield spans[found.start()][0], spans[found.end() - 1][1]

    def _runs(self, letters: bytes) -> Iterator[tuple[int, int]]:
        """Find what is quoted: parts of secrets, with what stands around them."""
        first, last, secret = 0, 0, False
        for at in range(len(letters) - _SHARED + 1):
            window = letters[at : at + _SHARED]
            if window not in self._around:
                continue
            if at > last:
                if secret:
                    yield first, last
                first, secret = at, False
            last, secret = at + _SHARED, secret or window in self._parts
        if secret:
            yield first, last

    def _quotes(self, letters: bytes) -> Iterator[tuple[int, int]]:
        """Find what is quoted of the body: every eighth place of it is looked for."""
        last = 0
        for at in range(len(letters) - _SHARED_SENT + 1) if self._blocks else ():
            place = self._blocks.get(letters[at : at + _SHARED_SENT])
            if place is None or at < last:
                continue
            before = _common(letters[last:at][::-1], self._sent[:place][::-1])
            last = at + _common(letters[at:], self._sent[place:])
            yield at - before, last


def _same(one: object, other: object) -> bool:
    return one is other


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text


def _letters(text: str | bytes) -> bytes:
    """Return what a text is recognized by."""
    data = _bytes(text)
    for _ in range(_ROUNDS):
        data, before = _ESCAPE.sub(_character, data), data
        if data == before:
            break
    return _only_letters(data)


def _only_letters(data: bytes) -> bytes:
    return data.translate(_LOWER, _OTHERS)


def _read(raw: bytes) -> tuple[bytes, _Spans]:
    """Return what a text is recognized by, and where each byte of that stands in the text."""
    data, spans = raw, [(at, at + 1) for at in range(len(raw))]
    for _ in range(_ROUNDS):
        plain, places, at = bytearray(), [], 0
        for match in _ESCAPE.finditer(data):
            start, end = match.span()
            character = _character(match)
            plain += data[at:start] + character
            places += spans[at:start] + [(spans[start][0], spans[end - 1][1])] * len(character)
            at = end
        if not at:
            break
        data, spans = bytes(plain) + data[at:], places + spans[at:]
    kept = [span for code, span in zip(data, spans) if code in _LETTERS]
    return _only_letters(data), kept


def _character(match: re.Match[bytes]) -> bytes:
    number = match["url"] or match["byte"]
    if number is not None:
        return bytes((int(number, 16),))
    if match["json"] is not None:
        return chr(int(match["json"], 16)).encode("utf-8", "surrogatepass")
    if match["control"] is not None:
        return b" "
    return html.unescape(match["html"].decode()).encode("utf-8", "surrogatepass")


def _forms(value: bytes) -> Iterator[bytes]:
    """Yield base64 and hexadecimal of a secret that may stand within something longer."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + value)
        whole = slice((8 * before + 5) // 6, 8 * (before + len(value)) // 6)
        yield _only_letters(encoded[whole])
    yield value.hex().encode()


def _windows(texts: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(
        text[at : at + _SHARED] for text in texts for at in range(len(text) - _SHARED + 1)
    )


def _common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with in common."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other))
    )


def _whole_token(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Widen a place to what is written in one go, so that no end of a secret stays."""
    before = _TOKEN.match(raw[:start][::-1])
    after = _TOKEN.match(raw, end)
    start, end = start - (before.end() if before else 0), after.end() if after else end
    while start and raw[start] & 0xC0 == 0x80:
        start -= 1
    while end < len(raw) and raw[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def _is_word(raw: bytes, spans: _Spans, first: int, last: int) -> bool:
    begins = first == 0 or spans[first - 1][1] < spans[first][0]
    ends = last == len(spans) or spans[last - 1][1] < spans[last][0]
    return begins and ends and len(raw[spans[first][0] : spans[last - 1][1]].split()) == 1


def _joined(places: Iterable[tuple[int, int]]) -> _Spans:
    """Join places that overlap or meet."""
    joined: _Spans = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
