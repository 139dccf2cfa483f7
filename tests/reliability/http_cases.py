"""The rows of the matrix as they are over HTTP, where a frame is an event of the stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iflytek_spark import errors
from iflytek_spark.emulator import Fault, faults
from iflytek_spark.protocol.wire import signing
from tests.contract.cases import Dialect
from tests.reliability.cases import ONCE, RETRIED, SHORT, Case, Row, on_chat
from tests.reliability.recording import recorded

FRAMED = frozenset({"Not as documented, and understood"})
"""Groups of rows that tell of frames and their numbers."""
SEGMENTS = "TCP segments cut inside a character"
ALLOWED = "Unusual, and allowed"
READABLE = ("an empty message", "no header", "a binary frame")
"""What is no damage to an event."""
SIGNED = f"403 `{signing.WRONG_DATE.message}`"
PLUGIN = "a plugin's frame, and nothing more"


DONE = faults.Replay(("data: [DONE]\n\n",))


def http_case(row: Row, dialect: Dialect) -> Case | None:
    """What a fault is over HTTP, or None where it cannot be."""
    case = row.http or row.chat
    if case is None or _is_framed(row):
        return None
    return replace(case, faults=tuple(_fault(fault, dialect) for fault in case.faults))


def _is_framed(row: Row) -> bool:
    if row.http is not None:
        return False
    name = row.name.partition(":")[0]
    allowed = row.group != ALLOWED or row.name == SEGMENTS
    return row.group in FRAMED or not allowed or name in (*READABLE, PLUGIN, SIGNED)


def _fault(fault: Fault, dialect: Dialect) -> Fault:
    match fault:
        case faults.Replay() if fault != DONE:
            return recorded(fault, dialect)
        case faults.ErrorFrame(code=10163):  # the code stands in no body, the name does
            return replace(fault, message="RequestParamsError:(00:00:00.000) on demand")
    return fault


def http_rows() -> Iterator[Row]:
    """What only a stream of events can do."""
    group = "Over HTTP alone"
    after = {"first": 0, "middle": 2, "last": 4}
    for place, count in after.items():
        lines = faults.BlankLines(3, after=count)
        yield _row(group, f"blank lines: {place}", on_chat(None, ONCE, lines))
        lines = faults.BlankLines(3, after=count, line=": keep-alive")
        yield _row(group, f"comments: {place}", on_chat(None, ONCE, lines))
        begun = count > 0
        for name, code, kind in (
            ("an error inside 200", 10110, errors.InternalServerError),
            ("moderation inside 200", 10014, errors.ContentFilterError),
        ):
            error = faults.ErrorFrame(code, after=count)
            retried = not begun and kind is errors.InternalServerError
            case = on_chat(kind, retried, error, begun=begun)
            yield _row(group, f"{name}: {place}", case)
    page = Case((faults.HtmlPage(200),), errors.ProtocolError)
    yield _row(group, "a page of HTML with 200", page)
    page = Case((faults.HtmlPage(502),), errors.InternalServerError, RETRIED)
    yield _row(group, "a page of HTML with 502", page)
    silent = on_chat(errors.APITimeoutError, RETRIED, faults.SilenceAfterHead(), response=SHORT)
    yield _row(group, "silence after the head", silent)
    yield _row(group, "`[DONE]` alone", Case((DONE,), errors.EmptyResponseError, RETRIED))


def _row(group: str, name: str, case: Case) -> Row:
    return Row(group, name, None, http=case)
