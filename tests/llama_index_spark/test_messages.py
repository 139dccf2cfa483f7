"""Every kind of block and role: accepted, passed over, or refused by its name."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)

from iflytek_spark import errors
from iflytek_spark.emulator import Emulator
from iflytek_spark.emulator.media.png import encode_png
from llama_index_spark import SparkLLM
from tests._support.llama_index import WAYS
from tests.llama_index_spark.conftest import MakeLLM, contents

PICTURE = encode_png("sea", 512, 512)


@pytest.mark.parametrize(
    ("role", "sent"),
    [
        (MessageRole.SYSTEM, "system"),
        (MessageRole.DEVELOPER, "system"),
        (MessageRole.ASSISTANT, "assistant"),
        (MessageRole.CHATBOT, "assistant"),
        (MessageRole.MODEL, "assistant"),
    ],
)
def test_roles(llm: SparkLLM, spark: Emulator, role: MessageRole, sent: str) -> None:
    opening = [ChatMessage("零")] if sent == "assistant" else []
    llm.chat([*opening, ChatMessage("一", role=role), ChatMessage("二")])
    assert contents(spark.requests[-1])[-2:] == [(sent, "一"), ("user", "二")]


def test_text_blocks_are_joined_as_llamaindex_joins_them(llm: SparkLLM, spark: Emulator) -> None:
    message = ChatMessage(blocks=[TextBlock(text="一"), TextBlock(text="二")])
    llm.chat([message])
    assert contents(spark.requests[-1]) == [("user", message.content)]


def test_a_citable_block_is_text(llm: SparkLLM, spark: Emulator) -> None:
    block = CitableBlock(
        title="潮汐", source="tides.md", content=[TextBlock(text="月亮引起潮汐。")]
    )
    llm.chat([ChatMessage(blocks=[block, TextBlock(text="潮汐是什么引起的？")])])
    expected = "潮汐 (tides.md)\n月亮引起潮汐。\n潮汐是什么引起的？"
    assert contents(spark.requests[-1]) == [("user", expected)]


@pytest.mark.parametrize(
    "block",
    [
        CachePoint(cache_control=CacheControl(type="ephemeral")),
        ThinkingBlock(content="心里话"),
        CitationBlock(
            cited_content=TextBlock(text="晴"),
            source="https://a.example",
            title="晴",
            additional_location_info={},
        ),
        ToolCallBlock(tool_name="weather"),
    ],
    ids=lambda block: type(block).__name__,
)
def test_what_says_nothing_to_spark_is_passed_over(
    llm: SparkLLM, spark: Emulator, block: Any
) -> None:
    llm.chat([ChatMessage(blocks=[block, TextBlock(text="你好")])])
    assert contents(spark.requests[-1]) == [("user", "你好")]


@pytest.mark.parametrize(
    "block",
    [
        AudioBlock(audio=b"RIFF", format="wav"),
        VideoBlock(url="https://example.com/film.mp4"),
        DocumentBlock(data=b"%PDF-1.4", title="paper"),
    ],
    ids=lambda block: type(block).__name__,
)
@WAYS
async def test_what_spark_cannot_take_is_refused_by_name(
    llm: SparkLLM, spark: Emulator, block: Any, how: str
) -> None:
    messages = [ChatMessage("你好"), ChatMessage(blocks=[block])]
    refused = pytest.raises(
        errors.InvalidRequestError, match=rf"messages\[1\].* holds a .*{type(block).__name__}"
    )
    if how in ("plain", "stream"):
        with refused:
            (llm.chat if how == "plain" else llm.stream_chat)(messages)
    else:
        with refused:
            await (llm.achat if how == "async" else llm.astream_chat)(messages)
    assert not spark.requests


def test_what_is_no_message_is_refused(llm: SparkLLM, spark: Emulator) -> None:
    wrong: Any = ["你好"]
    with pytest.raises(errors.InvalidRequestError, match=r"messages\[0\] is a str"):
        llm._request(wrong, {})
    with pytest.raises(errors.InvalidRequestError, match="messages is empty"):
        llm.chat([])
    with pytest.raises(errors.InvalidRequestError, match=r"messages\[0\]\.content is empty"):
        llm.chat([ChatMessage("")])
    assert not spark.requests


def _block(form: str, folder: Path) -> ImageBlock:
    path = folder / "sea.png"
    path.write_bytes(PICTURE)
    if form == "path":
        return ImageBlock(path=path)
    if form == "url":
        return ImageBlock(url=f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}")
    if form == "file":
        return ImageBlock(image=path.open("rb").detach())
    return ImageBlock(image=PICTURE)


@pytest.mark.parametrize("form", ["bytes", "path", "url"])
@WAYS
async def test_images_go_to_a_model_that_can_look(
    llm: SparkLLM, spark: Emulator, tmp_path: Path, form: str, how: str
) -> None:
    question = ChatMessage(blocks=[_block(form, tmp_path), TextBlock(text="图里有什么？")])
    if how == "plain":
        response = llm.chat([question])
    elif how == "async":
        response = await llm.achat([question])
    elif how == "stream":
        *_, response = llm.stream_chat([question])
    else:
        response = [part async for part in await llm.astream_chat([question])][-1]
    assert "512" in str(response.message.content)
    assert response.raw["model"] == "image"
    assert spark.requests[-1].path == "/v2.1/image"


def test_the_image_model_can_be_chosen(make_llm: MakeLLM, spark: Emulator) -> None:
    question = [ChatMessage(blocks=[ImageBlock(image=PICTURE), TextBlock(text="图里有什么？")])]
    assert make_llm(image_model="imagev3").chat(question).raw["model"] == "imagev3"
    assert make_llm(model="image").chat(question).raw["model"] == "image"
    before = len(spark.requests)
    with pytest.raises(errors.InvalidRequestError, match="cannot look at images"):
        make_llm(image_model=None).chat(question)
    assert len(spark.requests) == before


@pytest.mark.parametrize("role", ["system", "assistant", "tool"])
def test_images_of_other_roles_are_a_line_of_text(
    llm: SparkLLM, spark: Emulator, role: str
) -> None:
    message = ChatMessage(role=role, blocks=[ImageBlock(image=PICTURE)])
    llm.chat([ChatMessage("看"), message, ChatMessage("你好")])
    line = f"[image/png, {-(-len(PICTURE) // 1024)} KB, not shown]"
    assert spark.requests[-1].path == "/v4.0/chat"
    assert any(line in text for _, text in contents(spark.requests[-1]))


def test_an_image_without_content_is_refused(llm: SparkLLM, spark: Emulator) -> None:
    with pytest.raises(
        errors.InvalidRequestError, match=r"messages\[0\].* holds .*unreadable image"
    ):
        llm.chat([ChatMessage(blocks=[ImageBlock(), TextBlock(text="图里有什么？")])])
    assert not spark.requests
