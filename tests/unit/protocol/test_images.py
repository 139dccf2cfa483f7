"""The bodies of the image generation service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import ContentFilterError, InvalidRequestError, ProtocolError
from iflytek_spark.models.services import IMAGE_SIZES, GeneratedImage
from iflytek_spark.protocol.wire.image import (
    ImageRequest,
    check_image_request,
    decode_image,
    decode_image_request,
    encode_image_answer,
    encode_image_request,
)
from iflytek_spark.protocol.wire.values import RequestRefusedError

SID = "cht000b702a@dx1"


def answer(content: object = "AAEC") -> bytes:
    """An answer as §7 shows it, written out by hand."""
    text = [{"content": content, "index": 0, "role": "assistant"}]
    header = {"code": 0, "message": "Success", "sid": SID, "status": 2}
    choices = {"status": 2, "seq": 0, "text": text}
    return json.dumps({"header": header, "payload": {"choices": choices}}).encode()


def test_a_request_as_the_documentation_shows_it() -> None:
    assert json.loads(encode_image_request("一只猫", 640, 360, "app1", "uid1")) == {
        "header": {"app_id": "app1", "uid": "uid1"},
        "parameter": {"chat": {"domain": "general", "width": 640, "height": 360}},
        "payload": {"message": {"text": [{"role": "user", "content": "一只猫"}]}},
    }


def test_an_answer() -> None:
    image = decode_image(answer())
    assert image == GeneratedImage(b"\0\1\2", SID)
    assert "data" not in repr(image)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "valid answer"),
        (b'{"header":{"code":0,"sid":"x"}}', "without an image"),
        (b'{"header":{"code":0},"payload":{"choices":{"text":[]}}}', "without an image"),
        (answer(5), "not base64"),
        (answer("***"), "not base64"),
        (answer(""), "empty"),
    ],
)
def test_what_is_no_image_is_an_error(body: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        decode_image(body)


def test_moderation() -> None:
    with pytest.raises(ContentFilterError, match="prompt"):
        decode_image(json.dumps({"header": {"code": 10021, "message": "no", "sid": SID}}).encode())


@pytest.mark.parametrize(("width", "height"), IMAGE_SIZES)
def test_legal_sizes(width: int, height: int) -> None:
    check_image_request("字" * 1000, width, height)


@pytest.mark.parametrize(
    ("prompt", "size", "words"),
    [
        ("", (512, 512), "empty"),
        (" \n", (512, 512), "empty"),
        (None, (512, 512), "not a text"),
        ("字" * 1001, (512, 512), "1001 characters — Spark takes at most 1000"),
        ("猫", (512, 511), "512x511 pixels — the sizes are 512x512, 640x360, .*1024x1024"),
        ("猫", (360, 640), "360x640"),
    ],
)
def test_what_the_service_would_refuse(prompt: Any, size: tuple[int, int], words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        check_image_request(prompt, *size)


@given(st.text(min_size=1), st.integers(), st.integers())
def test_the_service_reads_what_the_client_writes(prompt: str, width: int, height: int) -> None:
    read = decode_image_request(encode_image_request(prompt, width, height, "app1", "uid1"))
    assert read == ImageRequest("app1", "uid1", "general", prompt, width, height)


@given(st.binary(min_size=1))
def test_the_client_reads_what_the_service_writes(data: bytes) -> None:
    assert decode_image(encode_image_answer(SID, data)) == GeneratedImage(data, SID)


def test_the_size_may_be_left_out() -> None:
    body = {
        "header": {"app_id": "app1"},
        "parameter": {"chat": {"domain": "general"}},
        "payload": {"message": {"text": [{"role": "user", "content": "猫"}]}},
    }
    read = decode_image_request(json.dumps(body).encode())
    assert read == ImageRequest("app1", "", "general", "猫", 512, 512)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"[", 10003), (b"{}", 10004), (b'{"header":{"app_id":5}}', 10004)],
)
def test_what_the_service_cannot_read(body: bytes, code: int) -> None:
    with pytest.raises(RequestRefusedError) as caught:
        decode_image_request(body)
    assert caught.value.code == code
