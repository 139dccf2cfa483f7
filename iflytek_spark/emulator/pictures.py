"""Reads as much of a PNG or JPEG file as the emulator needs (PROTOCOL.md §6)."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import NamedTuple

_LARGEST = 4 * 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Picture(NamedTuple):
    """An image file that was read.

    Attributes:
        format: ``PNG`` or ``JPEG``.
        width: pixels.
        height: pixels.
        data: the file.
    """

    format: str
    width: int
    height: int
    data: bytes


def read_picture(content: str) -> Picture | None:
    """Read an image as it stands in a message.

    Args:
        content: the file in base64.

    Returns:
        The picture, or None when it is not base64, not a PNG or JPEG, or above 4 MB.
    """
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) > _LARGEST:
        return None
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return Picture("PNG", width, height, data)
    return _read_jpeg(data) if data.startswith(_JPEG) else None


def _read_jpeg(data: bytes) -> Picture | None:
    """Walk the segments up to the frame header, which holds the size."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack(">xBH", data[place : place + 4])
        if marker in _FRAME_MARKERS:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return Picture("JPEG", width, height, data)
        place += 2 + length
    return None
