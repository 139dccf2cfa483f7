"""Images in every form reach image understanding as it wants them, or nothing is sent."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from iflytek_spark.emulator import Emulator
from iflytek_spark.models.catalogue import find_model
from tests.langchain_spark.asking import WAYS, Make, ask
from tests.unit.images.drawing import drawn, noise

PNG = drawn((64, 60), "PNG")
B64 = base64.b64encode(PNG).decode()
DATA_URL = f"data:image/png;base64,{B64}"
FORMS: dict[str, dict[str, Any]] = {
    "OpenAI": {"type": "image_url", "image_url": {"url": DATA_URL, "detail": "low"}},
    "OpenAI, short": {"type": "image_url", "image_url": DATA_URL},
    "LangChain 1, base64": {"type": "image", "base64": B64, "mime_type": "image/png"},
    "LangChain 1, url": {"type": "image", "url": DATA_URL},
    "LangChain 0, base64": {
        "type": "image", "source_type": "base64", "data": B64, "mime_type": "image/png",
    },
    "LangChain 0, url": {"type": "image", "source_type": "url", "url": DATA_URL},
    "Anthropic, base64": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": B64},
    },
    "Anthropic, url": {"type": "image", "source": {"type": "url", "url": DATA_URL}},
}  # fmt: skip
LOOK = {"type": "text", "text": "图里是什么"}


def with_image(block: dict[str, Any], *, after: bool = False) -> list[HumanMessage]:
    return [HumanMessage([LOOK, block] if after else [block, LOOK])]


def sent(spark: Emulator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spark.requests[-1].body["payload"]["message"]["text"]
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("after", [False, True])
@WAYS
async def test_every_form_is_the_same_picture(
    chat: Make, spark: Emulator, form: str, after: bool, how: str
) -> None:
    message = await ask(chat(), with_image(FORMS[form], after=after), how)
    image, question = sent(spark)
    assert image == {"role": "user", "content": B64, "content_type": "image"}
    assert (question["role"], question["content"]) == ("user", "图里是什么")
    assert "PNG" in message.text
    assert "64" in message.text
    assert message.response_metadata["model_name"] == "image"


def test_the_image_stands_before_the_whole_conversation(chat: Make, spark: Emulator) -> None:
    chat().invoke(
        [
            SystemMessage("简短回答"),
            HumanMessage("你好"),
            AIMessage("你好！"),
            *with_image(FORMS["OpenAI"]),
            AIMessage("一张图"),
            HumanMessage("多宽"),
        ]
    )
    image, *turns = sent(spark)
    assert image["content"] == B64
    assert [(turn["role"], turn["content"]) for turn in turns] == [
        ("user", "简短回答\n\n你好"),
        ("assistant", "你好！"),
        ("user", "图里是什么"),
        ("assistant", "一张图"),
        ("user", "多宽"),
    ]


@pytest.mark.parametrize(
    ("settings", "options", "domain"),
    [
        ({}, {}, "general"),
        ({"image_model": "imagev3"}, {}, "imagev3"),
        ({"image_model": find_model("imagev3")}, {}, "imagev3"),
        ({"model": "imagev3"}, {}, "imagev3"),
        ({"model": "imagev3", "image_model": None}, {}, "imagev3"),
        ({"model": "lite"}, {"model": "imagev3"}, "imagev3"),
    ],
)
def test_the_model_that_looks(
    chat: Make, spark: Emulator, settings: Any, options: Any, domain: str
) -> None:
    chat(**settings).invoke(with_image(FORMS["OpenAI"]), **options)
    assert spark.requests[-1].path == "/v2.1/image"
    assert spark.requests[-1].body["parameter"]["chat"]["domain"] == domain


def test_text_alone_goes_to_the_text_model(chat: Make, spark: Emulator) -> None:
    chat().invoke([HumanMessage([LOOK])])
    assert spark.requests[-1].path == "/v4.0/chat"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF", "BMP"])
def test_other_formats_are_converted(chat: Make, spark: Emulator, kind: str) -> None:
    data = base64.b64encode(drawn((64, 60), kind)).decode()
    chat().invoke(
        with_image({"type": "image", "base64": data, "mime_type": f"image/{kind.lower()}"})
    )
    head = base64.b64decode(sent(spark)[0]["content"])
    assert head.startswith((b"\x89PNG", b"\xff\xd8\xff"))


def test_a_large_image_is_made_smaller(chat: Make, spark: Emulator) -> None:
    file = noise((1300, 1300), "PNG")
    assert len(file) > 4 * 2**20
    data = base64.b64encode(file).decode()
    chat().invoke(with_image({"type": "image", "base64": data, "mime_type": "image/png"}))
    assert len(base64.b64decode(sent(spark)[0]["content"])) <= 4 * 2**20


BAD = {
    "no file": ({"type": "image", "file_id": "f-1"}, "without url or base64"),
    "no picture": ({"type": "image", "base64": "aGVsbG8=", "mime_type": "image/png"}, "image"),
    "no base64": ({"type": "image", "base64": "???", "mime_type": "image/png"}, "not base64"),
    "no image at all": ({"type": "image_url", "image_url": "data:text/plain;base64,aGk="}, "data:"),
    "a private address": (
        {"type": "image", "url": "http://127.0.0.1:9/cat.png"},
        "not at a public address",
    ),
    "this machine": (
        {"type": "image_url", "image_url": "http://localhost:9/"},
        "not at a public address",
    ),
    "a path": ({"type": "image", "url": "file:///etc/passwd"}, "http"),
    "audio": ({"type": "audio", "base64": "aGk=", "mime_type": "audio/wav"}, "'audio'"),
    "a PDF": ({"type": "file", "base64": "aGk=", "mime_type": "application/pdf"}, "'file'"),
}


@pytest.mark.parametrize("name", BAD)
@WAYS
async def test_what_cannot_be_looked_at_is_refused_and_nothing_sent(
    chat: Make, spark: Emulator, name: str, how: str
) -> None:
    block, words = BAD[name]
    with pytest.raises(core.ModelInvalidRequestError, match=words):
        await ask(chat(), with_image(block), how)
    assert not spark.requests


def test_too_many_pixels_are_refused(chat: Make, spark: Emulator) -> None:
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (40000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    data = base64.b64encode(head).decode()
    with pytest.raises(core.ModelInvalidRequestError):
        chat().invoke(with_image({"type": "image", "base64": data, "mime_type": "image/png"}))
    assert not spark.requests


def test_the_newest_image_is_looked_at(chat: Make, spark: Emulator) -> None:
    chat().invoke([*with_image(FORMS["OpenAI"]), *with_image(FORMS["OpenAI"])])
    image, turn = sent(spark)
    assert image["content"] == B64
    size = -(-(len(B64) * 3 // 4) // 1024)
    assert turn["content"].startswith(f"[image/png, {size} KB, not shown]\n图里是什么")


@WAYS
async def test_a_text_model_alone_refuses_images(chat: Make, spark: Emulator, how: str) -> None:
    with pytest.raises(core.ModelInvalidRequestError, match=r"'4\.0Ultra' cannot look at images"):
        await ask(chat(image_model=None), with_image(FORMS["OpenAI"]), how)
    assert not spark.requests


def test_the_profile_says_what_can_be_looked_at(chat: Make) -> None:
    seeing, blind = chat(model="image").profile, chat(image_model=None).profile
    assert seeing is not None
    assert blind is not None
    assert seeing["image_inputs"] is True
    assert blind["image_inputs"] is False
