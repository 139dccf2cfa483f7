"""Converts and scales pictures with Pillow (the extra ``images``), for image understanding."""

from __future__ import annotations

import io
import math
import struct

from PIL import Image, ImageOps

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.images.probe import MAX_BYTES, SIDES

MAX_PIXELS = 8192 * 6144
"""A picture of more is not unpacked: 50 megapixels, as of a phone, take up to half a gigabyte."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_QUALITY = 90
_STEP = 0.9
_AMPLE = (3000, 3000)  # a JPEG that stays larger than this is unpacked at a half or less
_SHORTEST, _LONGEST = SIDES[0], SIDES[-1]
_DEEP = ("I", "F")  # how bright their white is, only their maker knows
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_BROKEN = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""What Pillow raises for broken files; one may break any of its readers' expectations."""


def convert(data: bytes) -> bytes:
    """Convert a picture into one that the service takes (PROTOCOL.md §6).

    It is turned as its EXIF says. Its first frame is scaled into the limits, and padded when
    its shape does not allow that. With transparency it becomes a PNG; when it has none, or the
    PNG is too long, a JPEG on white, small enough for 4 MB.

    Args:
        data: a file of a format that Pillow reads.

    Returns:
        A JPEG or PNG file.

    Raises:
        InvalidRequestError: when it cannot be read, or has more than 50 million pixels.
    """
    picture = _within_sides(_read(data))
    if picture.mode == "RGBA":
        encoded = _encoded(picture, "PNG")
        if len(encoded) <= MAX_BYTES:
            return encoded
        picture = _on_white(picture, picture.size)
    return _short_jpeg(picture)


def _read(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            _check(picture)
            picture.draft(None, _AMPLE)
            ImageOps.exif_transpose(picture, in_place=True)
            pixels = _in_colour(picture)
            pixels.info.clear()  # comments and profiles could be longer than the picture
            return pixels
    except _BOMBS as error:
        raise InvalidRequestError("the image has too many pixels") from error
    except _BROKEN as error:
        raise InvalidRequestError("the image is broken, or not an image of a known kind") from error


def _check(picture: Image.Image) -> None:
    """Look at the header, before anything is unpacked."""
    if picture.width * picture.height > MAX_PIXELS:
        raise InvalidRequestError(
            f"the image has {picture.width}×{picture.height} pixels",
            hint=f"at most {MAX_PIXELS} are unpacked; make it smaller",
        )
    if picture.mode in _DEEP:
        raise InvalidRequestError(f"images of the pixel format {picture.mode!r} are not converted")


def _in_colour(picture: Image.Image) -> Image.Image:
    """Bring every pixel format to 8 bits of red, green and blue, and transparency if any."""
    if picture.mode.startswith("I;16"):
        levels = picture.convert("I").point(lambda level: level * (1 / 257))
        return levels.convert("L").convert("RGB")
    picture.load()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _within_sides(picture: Image.Image) -> Image.Image:
    """Scale up or down; a picture too long and thin for that gets white margins."""
    short, long = min(picture.size), max(picture.size)
    factor = min(_LONGEST / long, max(1.0, _SHORTEST / short))
    scaled = _scaled(picture, factor)
    size = max(scaled.width, _SHORTEST), max(scaled.height, _SHORTEST)
    return scaled if size == scaled.size else _on_white(scaled, size)


def _scaled(picture: Image.Image, factor: float) -> Image.Image:
    if factor == 1:
        return picture
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _on_white(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Put a picture into the middle of a white one, which shows where it is transparent."""
    white = Image.new("RGB", size, "white")
    corner = (size[0] - picture.width) // 2, (size[1] - picture.height) // 2
    white.paste(picture, corner, picture if picture.mode == "RGBA" else None)
    return white


def _short_jpeg(picture: Image.Image) -> bytes:
    """Encode, and as often as the file is too long, with fewer pixels again."""
    encoded = _encoded(picture, "JPEG")
    while len(encoded) > MAX_BYTES:
        picture = _scaled(picture, _STEP * math.sqrt(MAX_BYTES / len(encoded)))
        encoded = _encoded(picture, "JPEG")
    return encoded


def _encoded(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, quality=_QUALITY)
    return file.getvalue()
