"""An image is loaded before anything is connected, and its bytes come first on the wire."""

from __future__ import annotations

import base64
import json

import pytest

from iflytek_spark.errors import APITimeoutError, InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, TextPart
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.steps import Connect, LoadImage, Send, Sleep
from iflytek_spark.requests.build import build_request
from iflytek_spark.timeouts import Timeouts
from tests._support.frames import error
from tests.unit.protocol.flow_helpers import Hand, Time, chat

PICTURE = ImagePart(url="https://example.com/cat.png")
FILE = b"\x89PNG\r\n\x1a\n..."


def looking(*, total: float = 600) -> Hand:
    spec = find_model("image")
    messages = [
        Message("user", (TextPart("看图"), PICTURE)),
        Message("assistant", "好"),
        Message("user", "图里有什么"),
    ]
    request = build_request(spec, messages, {})
    timeouts = Timeouts(connect=3, total=total)
    return Hand(chat(request, Time().clock, timeouts))


@pytest.mark.parametrize(("total", "patience"), [(600, 3), (2, 2)])
def test_loading_comes_first_and_has_the_patience_of_connecting(
    total: float, patience: float
) -> None:
    assert looking(total=total).step == LoadImage(PICTURE, patience)


def test_the_bytes_are_sent_first_in_base64() -> None:
    hand = looking()
    assert isinstance(hand.say(FILE), Connect)
    step = hand.say()
    assert isinstance(step, Send)
    image, *turns = json.loads(step.data)["payload"]["message"]["text"]
    assert image["content_type"] == "image"
    assert base64.b64decode(image["content"]) == FILE
    assert [(turn["role"], turn["content"]) for turn in turns] == [
        ("user", "看图"), ("assistant", "好"), ("user", "图里有什么"),
    ]  # fmt: skip


def test_a_second_try_does_not_load_it_again() -> None:
    hand = looking()
    hand.say(FILE)
    hand.receiving()
    assert isinstance(hand.say(error(10110, "busy")), Sleep)
    assert isinstance(hand.say(), Connect)


def test_an_image_that_cannot_be_had_ends_the_call() -> None:
    with pytest.raises(InvalidRequestError, match="no picture"):
        looking().throw(InvalidRequestError("no picture"))


def test_loading_that_takes_all_the_time_of_the_call_is_a_time_out_of_it() -> None:
    with pytest.raises(APITimeoutError, match="'connect' of 3 s"):
        looking().throw(TimeoutError())


def test_a_time_out_of_the_site_stays_what_it_is() -> None:
    slow = APITimeoutError("the site did not answer")
    with pytest.raises(APITimeoutError) as caught:
        looking().throw(slow)
    assert caught.value is slow
