"""What a search over the emulator's vectors finds."""

from __future__ import annotations

import pytest

from iflytek_spark.emulator.media.vectors import text_vector

_TEXTS = {
    "signing": "握手请求要带签名：用 APISecret 对 host、date 和请求行做 HMAC-SHA256。",
    "stream": "回答逐帧返回，每一帧带一小段文字；最后一帧的 status 是 2，并带有用量统计。",
    "images": "图片理解的第一条消息是图片，编码成 base64，大小不能超过 4 MB，后面的消息才是问题。",
    "speed": "每个账号每秒的请求数有上限，超过时返回错误码 11202，请降低速度后重试。",
    "vectors": "Embeddings: a text becomes 2,560 numbers. A query has a domain of its own.",
    "chatter": "请问这是什么？我们为什么要这样做？那么应该怎么办？是不是可以一下子就都给你？",
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("签名要怎么算？", "signing"),
        ("请问什么时候才算是最后一帧？", "stream"),
        ("我可以传多大的图片？", "images"),
        ("为什么我会收到 11202？", "speed"),
        ("我的请求速度是不是太快了，怎么办？", "speed"),
        ("How many numbers are in the embedding of a query?", "vectors"),
        ("What does HMAC-SHA256 sign?", "signing"),
    ],
)
def test_a_question_in_plain_words_finds_its_text(query: str, found: str) -> None:
    asked = text_vector(query, "query")
    near = {
        name: sum(a * b for a, b in zip(asked, text_vector(text, "para")))
        for name, text in _TEXTS.items()
    }
    assert max(near, key=lambda name: near[name]) == found
