"""Pictures have threads and a deadline of their own, and a large one is alone in memory."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator

import pytest

from iflytek_spark import AsyncSparkClient, ImagePart, Message, SparkClient, TextPart, Timeouts
from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import APITimeoutError, InvalidRequestError
from iflytek_spark.images import convert
from iflytek_spark.images.load import aload_image, load_image
from tests.unit.images.drawing import drawn, png_header

LARGE, SMALL = drawn((4000, 3000), "PNG") + bytes(5_000_000), drawn((40, 40), "PNG")


class Gate:
    """Keeps conversions from ending, and counts those of large pictures that run at once."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.running = self.most = 0
        self._lock = threading.Lock()
        self._read = convert._read

    def read(self, data: bytes) -> object:
        if len(data) < 1_000_000:
            return self._read(data)
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.opened.wait(10)
        with self._lock:
            self.running -= 1
        return self._read(SMALL)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(convert, "_read", gate.read)
    yield gate
    gate.opened.set()
    load_image(ImagePart(LARGE), 10)  # the last in the queue


def asking(data: bytes) -> list[Message]:
    return [Message("user", (TextPart("看图"), ImagePart(data)))]


def test_a_picture_that_takes_long_ends_with_the_calls_time(emulator: Emulator, gate: Gate) -> None:
    timeouts = Timeouts(connect=0.3)
    client = SparkClient(emulator.credentials, base_url=emulator.base_url, timeout=timeouts)
    started = time.monotonic()
    with pytest.raises(APITimeoutError, match="image"):
        client.chat(asking(LARGE), model="image")
    assert time.monotonic() - started < 3
    assert emulator.handshakes == ()


def test_others_are_not_kept_waiting(emulator: Emulator, gate: Gate) -> None:
    """Names are looked up in the loop's own threads; calls with small pictures go on too."""

    async def main() -> None:
        client = AsyncSparkClient(
            emulator.credentials,
            base_url=emulator.base_url.replace("127.0.0.1", "localhost"),
            timeout=Timeouts(connect=5),
        )
        many = 3 * ((os.cpu_count() or 1) + 4)
        waiting = [asyncio.ensure_future(aload_image(ImagePart(LARGE), 9)) for _ in range(many)]
        await asyncio.sleep(0.1)
        async with asyncio.timeout(4):
            assert (await client.chat("你好")).text
            assert (await client.chat(asking(SMALL), model="image")).text
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(main())
    assert gate.most == 1


def test_large_ones_are_unpacked_one_at_a_time(gate: Gate) -> None:
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(load_image(ImagePart(LARGE), 10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    gate.opened.set()
    for thread in threads:
        thread.join()
    assert (len(results), gate.most) == (4, 1)


def test_a_bad_picture_is_told_of_either_way() -> None:
    bomb = ImagePart(png_header(60000, 60000))
    with pytest.raises(InvalidRequestError, match="pixels") as caught:
        load_image(bomb, 5)
    assert caught.value.param == "messages"
    with pytest.raises(InvalidRequestError, match="pixels") as caught:
        asyncio.run(aload_image(bomb, 5))
    assert caught.value.param == "messages"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_process_that_was_forked_off_has_threads_too() -> None:
    load_image(ImagePart(SMALL), 5)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            load_image(ImagePart(SMALL), 5)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
