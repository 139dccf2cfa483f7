"""Images from a description, from a thread and from an event loop alike."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import (
    ContentFilterError,
    InternalServerError,
    InvalidRequestError,
    ProtocolError,
)
from iflytek_spark.models.services import IMAGE_SIZES
from tests.unit.embeddings.embedding_helpers import Caller


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(("width", "height"), IMAGE_SIZES)
def test_an_image_of_each_size(emulator: Emulator, caller: Caller, width: int, height: int) -> None:
    image = caller.paint(emulator, "一只猫", width=width, height=height)
    assert size(image.data) == (width, height)
    assert image.sid.startswith("cht")
    (request,) = emulator.requests
    assert request.path == "/v2.1/tti"


def test_the_usual_size(emulator: Emulator, caller: Caller) -> None:
    assert size(caller.paint(emulator, "一只猫").data) == (512, 512)


@pytest.mark.parametrize(
    ("prompt", "options", "words"),
    [
        ("猫", {"width": 100}, "100x512 pixels — the sizes are 512x512, 640x360"),
        ("字" * 1001, {}, "1001 characters"),
        (" ", {}, "empty"),
        (None, {}, "not a text"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    emulator: Emulator, caller: Caller, prompt: Any, options: dict[str, int], words: str
) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        caller.paint(emulator, prompt, **options)
    assert not emulator.handshakes


def test_a_busy_service_is_asked_again(emulator: Emulator, caller: Caller) -> None:
    emulator.script(faults.ErrorFrame(10008))
    assert caller.paint(emulator, "猫").data
    assert len(emulator.requests) == 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.ErrorFrame(10021), ContentFilterError),
        (faults.ErrorFrame(10022), ContentFilterError),
        (faults.ErrorFrame(10008), InternalServerError),
        (faults.Replay(("{",)), ProtocolError),
    ],
)
def test_failures(
    emulator: Emulator, caller: Caller, fault: faults.Fault, kind: type[Exception]
) -> None:
    emulator.script(fault)
    with pytest.raises(kind):
        caller.paint(emulator, "猫", max_retries=0)
