"""Pictures become what image understanding takes (PROTOCOL.md §6)."""

from __future__ import annotations

import os
from typing import Any

import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from iflytek_spark.images.prepare import prepare_image
from iflytek_spark.images.probe import MAX_BYTES, SIDES, read_header
from tests.unit.images.drawing import BLUE, RED, drawn, halves, is_like, noise, opened, saved

WHITE = (255, 255, 255)

read_by_pillow_13 = pytest.mark.skipif(
    PIL.__version__ < "13", reason="Pillow before 13 reads YCbCr in a TIFF only if compressed"
)


def prepared(data: bytes) -> Image.Image:
    """Prepare a picture, have the emulator judge the result, and open it."""
    result = prepare_image(data)
    judged = read_header(result)
    assert judged is not None
    assert len(result) <= MAX_BYTES
    assert judged.width in SIDES
    assert judged.height in SIDES
    return opened(result)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("WEBP", "RGB"),
        ("GIF", "P"),
        ("BMP", "RGB"),
        ("BMP", "L"),
        ("TIFF", "RGB"),
        ("TIFF", "CMYK"),
        pytest.param("TIFF", "YCbCr", marks=read_by_pillow_13),
        ("TIFF", "LAB"),
        ("AVIF", "RGB"),
        ("JPEG", "CMYK"),
    ],
)
def test_other_formats_become_jpeg(kind: str, mode: str) -> None:
    picture = prepared(saved(halves((80, 60)).convert("RGB" if mode == "LAB" else mode), kind))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (80, 60))
    grey = mode == "L"
    assert grey or is_like(picture, (10, 30), RED)
    assert grey or is_like(picture, (70, 30), BLUE)


@pytest.mark.parametrize("compression", ["jpeg", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_a_compressed_tiff_becomes_jpeg(compression: str) -> None:
    picture = prepared(drawn((80, 60), "TIFF", "YCbCr", compression=compression))
    assert (picture.format, picture.size) == ("JPEG", (80, 60))
    assert is_like(picture, (10, 30), RED)
    assert is_like(picture, (70, 30), BLUE)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (50, 50)),
        ((49, 50), (50, 51)),
        ((16, 32), (50, 100)),
        ((1, 1000), (50, 6000)),
        ((6500, 3250), (6000, 3000)),
        ((6001, 60), (6000, 60)),
        ((12000, 300), (6000, 150)),
        ((9000, 10), (6000, 50)),
        ((50000, 1), (6000, 50)),
    ],
)
def test_sides_are_brought_into_the_limits(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert prepared(drawn(size, "PNG")).size == expected
    turned = size[1], size[0]
    assert prepared(drawn(turned, "PNG")).size == (expected[1], expected[0])


def test_a_picture_too_thin_gets_white_margins() -> None:
    picture = prepared(drawn((6000, 10), "PNG"))
    assert is_like(picture, (1500, 25), RED)
    assert is_like(picture, (1500, 2), WHITE)
    assert is_like(picture, (1500, 47), WHITE)


@given(st.integers(1, 120), st.integers(1, 120), st.sampled_from(("GIF", "BMP", "PNG")))
@settings(deadline=None)
def test_the_shape_stays(width: int, height: int, kind: str) -> None:
    picture = prepared(drawn((width, height), kind))
    factor = max(1.0, 50 / min(width, height))
    assert abs(picture.width - width * factor) <= 1
    assert abs(picture.height - height * factor) <= 1


def test_a_file_too_long_becomes_a_shorter_one() -> None:
    data = noise((1300, 1300), "PNG")
    assert len(data) > MAX_BYTES
    assert prepared(data).size == (1300, 1300)


def test_a_jpeg_too_long_loses_pixels() -> None:
    data = noise((3000, 2000), "JPEG", quality=95)
    picture = prepared(data)
    assert 1000 < picture.width < 3000
    assert abs(picture.width / picture.height - 1.5) < 0.01


def test_a_large_jpeg_is_unpacked_at_a_half() -> None:
    picture = prepared(drawn((7000, 6800), "JPEG"))
    assert picture.size == (3500, 3400)
    assert is_like(picture, (100, 100), RED)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_transparency_is_kept(kind: str) -> None:
    picture = prepared(saved(Image.new("RGBA", (40, 40)), kind))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (50, 50))
    assert picture.getpixel((25, 25)) == (0, 0, 0, 0)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_is_kept(mode: str) -> None:
    black: Any = (0, 0, 0) if mode == "RGB" else 0
    picture = prepared(saved(Image.new(mode, (40, 40)), "PNG", transparency=black))
    assert picture.getpixel((25, 25)) == (0, 0, 0, 0)


def test_a_transparent_picture_too_long_comes_on_white() -> None:
    pixels = opened(noise((1200, 1200), "PNG", "RGBA"))
    pixels.paste((0, 0, 0, 0), (0, 0, 200, 200))
    picture = prepared(saved(pixels, "PNG"))
    assert picture.format == "JPEG"
    assert is_like(picture, (100, 100), WHITE)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(kind: str) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    assert is_like(prepared(data), (25, 25), RED)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "TIFF"])
def test_a_picture_is_turned_as_its_exif_says(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn right by a quarter
    picture = prepared(drawn((40, 30), kind, exif=exif))
    assert picture.size == (50, 67)
    assert is_like(picture, (25, 10), RED)
    assert is_like(picture, (25, 57), BLUE)
    assert not picture.getexif()


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [("I;16", "PNG", {}), ("I;16", "PNG", {"transparency": 40000}), ("I;16B", "TIFF", {})],
)
def test_deep_grey_stays_grey(mode: str, kind: str, options: dict[str, Any]) -> None:
    picture = prepared(saved(Image.new(mode, (40, 40), 0x8080), kind, **options))
    assert is_like(picture, (25, 25), (128, 128, 128))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("GIF", {"comment": b"x" * 200_000}),
        ("PNG", {"icc_profile": os.urandom(50_000)}),
    ],
)
def test_what_is_not_the_picture_is_left_out(kind: str, options: dict[str, Any]) -> None:
    assert len(prepare_image(drawn((60, 40), kind, **options))) < 2000
