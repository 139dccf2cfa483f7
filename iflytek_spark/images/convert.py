"""Converts and scales pictures with Pillow (the extra ``images``), for image understanding."""

from __future__ import annotations

import io
import math
import struct

from PIL import Image, ImageOps

from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.images.probe import MAX_BYTES, SIDES

MAX_PIXELS = 8192 * 6144
"""An image of more is not unpacked: 50 megapixels, as of a phone, take up to half a gigabyte."""

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
    """Convert an image into one that the service takes (PROTOCOL.md §6).

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
    image = _within_sides(_read(data))
    if image.mode == "RGBA":
        encoded = _encoded(image, "PNG")
        if len(encoded) <= MAX_BYTES:
            return encoded
        image = _on_white(image, image.size)
    return _short_jpeg(image)


def _read(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check(image)
            image.draft(None, _AMPLE)
            ImageOps.exif_transpose(image, in_place=True)
            pixels = _in_colour(image)
            pixels.info.clear()  # comments and profiles could be longer than the image
            return pixels
    except _BOMBS as error:
        raise InvalidRequestError("the image has too many pixels") from error
    except _BROKEN as error:
        raise InvalidRequestError("the image is broken, or not an image of a known kind") from error


def _check(image: Image.Image) -> None:
    """Look at the header, before anything is unpacked."""
    if image.width * image.height > MAX_PIXELS:
        raise InvalidRequestError(
            f"the image has {image.width}×{image.height} pixels",
            hint=f"at most {MAX_PIXELS} are unpacked; make it smaller",
        )
    if image.mode in _DEEP:
        raise InvalidRequestError(f"images of the pixel format {image.mode!r} are not converted")


def _in_colour(image: Image.Image) -> Image.Image:
    """Bring every pixel format to 8 bits of red, green and blue, and transparency if any."""
    if image.mode.startswith("I;16"):
        levels = image.convert("I").point(lambda level: level * (1 / 257))
        return levels.convert("L").convert("RGB")
    image.load()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _within_sides(image: Image.Image) -> Image.Image:
    """Scale up or down; an image too long and thin for that gets white margins."""
    short, long = min(image.size), max(image.size)
    factor = min(_LONGEST / long, max(1.0, _SHORTEST / short))
    scaled = _scaled(image, factor)
    size = max(scaled.width, _SHORTEST), max(scaled.height, _SHORTEST)
    return scaled if size == scaled.size else _on_white(scaled, size)


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    if factor == 1:
        return image
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _on_white(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Put an image into the middle of a white one, which shows where it is transparent."""
    white = Image.new("RGB", size, "white")
    corner = (size[0] - image.width) // 2, (size[1] - image.height) // 2
    white.paste(image, corner, image if image.mode == "RGBA" else None)
    return white


def _short_jpeg(image: Image.Image) -> bytes:
    """Encode, and as often as the file is too long, with fewer pixels again."""
    encoded = _encoded(image, "JPEG")
    while len(encoded) > MAX_BYTES:
        image = _scaled(image, _STEP * math.sqrt(MAX_BYTES / len(encoded)))
        encoded = _encoded(image, "JPEG")
    return encoded


def _encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, quality=_QUALITY)
    return file.getvalue()
