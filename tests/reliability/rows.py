"""The rows of the matrix: each fault, how it is caused, and what must come of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from iflytek_spark import errors
from iflytek_spark.emulator import Fault, faults
from iflytek_spark.emulator.plan import Opcode
from iflytek_spark.protocol.wire import signing
from iflytek_spark.protocol.wire.error_codes import api_error, known_codes
from tests._support.frames import error, last, piece, search
from tests.reliability.cases import (
    ONCE,
    RETRIED,
    SHORT,
    Case,
    Row,
    Slowly,
    everywhere,
    on_chat,
    on_post,
)
from tests.reliability.columns import Kind
from tests.reliability.http_cases import http_rows
from tests.reliability.recording import FRAMES, PLACES, replaced

LOST = errors.StreamInterruptedError
NO_LINE = errors.APIConnectionError
DAMAGED = errors.ProtocolError
EXPIRED = errors.APITimeoutError


def connections() -> Iterator[Row]:
    """Ends of the connection, at three places and within a frame."""
    group = "The connection ends"
    reset, eof = "TCP reset", "end of TCP, no close frame"
    ends = {
        reset: faults.Cut(),
        "close frame, no final frame": faults.Cut(how="close", code=1000),
        "close frame with code 1011": faults.Cut(how="close"),
        eof: faults.Cut(how="eof"),
    }
    posts = {
        (reset, "first"): faults.Cut(),
        (reset, "middle"): faults.Cut(part=600),
        (eof, "first"): faults.Cut(how="eof"),
        (eof, "middle"): faults.Cut(how="eof", part=600),
    }
    for (name, end), (place, after) in product(ends.items(), PLACES.items()):
        chat = on_chat(LOST, place == "first", replace(end, after=after), begun=place != "first")
        posted = posts.get((name, place))
        post = on_post(LOST, RETRIED, posted) if posted else None
        yield Row(group, f"{name}: {place}", chat, post)
    for place, after in PLACES.items():
        cut = faults.Cut(after=after, part=9)
        chat = on_chat(LOST, place == "first", cut, begun=place != "first")
        yield Row(group, f"reset within a frame: {place}", chat)


REFUSALS = (
    signing.NO_AUTHORIZATION,
    signing.UNREADABLE,
    signing.UNKNOWN_KEY,
    signing.NO_HOST,
    signing.NO_MATCH,
)


def handshakes() -> Iterator[Row]:
    """Answers to the handshake other than an upgrade (PROTOCOL.md §2.1)."""
    group = "The handshake fails"
    for refusal in REFUSALS:
        fault = faults.RefuseHandshake(401, json.dumps({"message": refusal.message}))
        case = Case((fault,), errors.AuthenticationError)
        yield everywhere(group, f"401 `{refusal.message}`", case)
    others: tuple[tuple[int, str, Kind, bool], ...] = (
        (403, signing.WRONG_DATE.message, errors.ClockSkewError, ONCE),
        (403, "Your IP address is not allowed", errors.PermissionDeniedError, ONCE),
        (429, "Too many requests", errors.RateLimitError, RETRIED),
        (503, "Service Unavailable", errors.InternalServerError, RETRIED),
    )
    for status, message, kind, retried in others:
        fault = faults.RefuseHandshake(status, json.dumps({"message": message}))
        yield everywhere(group, f"{status} `{message}`", Case((fault,), kind, retried))
    hang = faults.HangHandshake()
    yield Row(
        group,
        "hangs",
        on_chat(EXPIRED, RETRIED, hang, connect=SHORT),
        on_post(EXPIRED, RETRIED, hang, response=SHORT),
        http=on_post(EXPIRED, RETRIED, hang, response=SHORT),
    )


def silences() -> Iterator[Row]:
    """Time-outs that run out."""
    group = "The service is slow"
    for place, after in PLACES.items():
        stage = "response" if place == "first" else "idle"
        for name, fault in (
            ("silence", faults.Silence(after=after)),
            ("one byte a second", Slowly(after)),
        ):
            begun = place != "first"
            chat = on_chat(EXPIRED, not begun, fault, begun=begun, **{stage: SHORT})
            post = on_post(EXPIRED, RETRIED, fault, response=SHORT)
            yield Row(group, f"{name}: {place}", chat, post if place == "first" else None)
    for place, after in PLACES.items():
        fault = faults.Silence(after=after)
        chat = on_chat(EXPIRED, ONCE, fault, begun=place != "first", total=SHORT)
        whole = on_post(EXPIRED, ONCE, fault, total=SHORT) if place == "first" else None
        yield Row(group, f"the whole call's time-out: {place}", chat, whole)


HUGE = piece(None, "字" * (20 * 2**20 // 3))
UNREADABLE: dict[str, bytes] = {
    "malformed JSON": b'{"header":{"code":0',
    "no JSON at all": b"<html>",
    "an empty message": b"",
    "a JSON array": b"[]",
    "no header": b'{"payload":{}}',
    "invalid UTF-8": FRAMES[0].encode().replace("你好".encode(), b"\xe4\xbd"),
    "a frame of 20 MB": HUGE.encode(),
}


def damages() -> Iterator[Row]:
    """Frames that the protocol does not allow, and frames that only look so."""
    group = "A frame is damaged"
    for name, payload in UNREADABLE.items():
        for place, after in PLACES.items():
            frame = faults.RawFrame(payload, after=after)
            body = on_post(DAMAGED, ONCE, faults.Replay(()), frame)
            chat = on_chat(DAMAGED, ONCE, frame, begun=place != "first")
            yield Row(group, f"{name}: {place}", chat, body if place == "first" else None)
    for place, after in PLACES.items():
        frame = faults.RawFrame(b"\x00\xff", Opcode.BINARY, after)
        chat = on_chat(DAMAGED, ONCE, frame, begun=place != "first")
        yield Row(group, f"a binary frame: {place}", chat)
    body = on_post(DAMAGED, ONCE, faults.Replay(('{"header":{"code":0},"payload":{}}',)))
    yield Row(group, "no vector in the answer", None, body)


def without(frame: str, *keys: str) -> str:
    """A frame that lacks keys of its piece."""
    read = json.loads(frame)
    choices = read["payload"]["choices"]
    for holder in (choices, choices["text"][0]):
        for key in keys:
            holder.pop(key, None)
    return json.dumps(read)


def renumbered(*numbers: int) -> faults.Replay:
    """The answer with other numbers."""
    frames = [json.loads(frame) for frame in FRAMES]
    for frame, number in zip(frames, numbers, strict=True):
        frame["payload"]["choices"]["seq"] = number
    return faults.Replay(tuple(map(json.dumps, frames)))


EMPTY = (
    '{"header":{"code":0,"status":1},"payload":{"choices":{"status":1,"text":[{"content":""}]}}}'
)
MANY = 100_000
EMPTY_FRAMES = (b"\x81" + bytes([len(EMPTY)]) + EMPTY.encode()) * MANY
EMPTY_PARTS = b"\x01\x00" + b"\x00\x00" * 1000 + b"\x80" + bytes([len(EMPTY)]) + EMPTY.encode()


def harmless() -> Iterator[Row]:
    """What is unusual and allowed: the answer is whole."""
    group = "Unusual, and allowed"
    in_parts: dict[str, tuple[Fault, Fault | None]] = {
        "frames cut inside a character": (faults.Fragment(1), None),
        "TCP segments cut inside a character": (faults.Trickle(1), faults.Trickle(997)),
    }
    for name, (fault, posted) in in_parts.items():
        post = on_post(None, ONCE, posted) if posted else None
        yield Row(group, name, on_chat(None, ONCE, fault), post)
    binary = [
        faults.RawFrame(frame, Opcode.BINARY, after=place) for place, frame in enumerate(FRAMES)
    ]
    yield Row(group, "the answer in binary frames", Case((faults.Replay(()), *binary)))
    many = faults.RawBytes(EMPTY_FRAMES, after=2)
    yield Row(group, "100,000 empty frames", on_chat(None, ONCE, many), heavy=True)
    parts = faults.RawBytes(EMPTY_PARTS, after=2)
    yield Row(group, "a frame in 1,000 empty parts", on_chat(None, ONCE, parts))
    yield Row(group, "a frame after the final one", on_chat(None, ONCE, faults.ExtraFrame()))
    late = faults.ExtraFrame(piece(9, "?"))
    yield Row(group, "a piece after the final frame", on_chat(None, ONCE, late))
    for place, after in PLACES.items():
        plugin = faults.RawFrame(search("[]"), after=after)
        name = f"a plugin's frame without choices: {place}"
        yield Row(group, name, on_chat(None, ONCE, plugin))


def deviations() -> Iterator[Row]:
    """What is not as documented and loses nothing: the answer is whole, and names it."""
    group = "Not as documented, and understood"
    nothing = b'{"header":{"sid":"cht1","status":1}}'
    for place, after in PLACES.items():
        frame = faults.RawFrame(nothing, after=after)
        yield Row(group, f"a frame without a code: {place}", on_chat(None, ONCE, frame))
    for name, numbers in {
        "the numbers leap": (0, 1, 5, 6, 7),
        "the numbers repeat": (0, 1, 1, 2, 3),
        "the numbers go back": (0, 1, 2, 0, 1),
        "the numbers begin at 1": (1, 2, 3, 4, 5),
    }.items():
        yield Row(group, name, on_chat(None, ONCE, renumbered(*numbers)))
    for place, at in PLACES_OF_PIECES.items():
        twice = faults.RepeatFrame(at)
        yield Row(group, f"a frame twice: {place}", on_chat(None, ONCE, twice))
        fault = replaced(at, without(FRAMES[at], "seq", "role", "index"))
        yield Row(group, f"a piece without number and role: {place}", on_chat(None, ONCE, fault))
    empty = faults.RawFrame(piece(1).replace('"content": "", ', ""), after=2)
    yield Row(group, "a further piece without text", on_chat(None, ONCE, empty))
    null = faults.RawFrame('{"header":{"code":0,"sid":null,"status":1},"payload":null}', after=2)
    yield Row(group, "a frame of nulls", on_chat(None, ONCE, null))


PLACES_OF_PIECES = {"first": 0, "middle": 2, "last but one": len(FRAMES) - 2}


def orders() -> Iterator[Row]:
    """What a service itself leaves out or sends in another order: it is named, not mended."""
    group = "The service leaves out"
    plugin_alone = (faults.RawFrame(search("[]"), after=1), faults.Cut(after=2, how="close"))
    yield Row(
        group,
        "a plugin's frame, and nothing more",
        Case((faults.Replay(FRAMES[:1]), *plugin_alone), LOST, begun=True),
    )
    nothing = faults.Replay((last(0),))
    yield Row(
        group, "a final frame alone, empty", Case((nothing,), errors.EmptyResponseError, True)
    )


FLAGGED = 10019
"""Comes after the full result, which may be shown (PROTOCOL.md §4)."""


def codes() -> Iterator[Row]:
    """Every error code of PROTOCOL.md §10."""
    known = {code: api_error(code, "") for code in known_codes()}
    for code, raised in known.items():
        case = Case((faults.ErrorFrame(code),), type(raised), raised.retryable)
        yield everywhere("An error code before the answer", str(code), case)
    for code, raised in known.items():
        flagged = code == FLAGGED
        pieces = FRAMES[:-1] if flagged else FRAMES[:2]
        frames = faults.Replay((*pieces, error(code, "Name:(00:00:00.000) detail")))
        name = f"{code}, after the last piece" if flagged else str(code)
        case = Case((frames,), None if flagged else type(raised), begun=True)
        yield Row("An error code inside the answer", name, case)


def networks() -> Iterator[Row]:
    """No way to the service."""
    group = "No way to the service"
    for site in (
        "an unknown host",
        "a refused connection",
        "a certificate for another host",
        "an expired certificate",
        "a proxy that refuses",
        "no proxy at its port",
    ):
        yield everywhere(group, site, Case(error=NO_LINE, retried=RETRIED), site)
    impossible = Case(error=errors.ConfigurationError)
    yield everywhere(group, "an impossible host name", impossible, "an impossible host name")


ROWS = tuple(
    row
    for rows in (
        connections, handshakes, silences, damages, harmless, deviations, orders, networks, codes,
        http_rows,
    )
    for row in rows()
)  # fmt: skip
