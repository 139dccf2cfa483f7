"""Makes any picture one that image understanding takes (PROTOCOL.md §6)."""

from __future__ import annotations

import base64
import importlib
import re
import struct
import threading
from urllib.parse import unquote_to_bytes

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.pictures.limits import MAX_BYTES, SIDES

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_USUAL_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_USUAL_CHANNELS = (1, 3)  # grey and colour; four are for print
_CONVERTING = threading.BoundedSemaphore(2)
"""A picture in memory may take hundreds of megabytes; those that come meanwhile wait."""
_DATA_URL = re.compile(r"(?ai:data:image/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64)")


def prepare_image(data: bytes) -> bytes:
    """Make a picture one that the service takes.

    A JPEG or PNG file of a fitting size is returned unchanged, by a look at its header alone.
    Anything else is converted or scaled, which needs Pillow; an animation gives its first frame.
    It may take seconds for a large picture: async callers use a thread.

    Args:
        data: a file: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.

    Returns:
        A JPEG or PNG file of at most 4 MB, each side 50 to 6000 pixels (§6).

    Raises:
        InvalidRequestError: when it is no picture, a broken one or one with too many pixels, or
            when it must be converted and Pillow is not installed.
    """
    if _fits(data):
        return data
    try:
        conversion = importlib.import_module("iflytek_spark.pictures.convert")
    except ImportError as error:
        raise InvalidRequestError(
            "the image is not a JPEG or PNG of at most 4 MB with sides of 50 to 6000 pixels",
            hint='to have it converted: pip install "iflytek-spark[images]"',
        ) from error
    with _CONVERTING:
        converted: bytes = conversion.convert(data)
    return converted


def decode_data_url(url: str) -> bytes:
    """Return the file that stands in a ``data:image/…;base64,…`` URL.

    Args:
        url: the URL; its base64 has its padding, and may be percent-encoded.

    Returns:
        The file, whatever it is.

    Raises:
        InvalidRequestError: when it is not such a URL, or its base64 is broken or empty.
    """
    head, _, payload = url.partition(",")
    if not _DATA_URL.fullmatch(head):
        raise InvalidRequestError("the image's URL does not start with data:image/…;base64,")
    try:
        data = base64.b64decode(unquote_to_bytes(payload), validate=True)
    except ValueError as error:
        raise InvalidRequestError("the image's data URL is not base64") from error
    if not data:
        raise InvalidRequestError("the image's data URL is empty")
    return data


def _fits(data: bytes) -> bool:
    width, height = _png_size(data) or _jpeg_size(data) or (0, 0)
    return len(data) <= MAX_BYTES and width in SIDES and height in SIDES


def _png_size(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header; None for kinds that few readers know."""
    place = 2 if data.startswith(_JPEG) else len(data)
    while place + 10 <= len(data) and data[place] == 0xFF:
        marker, length = struct.unpack_from(">BH", data, place + 1)
        if marker in _FRAMES:
            height, width, channels = struct.unpack_from(">HHB", data, place + 5)
            usual = marker in _USUAL_FRAMES and channels in _USUAL_CHANNELS
            return (width, height) if usual else None
        place += 2 + length
    return None
