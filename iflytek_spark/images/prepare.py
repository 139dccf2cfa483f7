"""Makes any picture one that image understanding takes (PROTOCOL.md §6)."""

from __future__ import annotations

import binascii
import importlib
import re
from urllib.parse import unquote_to_bytes

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.images.probe import MAX_BYTES, SIDES, read_header

_LARGE = 8_000_000
"""Pixels above which a picture is large: in memory it may take hundreds of megabytes."""
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
    if fits(data):
        return data
    try:
        conversion = importlib.import_module("iflytek_spark.images.convert")
    except ImportError as error:
        raise InvalidRequestError(
            "the image is not a JPEG or PNG of at most 4 MB with sides of 50 to 6000 pixels",
            hint='to have it converted: pip install "iflytek-spark[images]"',
        ) from error
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
        # Without a copy more than it takes: an image may be large.
        plain = unquote_to_bytes(payload) if "%" in payload else payload
        data = binascii.a2b_base64(plain, strict_mode=True)
    except ValueError as error:
        raise InvalidRequestError("the image's data URL is not base64") from error
    if not data:
        raise InvalidRequestError("the image's data URL is empty")
    return data


def is_large(data: bytes) -> bool:
    """Return whether a file may take much memory once it is unpacked, as far as its header says."""
    header = read_header(data)
    return header is None or header.width * header.height > _LARGE


def fits(data: bytes) -> bool:
    """Return whether the service takes a file as it is."""
    header = read_header(data)
    if header is None or not header.common or len(data) > MAX_BYTES:
        return False
    return header.width in SIDES and header.height in SIDES
