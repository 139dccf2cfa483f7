"""Finds the colour that an image file has most of, with Pillow."""

from __future__ import annotations

import io
import struct
from collections import Counter

from PIL import Image

_SAMPLE = (64, 64)
_BROKEN = (EOFError, LookupError, OSError, SyntaxError, TypeError, ValueError, struct.error)
"""What Pillow raises for broken files of the two formats."""


def main_colour(data: bytes) -> tuple[int, int, int] | None:
    """Return the most frequent colour in a sample of the pixels of a PNG or JPEG file.

    Returns:
        Red, green and blue, each from 0 to 255, or None when the pixels cannot be read.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            image.draft("RGB", _SAMPLE)
            sample = image.resize(_SAMPLE, Image.Resampling.NEAREST).convert("RGBA")
    except _BROKEN:
        return None
    red, green, blue = (sample.getchannel(name).tobytes() for name in "RGB")
    return Counter(zip(red, green, blue)).most_common(1)[0][0]
