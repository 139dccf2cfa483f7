"""What the services of signed POST answer, seen from the wire (PROTOCOL.md §7, §8)."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from operator import mul
from typing import Any

import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.emulator.media.vectors import text_vector
from iflytek_spark.models.services import IMAGE_SIZES
from tests.emulator.raw_post import (
    embed,
    paint,
)


def cosine(left: Sequence[float], right: Sequence[float]) -> float:
    """Both have length 1."""
    return float(sum(map(mul, left, right)))


def test_a_vector_as_the_documentation_shows_it(spark: Emulator) -> None:
    answer = embed(spark, "讯飞星火")
    assert answer.status == 200
    header = answer.body["header"]
    assert (header["code"], header["message"]) == (0, "success")
    assert header["sid"].startswith("ase000")
    feature = answer.body["payload"]["feature"]
    assert (feature["seq"], feature["status"], feature["format"]) == ("0", "2", "plain")
    assert len(answer.vector) == 2560
    assert math.hypot(*answer.vector) == pytest.approx(1, abs=1e-5)
    assert spark.requests[0].path == "/"


def test_a_query_and_a_document_have_vectors_of_their_own(spark: Emulator) -> None:
    document, query = embed(spark, "北京的秋天").vector, embed(spark, "北京的秋天", "query").vector
    assert document != query
    assert 0.98 < cosine(document, query) < 0.999
    assert embed(spark, "北京的秋天").vector == document


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("北京什么时候最美", "秋天的北京最美,香山红叶满山", "上海外滩的夜景很有名"),
        ("Which language has indentation?", "Python: indentation matters", "The sea is deep"),
        ("searching documents", "How to search a document", "Recipes for apple pies"),
        ("GPU 显存不够怎么办", "显存不足时可以减小批次", "苹果和香蕉都是水果"),
    ],
)
def test_texts_that_share_words_are_near(query: str, near: str, far: str) -> None:
    asked = text_vector(query, "query")
    assert cosine(asked, text_vector(near, "para")) > cosine(asked, text_vector(far, "para")) + 0.1


def test_case_and_width_do_not_matter() -> None:
    assert text_vector("ＡＢＣ Spark", "para") == text_vector("abc spark", "para")


@pytest.mark.parametrize("text", ["!!!", "a", "字", "…", "\u200b"])
def test_every_text_has_a_vector(text: str) -> None:
    assert math.hypot(*text_vector(text, "para")) == pytest.approx(1)


def test_texts_without_words_differ() -> None:
    assert text_vector("!!!", "para") != text_vector("???", "para")


@pytest.mark.parametrize(
    ("text", "domain", "header", "code", "name"),
    [
        ("a", "para", {"app_id": "other"}, 11200, "AppIdNoAuthError"),
        ("a", "para", {"uid": "u" * 51}, 10004, "SchemaCheckError"),
        ("a", "para", {"status": 2}, 10004, "SchemaCheckError"),
        ("a", "passage", {}, 10005, "ParamValueError"),
        (" ", "para", {}, 10004, "SchemaCheckError"),
        ("字" * 3073, "para", {}, 10907, "TokenLimitError"),
    ],
)
def test_an_error_is_a_header_only(
    spark: Emulator, text: str, domain: str, header: dict[str, Any], code: int, name: str
) -> None:
    answer = embed(spark, text, domain, **header)
    assert answer.status == 200
    assert answer.body.keys() == {"header"}
    assert answer.code == code
    assert answer.body["header"]["message"].startswith(f"{name}:(")


def test_the_limits_themselves_are_legal(spark: Emulator) -> None:
    assert embed(spark, "字" * 3072, uid="u" * 50).code == 0


def pixels(data: bytes) -> tuple[int, int]:
    """Size of a PNG file, every chunk of which is sound."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, content = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        (check,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        place += 12 + length
    width, height, bits = struct.unpack(">IIB", chunks[b"IHDR"][:9])
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + (width * bits + 7) // 8)
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    return width, height


@pytest.mark.parametrize(("width", "height"), IMAGE_SIZES)
def test_an_image_has_the_size_that_was_asked_for(spark: Emulator, width: int, height: int) -> None:
    answer = paint(spark, "一只猫", width=width, height=height)
    assert pixels(answer.image) == (width, height)
    assert len(answer.image) < 1000
    assert answer.body["header"].keys() == {"code", "message", "sid", "status"}
    assert answer.body["payload"]["choices"]["status"] == 2


def test_the_colour_is_the_prompts(spark: Emulator) -> None:
    assert paint(spark, "猫").image == paint(spark, "猫").image
    assert paint(spark, "猫").image != paint(spark, "狗").image
    assert pixels(paint(spark, "猫").image) == (512, 512)


@pytest.mark.parametrize(
    ("prompt", "more", "code"),
    [
        ("猫", {"width": 100, "height": 100}, 10005),
        ("猫", {"width": "512"}, 10004),
        ("猫", {"domain": "4.0Ultra"}, 10003),
        ("猫", {"header": {"app_id": "other"}}, 11200),
        ("字" * 1001, {}, 10004),
        ("", {}, 10004),
    ],
)
def test_image_requests_that_are_refused(
    spark: Emulator, prompt: str, more: dict[str, Any], code: int
) -> None:
    answer = paint(spark, prompt, **more)
    assert answer.code == code
    assert answer.body.keys() == {"header"}
