"""However the bytes of an answer are cut, it is the same answer; cut short, it is none."""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.protocol.steps import ConnectionFailedError, MessageTooLargeError, TransportError
from iflytek_spark.transports.sse import events
from iflytek_spark.transports.sse.answer import Answer
from iflytek_spark.transports.sse.response import ResponseReader
from tests.http.maas_answers import MAAS_ANSWERS
from tests.http.raw_server import chunked, head
from tests.http.spark_open_answers import SPARK_OPEN_ANSWERS

RESPONSES = [quirk.response for quirk in (*SPARK_OPEN_ANSWERS.values(), *MAAS_ANSWERS.values())]
cuts = st.lists(st.integers(0, 4000), max_size=12)


def messages(response: bytes, at: list[int]) -> list[bytes]:
    answer, taken = Answer(), []
    places = sorted({0, len(response), *(place for place in at if place < len(response))})
    for start, end in pairwise(places):
        answer.feed(response[start:end])
        while (message := answer.take()) is not None:
            taken.append(message)
    answer.end()
    while (message := answer.take()) is not None:
        taken.append(message)
    return taken


@given(st.sampled_from(RESPONSES), cuts)
def test_cuts_do_not_matter(response: bytes, at: list[int]) -> None:
    assert messages(response, at) == messages(response, [])


@given(st.sampled_from(RESPONSES))
def test_byte_by_byte(response: bytes) -> None:
    assert messages(response, list(range(len(response)))) == messages(response, [])


@given(st.sampled_from([r for r in RESPONSES if r.endswith(b"0\r\n\r\n")]), st.data())
def test_a_response_that_is_cut_short_is_none(response: bytes, data: st.DataObject) -> None:
    end = data.draw(st.integers(0, len(response) - 1))
    answer = Answer()
    answer.feed(response[:end])
    with pytest.raises(ConnectionFailedError):
        answer.end()


@given(st.lists(st.binary(max_size=200), max_size=5), cuts)
def test_bodies_are_those_of_the_library(parts: list[bytes], at: list[int]) -> None:
    response = head(Transfer_Encoding="chunked") + chunked(*filter(None, parts))
    places = sorted({0, len(response), *(place for place in at if place < len(response))})
    reader = ResponseReader()
    body = b"".join(reader.feed(response[start:end]) for start, end in pairwise(places))
    assert body == library_body(response) == b"".join(parts)
    assert (reader.complete, reader.persistent) == (True, True)


def library_body(response: bytes) -> bytes:
    peer = h11.Connection(h11.CLIENT)
    peer.send(h11.Request(method="POST", target="/", headers=[("Host", "a")]))
    peer.send(h11.EndOfMessage())
    peer.receive_data(response)
    body = b""
    while not isinstance(event := peer.next_event(), h11.EndOfMessage):
        body += event.data if isinstance(event, h11.Data) else b""
    return body


@given(st.binary(max_size=300))
def test_whatever_comes_fails_as_a_transport_does(data: bytes) -> None:
    answer = Answer()
    try:
        answer.feed(data)
        answer.end()
    except TransportError:
        return
    assert answer.over or answer.waiting


@given(st.binary(max_size=300), cuts)
def test_any_body_is_cut_into_messages(data: bytes, at: list[int]) -> None:
    places = sorted({0, len(data), *(place for place in at if place < len(data))})
    reader = events.EventReader()
    found = [each for start, end in pairwise(places) for each in reader.feed(data[start:end])]
    whole = events.EventReader()
    assert [*found, *reader.end()] == [*whole.feed(data), *whole.end()]


def test_a_message_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_MESSAGE_BYTES", 1000)
    for body in (b"data: " + b"x" * 2000, b"data: x\n" * 200, b"{" + b" " * 2000):
        with pytest.raises(MessageTooLargeError):
            events.EventReader().feed(body)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000,
        head(Transfer_Encoding="chunked") + b"1" * 70000,
    ],
)
def test_a_head_or_a_line_without_end_is_bounded(response: bytes) -> None:
    with pytest.raises(MessageTooLargeError):
        ResponseReader().feed(response)


@pytest.mark.parametrize(
    "response",
    [
        head(Transfer_Encoding="chunked") + b"zz\r\n",
        head(Transfer_Encoding="chunked") + b"-5\r\n",
        head(Content_Length="many"),
        b"HTTP/1.1 abc\r\n\r\n",
        b"SSH-2.0\r\n",
    ],
)
def test_what_is_no_http_is_refused(response: bytes) -> None:
    with pytest.raises(ConnectionFailedError):
        ResponseReader().feed(response)


def test_an_informational_response_passes_by() -> None:
    reader = ResponseReader()
    assert reader.feed(b"HTTP/1.1 100 Continue\r\n\r\n" + head(Content_Length="2") + b"ok") == b"ok"
    assert (reader.status, reader.complete) == (200, True)
