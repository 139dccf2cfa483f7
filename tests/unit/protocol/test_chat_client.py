"""Frames: the examples of PROTOCOL.md are read, requests are written, garbage is refused."""

from __future__ import annotations

import json
import traceback
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import ProtocolError
from iflytek_spark.messages import (
    PluginResult,
    Usage,
)
from iflytek_spark.protocol.deviations import Deviation, Deviations
from iflytek_spark.protocol.wire.chat_client import decode_frame
from iflytek_spark.protocol.wire.chat_lenient import read_frame
from iflytek_spark.protocol.wire.frame import Frame
from tests._support.frames import SID

USAGE = Usage(37, 169, 206)

FIRST = """{"header":{"code":0,"message":"Success","sid":"cht000b702a@dx18d6fb9d758b894540",
"status":0},"payload":{"choices":{"status":0,"seq":0,"text":[{"content":"您","role":"assistant",
"index":0}]}}}"""
LAST = """{"header":{"code":0,"message":"Success","sid":"cht000b702a@dx18d6fb9d758b894540",
"status":2},"payload":{"choices":{"status":2,"seq":6,"text":[{"content":"尾","role":"assistant",
"index":0}]},"usage":{"text":{"question_tokens":37,"prompt_tokens":37,"completion_tokens":169,
"total_tokens":206}}}}"""
REFUSED = """{"header":{"code":11200,"message":"AppIdNoAuthError:(15:24:29.825) tokens.total",
"sid":"cht000bb55a@dx","status":2}}"""
CALL = """{"header":{"code":0,"message":"Success","sid":"cht1","status":2},"payload":{"choices":{
"status":2,"seq":0,"text":[{"content":"","role":"assistant","content_type":"text",
"function_call":{"arguments":"{\\"datetime\\":\\"今天\\",\\"location\\":\\"合肥\\"}",
"name":"天气查询"},"index":0}]},"usage":{"text":{"question_tokens":3,"prompt_tokens":3,
"completion_tokens":0,"total_tokens":3}}}}"""
SEARCH = """{"header":{"code":0,"message":"Success","sid":"cht1","status":1},"payload":{"plugins":{
"text":[{"name":"ifly_search","content":"[{\\"index\\":1,\\"url\\":\\"u\\",\\"title\\":\\"t\\"}]",
"content_type":"text","content_meta":null,"role":"tool","status":"finished","invoked":{
"namespace":"ifly_search","plugin_id":"ifly_search","plugin_ver":"","status_code":200,
"status_msg":"Success","type":"local"}}]}}}"""
THOUGHT = """{"header":{"code":0,"message":"Success","sid":"cht1","status":0},"payload":{"choices":{
"status":0,"seq":0,"text":[{"reasoning_content":"先想","content":"","role":"assistant",
"index":0}]}}}"""
PICTURE = """{"header":{"code":0,"message":"Success","sid":"cht1","status":0},"payload":{"choices":{
"status":2,"seq":0,"text":[{"content":"猫","role":"assistant","index":0,"content_type":"text",
"content_meta":{"desc":"","url":false}}]},"usage":{"text":{"question_tokens":4,
"prompt_tokens":277,"completion_tokens":1,"total_tokens":278}}}}"""

GOLDEN = {
    "first": (FIRST, Frame(0, "Success", SID, True, False, 0, "您", first=True)),
    "last": (LAST, Frame(0, "Success", SID, True, True, 6, "尾", usage=USAGE)),
    "error": (
        REFUSED,
        Frame(
            11200, "AppIdNoAuthError:(15:24:29.825) tokens.total", "cht000bb55a@dx", last=True
        ),
    ),
    "function call": (
        CALL,
        Frame(
            0, "Success", "cht1", True, True, 0,
            function_call=("天气查询", '{"datetime":"今天","location":"合肥"}'),
            usage=Usage(3, 0, 3),
        ),
    ),
    "search": (
        SEARCH,
        Frame(
            0, "Success", "cht1",
            plugins=(PluginResult("ifly_search", '[{"index":1,"url":"u","title":"t"}]'),),
        ),
    ),
    "reasoning": (
        THOUGHT, Frame(0, "Success", "cht1", True, False, 0, reasoning="先想", first=True)
    ),
    "image": (PICTURE, Frame(0, "Success", "cht1", True, True, 0, "猫", usage=Usage(277, 1, 278))),
}  # fmt: skip


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("form", [str, str.encode])
def test_the_examples_of_the_fact_sheet(name: str, form: Any) -> None:
    text, expected = GOLDEN[name]
    noted = Deviations(strict=True)
    assert decode_frame(form(text), noted) == expected
    assert read_frame(form(text), noted) == expected, "the longer way reads the same"


def choices(**keys: Any) -> str:
    header = {"code": 0, **keys.pop("header", {})}
    return json.dumps({"header": header, "payload": {"choices": keys}})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"header":{"code":0}}', Frame(0)),
        ('{"header":{"code":0,"status":2}}', Frame(0, last=True)),
        ('{"header":{"code":0},"payload":{}}', Frame(0)),
        ('{"header":{"code":0},"payload":{"plugins":{}}}', Frame(0)),
        (choices(text=[]), Frame(0, has_choices=True)),
        (choices(status=2), Frame(0, has_choices=True, last=True)),
        (choices(header={"status": 2}), Frame(0, has_choices=True, last=True)),
        (choices(status=1, text=[], header={"status": 2}), Frame(0, has_choices=True)),
        (choices(text=[{"content": None}]), Frame(0, has_choices=True)),
        (choices(text=[{}], status=2), Frame(0, has_choices=True, last=True)),
        (choices(header={"code": 10110}), Frame(10110, has_choices=True)),
        (choices(text=[{"function_call": None}]), Frame(0, has_choices=True)),
        (
            choices(text=[{"content": "a"}, {"content": "b"}]),
            Frame(0, has_choices=True, content="ab"),
        ),
    ],
)
def test_what_may_be_left_out(text: str, expected: Frame) -> None:
    assert decode_frame(text) == expected


@pytest.mark.parametrize(
    "counts",
    [
        {},
        {"question_tokens": "4"},
        {"question_tokens": None},
        {"prompt_tokens": -1},
        {"total_tokens": 1_000_000_001},
        {"completion_tokens": "2"},
        {"completion_tokens": None},
        {"further": 1},
    ],
)
def test_a_last_frame_is_read_alike_both_ways(counts: dict[str, Any]) -> None:
    header = {"code": 0, "message": "Success", "sid": "cht1", "status": 2}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, **counts}
    last = {"status": 2, "seq": 1, "text": [{"content": "好", "role": "assistant", "index": 0}]}
    payload = {"choices": last, "usage": {"text": usage}}
    text = json.dumps({"header": header, "payload": payload})
    quick, longer = Deviations(), Deviations()
    assert decode_frame(text, quick) == read_frame(text, longer)
    assert quick.names == longer.names


@pytest.mark.parametrize("keys", [{}, {"text": [{}]}, {"text": [{"content": "a"}, {}]}])
def test_a_piece_that_has_lost_its_text_is_told(keys: dict[str, Any]) -> None:
    noted = Deviations()
    decode_frame(choices(status=1, **keys), noted)
    assert "text_missing" in noted.names


def test_a_plugin_may_say_nothing() -> None:
    text = '{"header":{"code":0},"payload":{"plugins":{"text":[{"name":null}]}}}'
    assert decode_frame(text).plugins == (PluginResult("", ""),)


def test_a_search_frame_is_not_the_end_whatever_its_status() -> None:
    assert not decode_frame(SEARCH.replace('"status":1}', '"status":2}')).last


def test_token_counts_in_a_frame_without_choices_are_kept() -> None:
    body = json.loads(LAST)
    del body["payload"]["choices"]
    assert decode_frame(json.dumps(body)).usage == USAGE


MALFORMED = {
    "empty": b"",
    "text": b"hello marker",
    "half": b'{"header":{"code":0,"message":"marker',
    "invalid UTF-8": b'{"header":{"code":0,"message":"\xff\xfemarker"}}',
    "null": b"null",
    "list": b'["marker"]',
    "no header": b'{"payload":{"marker":1}}',
    "null header": b'{"header":null}',
    "code is text": b'{"header":{"code":"marker"}}',
    "code is a list": b'{"header":{"code":["marker"]}}',
    "two frames in a list": f"[{FIRST},{LAST}]".encode(),
    "a call without a name": (
        b'{"header":{"code":0},"payload":{"choices":{"text":[{"function_call":{"arguments":"marker"}}]}}}'
    ),
    "two frames in one": (FIRST + LAST).encode(),
    "too deep": b'{"header":' * 5000,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_frame_is_refused_without_being_quoted(name: str) -> None:
    with pytest.raises(ProtocolError, match=r"\d+ bytes|without the function's name") as caught:
        decode_frame(MALFORMED[name])
    shown = "".join(traceback.format_exception(caught.value))
    assert "marker" not in shown.partition("decode_frame")[2]


@given(st.one_of(st.binary(), st.text(), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["header", "code", "payload", "choices", "text", "usage"]), inner),
    max_leaves=12,
).map(json.dumps)))  # fmt: skip
def test_whatever_arrives_is_a_frame_or_an_error(data: bytes | str) -> None:
    try:
        frame = decode_frame(data)
    except ProtocolError:
        return
    assert isinstance(frame, Frame)


@pytest.mark.parametrize("before", [(), (Deviation.UNKNOWN_FIELD,)])
def test_what_every_frame_lacks_or_has_too_much_is_read_alike(
    before: tuple[Deviation, ...],
) -> None:
    header: dict[str, Any] = {"code": 0, "message": "Success", "sid": "s", "status": 1}
    text: dict[str, Any] = {"content": "你", "role": "assistant", "index": 0}
    piece: dict[str, Any] = {"status": 1, "seq": 3, "text": [text]}
    for place, name in [*product((header, piece, text), ("more",)), (header, "sid"),
                        (header, "message"), (piece, "seq"), (text, "role"),
                        (text, "function_call"), (piece, "status")]:  # fmt: skip
        kept = dict(place)
        place.pop(name, None) if name in kept else place.update({name: {"name": "f"}})
        frame = json.dumps({"header": header, "payload": {"choices": piece}}).encode()
        found, longer = Deviations(), Deviations()
        for kind in before:
            found.add(kind)
            longer.add(kind)
        assert decode_frame(frame, found) == read_frame(frame, longer), (name, kept)
        assert set(found.names) == set(longer.names), (name, kept)
        place.clear()
        place.update(kept)


def test_a_code_is_found_where_the_header_is_none() -> None:
    frame = decode_frame('{"header": 5, "code": 10013, "message": "no"}', Deviations())
    assert (frame.code, frame.message) == (10013, "no")
