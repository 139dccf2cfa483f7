"""Reads the header of a PNG or JPEG file: its format and size (PROTOCOL.md §6)."""

from __future__ import annotations

import struct
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class ImageHeader(NamedTuple):
    """What an image file says of itself.

    Attributes:
        format: ``PNG`` or ``JPEG``.
        width: pixels.
        height: pixels.
    """

    format: str
    width: int
    height: int


def read_header(data: bytes) -> ImageHeader | None:
    """Read the header of an image file.

    Args:
        data: the file.

    Returns:
        Its header, or None when it is no PNG and no JPEG.
    """
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return ImageHeader("PNG", width, height)
    return _read_jpeg(data) if data.startswith(_JPEG) else None


def _read_jpeg(data: bytes) -> ImageHeader | None:
    """Walk the segments up to the frame header, which holds the size."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack(">xBH", data[place : place + 4])
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return ImageHeader("JPEG", width, height)
        place += 2 + length
    return None
