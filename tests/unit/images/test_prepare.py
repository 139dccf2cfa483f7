"""Which pictures go out unchanged or not at all (PROTOCOL.md §6), and data URLs."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.images.prepare import decode_data_url, prepare_image
from iflytek_spark.images.probe import MAX_BYTES, read_header
from tests.unit.images.drawing import drawn, png_header, saved


@pytest.mark.parametrize("size", [(50, 50), (50, 6000), (6000, 50), (640, 480)])
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
    ],
)
def test_what_the_service_takes_goes_out_unchanged(
    size: tuple[int, int], kind: str, mode: str, options: dict[str, Any]
) -> None:
    data = drawn(size, kind, mode, **options)
    assert prepare_image(data) is data


def test_the_largest_picture_goes_out_unchanged() -> None:
    data = png_header(6000, 6000)
    assert prepare_image(data) is data


def test_the_longest_file_goes_out_unchanged() -> None:
    data = drawn((60, 60), "PNG")
    data += bytes(MAX_BYTES - len(data))
    assert prepare_image(data) is data
    assert len(prepare_image(data + b"\0")) < 2000


def test_pillow_is_loaded_only_to_convert() -> None:
    program = (
        "import sys; from iflytek_spark.images.prepare import prepare_image;"
        "prepare_image(sys.stdin.buffer.read()); print('PIL' in sys.modules)"
    )
    loaded = [
        subprocess.run(
            [sys.executable, "-c", program], input=data, capture_output=True, check=True
        ).stdout.strip()
        for data in (drawn((60, 60), "JPEG"), drawn((60, 60), "GIF"))
    ]
    assert loaded == [b"False", b"True"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"<!DOCTYPE html><html></html>",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" * 20,
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        saved(Image.new("RGB", (60, 60)), "PPM"),
        drawn((40, 40), "PNG")[:60],
        drawn((640, 480), "WEBP")[:200],
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="broken, or not an image"):
        prepare_image(data)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_measurements_are_refused(mode: str) -> None:
    with pytest.raises(InvalidRequestError, match="pixel format"):
        prepare_image(saved(Image.new(mode, (60, 60)), "TIFF"))


@pytest.mark.parametrize(
    "size", [(8192, 6145), (50_000_000, 2), (12801, 12801), (60000, 60000), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError, match="pixels"):
        prepare_image(png_header(*size))


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@given(
    st.sampled_from([drawn((40, 30), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF")]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0, 1),
)
@settings(deadline=None)
def test_a_damaged_picture_is_refused_or_still_taken(
    data: bytes, bytes_of_damage: list[tuple[float, int]], kept: float
) -> None:
    damaged = bytearray(data)
    for place, value in bytes_of_damage:
        damaged[int(place * len(data))] = value
    for variant in (bytes(damaged), bytes(damaged[: int(kept * len(data))])):
        try:
            result = prepare_image(variant)
        except InvalidRequestError:
            continue
        assert read_header(result) is not None
        assert len(result) <= MAX_BYTES


def test_without_pillow_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = drawn((60, 60), "GIF")
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "iflytek_spark.images.convert", raising=False)
    with pytest.raises(InvalidRequestError, match="at most 4 MB") as caught:
        prepare_image(data)
    assert 'pip install "iflytek-spark[images]"' in caught.value.hint


@given(st.binary(min_size=1), st.sampled_from(["png", "jpeg", "svg+xml", "x-ms-bmp", "PNG"]))
def test_a_data_url_is_decoded(data: bytes, kind: str) -> None:
    text = base64.b64encode(data).decode()
    escaped = text.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")
    assert decode_data_url(f"data:image/{kind};base64,{text}") == data
    assert decode_data_url(f"DATA:image/{kind};name=a.png;BASE64,{escaped}") == data


@pytest.mark.parametrize(
    "url",
    [
        "",
        "data:",
        "data:image/png;base64",
        "data:image/png,AAAA",
        "data:image/;base64,AAAA",
        "data:text/html;base64,AAAA",
        "data:;base64,AAAA",
        "data:image/png;base64;x,AAAA",
        "http://example.com/data:image/png;base64,AAAA",
        "data:image/png;base64,",
        "data:image/png;base64,AAA",
        "data:image/png;base64,AAA=A",
        "data:image/png;base64,AA\nAA",
        "data:image/png;base64,A_-A",
        "data:image/png;base64,图片",
        "data:image/png;base64,%41%zz",
        "data:image/png;base64,\ud800",
    ],
)
def test_anything_else_is_not_a_data_url(url: str) -> None:
    with pytest.raises(InvalidRequestError, match="URL"):
        decode_data_url(url)
