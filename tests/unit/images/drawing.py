"""Draws the pictures that the tests of pictures need."""

from __future__ import annotations

import io
import os
import struct
import zlib
from typing import Any

from PIL import Image

RED, BLUE = (255, 0, 0), (0, 0, 255)


def drawn(size: tuple[int, int], kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a file of one picture whose left half is red and whose right half is blue."""
    return saved(halves(size).convert(mode), kind, **options)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG file that promises much and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header
    return start + struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT"


def halves(size: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture


def noise(size: tuple[int, int], kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a file that no encoder makes small."""
    pixels = os.urandom(size[0] * size[1] * len(mode))
    return saved(Image.frombytes(mode, size, pixels), kind, **options)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def is_like(picture: Image.Image, place: tuple[int, int], colour: tuple[int, ...]) -> bool:
    """Compare one pixel, as far as JPEG keeps colours."""
    found = picture.convert("RGB").getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 24 for one, other in zip(found, colour, strict=True))
