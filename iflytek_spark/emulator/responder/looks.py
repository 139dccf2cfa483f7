"""Says what can be seen in a picture without a vision model: size, format, main colour."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

from iflytek_spark.emulator.pictures import Picture, read_picture
from iflytek_spark.emulator.responder.words import is_chinese

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PIXELS = 65536
_PALETTE = {
    ("黑色", "black"): (0, 0, 0),
    ("白色", "white"): (255, 255, 255),
    ("灰色", "grey"): (128, 128, 128),
    ("红色", "red"): (220, 30, 30),
    ("橙色", "orange"): (255, 150, 30),
    ("黄色", "yellow"): (250, 230, 40),
    ("绿色", "green"): (40, 160, 60),
    ("青色", "cyan"): (40, 200, 210),
    ("蓝色", "blue"): (40, 70, 220),
    ("紫色", "purple"): (140, 50, 170),
    ("粉色", "pink"): (250, 160, 190),
    ("棕色", "brown"): (120, 75, 40),
}


def describe(content: str, question: str) -> str | None:
    """Describe a picture in the question's language.

    Args:
        content: the file in base64.
        question: what was asked about it; it is repeated.

    Returns:
        A few sentences, or None when the file cannot be read.
    """
    picture = read_picture(content)
    if picture is None:
        return None
    colour = _main_colour(picture)
    size = (picture.width, picture.height)
    if is_chinese(question):
        seen = f"，主要颜色是{colour[0]}" if colour else ""
        text = "这张图片是 {} 格式，宽 {} 像素，高 {} 像素".format(picture.format, *size)
        return f"{text}{seen}。你问的是：“{question}”"
    seen = f", mainly {colour[1]}" if colour else ""
    text = "The picture is a {} of {} by {} pixels".format(picture.format, *size)
    return f"{text}{seen}. You asked: “{question}”"


def _main_colour(picture: Picture) -> tuple[str, str] | None:
    """Name the most frequent colour of a PNG's upper part, in Chinese and English."""
    if picture.format != "PNG":
        return None
    try:
        counts = Counter(_pixels(picture))
    except (struct.error, zlib.error, IndexError, KeyError):
        return None
    if not counts:
        return None
    (main, _), *_ = counts.most_common(1)
    return min(_PALETTE, key=lambda name: _distance(_PALETTE[name], main))


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other))


def _pixels(picture: Picture) -> Iterator[tuple[int, ...]]:
    """Yield the colours of an image of 8 bits a channel without interlacing (PNG §11.2.2)."""
    depth, kind, _, _, interlaced = picture.data[24:29]
    if depth != 8 or interlaced:
        return
    chunks = list(_chunks(picture.data))
    palette = next((data for name, data in chunks if name == b"PLTE"), b"")
    channels = _CHANNELS[kind]
    rows = min(picture.height, _PIXELS // picture.width + 1)
    packed = b"".join(data for name, data in chunks if name == b"IDAT")
    data = zlib.decompressobj().decompress(packed, rows * (picture.width * channels + 1))
    for row in _rows(data, picture.width * channels, channels):
        for start in range(0, len(row), channels):
            yield _colour(kind, row[start : start + channels], palette)


def _colour(kind: int, sample: bytes, palette: bytes) -> tuple[int, ...]:
    if kind == 3:
        return tuple(palette[3 * sample[0] : 3 * sample[0] + 3])
    return tuple(sample[:3]) if kind in (2, 6) else (sample[0],) * 3


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 8
    while place + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        yield name, data[place + 8 : place + 8 + length]
        place += 12 + length


def _rows(data: bytes, width: int, step: int) -> Iterator[bytes]:
    """Undo the filters of the rows (PNG §9)."""
    above = bytes(width)
    for start in range(0, len(data) - width, width + 1):
        above = _unfiltered(data[start], data[start + 1 : start + 1 + width], above, step)
        yield above


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    plain = bytearray(row)
    for index, value in enumerate(row):
        left = plain[index - step] if index >= step else 0
        corner = above[index - step] if index >= step else 0
        up = above[index]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        plain[index] = (value + guess) & 0xFF
    return bytes(plain)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
