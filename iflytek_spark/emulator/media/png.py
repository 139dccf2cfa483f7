"""Writes a small PNG file of any size, with nothing but zlib."""

from __future__ import annotations

import hashlib
import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
"""The colour type of an image whose pixels are numbers of a palette."""


def encode_png(prompt: str, width: int, height: int) -> bytes:
    """Write an image of one colour, which the prompt decides, of so many pixels.

    Returns:
        A PNG file of a few hundred bytes: one bit a pixel, and a palette of one colour.
    """
    colour = hashlib.blake2b(prompt.encode(), digest_size=3).digest()
    row = b"\0" * (1 + (width + 7) // 8)  # no filter, and colour 0 throughout
    header = struct.pack(">IIBBBBB", width, height, 1, _PALETTE, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", colour),
        (b"IDAT", zlib.compress(row * height)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
