"""Reads the header of a PNG or JPEG file; and what image understanding takes (PROTOCOL.md §6)."""

from __future__ import annotations

import struct
from typing import NamedTuple

MAX_BYTES = 4 * 1024 * 1024
"""The largest file: 4 MB (§6)."""

SIDES = range(50, 6000 + 1)
"""Pixels that a side may have: 50×50 to 6000×6000, else error 10041 (§6)."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_COMMON_MARKERS = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_COMMON_CHANNELS = (1, 3)  # grey and colour; four are for print


class ImageHeader(NamedTuple):
    """What an image file says of itself.

    Attributes:
        format: ``PNG`` or ``JPEG``.
        width: pixels.
        height: pixels.
        common: whether it is of a kind that most readers know.
    """

    format: str
    width: int
    height: int
    common: bool = True


def read_header(data: bytes) -> ImageHeader | None:
    """Read the header of an image file; None when it is no PNG and no JPEG."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return ImageHeader("PNG", width, height)
    return _read_jpeg(data) if data.startswith(_JPEG) else None


def _read_jpeg(data: bytes) -> ImageHeader | None:
    """Walk the segments up to the frame header, which holds the size."""
    place = 2
    while place + 10 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, place + 1)
        if marker in _FRAME_MARKERS:
            height, width, channels = struct.unpack_from(">HHB", data, place + 5)
            common = marker in _COMMON_MARKERS and channels in _COMMON_CHANNELS
            return ImageHeader("JPEG", width, height, common)
        place += 2 + length
    return None
