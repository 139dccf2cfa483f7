"""Loads the image of a message, wherever it is, for image understanding."""

from __future__ import annotations

from iflytek_spark.errors import SparkError
from iflytek_spark.images.fetch import fetch_public
from iflytek_spark.images.prepare import decode_data_url, prepare_image
from iflytek_spark.messages import ImagePart

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is fetched: it is scaled down to the service's 4 MB."""


def load_image(image: ImagePart, timeout: float) -> bytes:
    """Return the file of an image in a form that Spark takes.

    Args:
        image: bytes, or an address: https, http or data.
        timeout: seconds for fetching.

    Returns:
        A JPEG or PNG file as PROTOCOL.md §6 asks for.

    Raises:
        InvalidRequestError: for an address that is not public, or a file that is no image.
        APIConnectionError: when the address cannot be reached.
    """
    try:
        return prepare_image(_file(image, timeout))
    except SparkError as error:
        error.param = "messages"
        raise


def _file(image: ImagePart, timeout: float) -> bytes:
    if not image.url:
        return image.data
    if image.url.lower().startswith("data:"):
        return decode_data_url(image.url)
    return fetch_public(image.url, max_bytes=MAX_BYTES, timeout=timeout)
