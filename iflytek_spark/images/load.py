"""Loads the image of a message, wherever it is, for image understanding.

It has threads of its own: an event loop's usual ones look up names too, for everybody else's calls.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor

from iflytek_spark.errors import APITimeoutError, SparkError
from iflytek_spark.images.fetch import fetch_public
from iflytek_spark.images.prepare import decode_data_url, fits, is_large, prepare_image
from iflytek_spark.messages import ImagePart

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is fetched: it is scaled down to the service's 4 MB."""

_DATA = "data:"
_GRACE = 0.5
"""Seconds that fetching has beyond its time-out to say itself what was slow."""


class _Threads:
    """The threads of a process; each kind waits for its own."""

    def __init__(self) -> None:
        """Start none yet."""
        self.reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Start anew, in a process that was forked off: the parent's threads are not there."""
        self.fetching = ThreadPoolExecutor(8, "spark-image-fetch")
        self.converting = ThreadPoolExecutor(2, "spark-image")
        self.unpacking = ThreadPoolExecutor(1, "spark-image-large")

    def convert(self, data: bytes) -> Future[bytes]:
        """Begin to convert a file; of those that are large, one at a time."""
        pool = self.unpacking if is_large(data) else self.converting
        return pool.submit(prepare_image, data)


_threads = _Threads()


def load_image(image: ImagePart, timeout: float) -> bytes:
    """Return the file of an image in a form that Spark takes.

    Args:
        image: bytes, or an address: https, http or data.
        timeout: seconds for everything together.

    Returns:
        A JPEG or PNG file as PROTOCOL.md §6 asks for.

    Raises:
        InvalidRequestError: for an address that is not public, or a file that is no image.
        APIConnectionError: when the address cannot be reached.
        APITimeoutError: when the time is over.
    """
    deadline = time.monotonic() + timeout
    try:
        data = _file(image, deadline)
        return data if fits(data) else _converted(data, deadline)
    except SparkError as error:
        error.param = "messages"
        raise
    except TimeoutError:
        raise _too_slow(timeout) from None


async def aload_image(image: ImagePart, timeout: float) -> bytes:
    """Return the file of an image without blocking the loop; see :func:`load_image`."""
    loop, deadline = asyncio.get_running_loop(), time.monotonic() + timeout
    pool = _threads.fetching if image.url else _threads.converting
    try:
        async with asyncio.timeout(timeout + _GRACE):
            data = await loop.run_in_executor(pool, _file, image, deadline)
        if fits(data):
            return data
        async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
            return await asyncio.wrap_future(_threads.convert(data))
    except SparkError as error:
        error.param = "messages"
        raise
    except TimeoutError:
        raise _too_slow(timeout) from None


def _converted(data: bytes, deadline: float) -> bytes:
    converting = _threads.convert(data)
    try:
        return converting.result(deadline - time.monotonic())
    finally:
        converting.cancel()  # one that nobody waits for any more, and that has not begun


def _file(image: ImagePart, deadline: float) -> bytes:
    if not image.url:
        return image.data
    if image.url[: len(_DATA)].lower() == _DATA:
        return decode_data_url(image.url)
    return fetch_public(image.url, max_bytes=MAX_BYTES, timeout=deadline - time.monotonic())


def _too_slow(timeout: float) -> APITimeoutError:
    error = APITimeoutError(
        f"the image was not ready after {timeout:.3g} s",
        hint="send a smaller one, or raise Timeouts(connect=…)",
    )
    error.param = "messages"
    return error
