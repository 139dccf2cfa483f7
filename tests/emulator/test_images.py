"""Image understanding: what may be sent, and what comes back (PROTOCOL.md §6)."""

from __future__ import annotations

import base64
import io
import struct
import sys
import zlib
from typing import Any
from zlib import crc32

import pytest
from PIL import Image

from iflytek_spark.emulator import Emulator
from tests.emulator.raw_client import Exchange, Turn, ask

_RED, _BLUE, _WHITE = (220, 20, 20), (30, 60, 230), (250, 250, 250)


def _png(width: int, height: int, data: bytes = b"") -> bytes:
    """A file whose header is right, and whose pixels are what they are."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc32(name + content))
        for name, content in chunks
    )


def coloured(colour: tuple[int, ...], mode: str = "RGB", kind: str = "PNG") -> bytes:
    """A square of one colour with a black stripe."""
    image = Image.new("RGB", (60, 60), colour)
    image.paste((0, 0, 0), (0, 0, 60, 10))
    file = io.BytesIO()
    image.convert(mode).save(file, kind)
    return file.getvalue()


def _jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + bytes(14)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + app + frame + b"\xff\xd9"


def _image(data: bytes) -> dict[str, str]:
    content = base64.b64encode(data).decode()
    return {"role": "user", "content": content, "content_type": "image"}


def _look(spark: Emulator, *turns: Turn, **request: Any) -> Exchange:
    return ask(spark, *turns, path="/v2.1/image", **{"domain": "imagev3", **request})


@pytest.mark.parametrize("domain", ["general", "imagev3"])
def test_the_frames_describe_their_content(spark: Emulator, domain: str) -> None:
    found = _look(spark, _image(coloured(_RED)), "这是什么？", domain=domain)
    assert all(text["content_type"] == "text" for text in found.texts)
    assert all(text["content_meta"] == {"desc": "", "url": False} for text in found.texts)
    assert {frame["header"]["status"] for frame in found.frames} == {0}
    assert found.frames[-1]["payload"]["choices"]["status"] == 2
    assert found.usage["prompt_tokens"] > 273


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (coloured(_RED), "红色"),
        (coloured(_BLUE, kind="JPEG"), "蓝色"),
        (coloured(_BLUE, "RGBA"), "蓝色"),
        (coloured(_WHITE, "L"), "白色"),
        (coloured(_RED, "P"), "红色"),
    ],
)
def test_it_sees_the_main_colour(spark: Emulator, data: bytes, name: str) -> None:
    text = _look(spark, _image(data), "这张图是什么颜色？").text
    assert f"主要颜色是{name}" in text
    assert "这张图是什么颜色？" in text


def test_it_sees_format_and_size(spark: Emulator) -> None:
    text = _look(spark, _image(_jpeg(640, 480)), "What is this?").text
    assert "a JPEG of 640 by 480 pixels" in text
    assert "mainly" not in text


def test_a_conversation_about_an_image(spark: Emulator) -> None:
    answer = {"role": "assistant", "content": "一张图"}
    found = _look(spark, _image(coloured(_RED)), "这是什么？", answer, "什么颜色？")
    assert "什么颜色？" in found.text


@pytest.mark.parametrize(
    "data",
    [
        _png(60, 60, b"no zlib"),
        _png(60, 60, zlib.compress(b"")),
        _png(60, 60, zlib.compress(b"\x05" * 1000)),
        coloured(_RED)[:-30],
        coloured(_RED)[:30] + bytes(100),
    ],
)
def test_a_picture_whose_pixels_cannot_be_read(spark: Emulator, data: bytes) -> None:
    text = _look(spark, _image(data), "这是什么？").text
    assert "60 像素" in text
    assert "颜色" not in text


def test_without_pillow_no_colour_is_named(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _image(coloured(_RED))
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "iflytek_spark.emulator.media.main_colour", raising=False)
    text = _look(spark, image, "这是什么？").text
    assert "60 像素" in text
    assert "颜色" not in text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_jpeg(50, 50), 0),
        (_jpeg(6000, 6000), 0),
        (_jpeg(12800, 100), 0),
        (_jpeg(12801, 100), 10029),
        (_png(100, 12801), 10029),
        (_jpeg(50, 49), 10041),
        (_jpeg(6000, 6001), 10041),
        (b"GIF89a" + bytes(100), 10003),
        (b"\xff\xd8\xff\xe0", 10003),
        (b"\x89PNG\r\n\x1a\n", 10003),
        (coloured(_RED) + bytes(4 * 1024 * 1024), 10003),
    ],
)
def test_limits(spark: Emulator, data: bytes, code: int) -> None:
    assert _look(spark, _image(data), "这是什么？").error[0] == code


def test_what_is_no_base64(spark: Emulator) -> None:
    image = {"role": "user", "content": "data:image/png;base64,AAAA", "content_type": "image"}
    assert _look(spark, image, "这是什么？").error[0] == 10003


def test_one_image_and_it_comes_first(spark: Emulator) -> None:
    image = _image(coloured(_RED))
    answer = {"role": "assistant", "content": "一张图"}
    assert _look(spark, "这是什么？").error[0] == 10003
    assert _look(spark, image, image, "这是什么？").error[0] == 10003
    assert _look(spark, "你好", answer, image, "这是什么？").error[0] == 10003
    assert _look(spark, image).error[0] == 10003


def test_too_many_tokens_beside_the_image(spark: Emulator) -> None:
    assert _look(spark, _image(coloured(_RED)), "字" * 12_000).error[0] == 10907
