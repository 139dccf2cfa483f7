"""JSON that the rules fill: recursive schemas, keys in words, and words beside Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from iflytek_spark import SparkClient
from iflytek_spark.emulator import running_emulator
from iflytek_spark.emulator.rules.filling import fill
from iflytek_spark.emulator.rules.words import numbers, proper_names, quoted


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}


_NODE = {"$ref": "#/$defs/node"}
_MAYBE = {"anyOf": [_NODE, {"type": "null"}]}
RECURSIVE: dict[str, dict[str, Any]] = {
    "a tree of lists": _object(name={"type": "string"}, children={"type": "array", "items": _NODE}),
    "a chain that may be null": _object(value={"type": "integer"}, next=_MAYBE),
    "a tree of two": _object(left=_MAYBE, right=_MAYBE, value={"type": "string"}),
    "a type or null": {**_object(), "properties": {"next": _NODE}, "type": ["object", "null"]},
    "an expression": {
        "anyOf": [_object(left=_NODE, right=_NODE), _object(number={"type": "number"})]
    },
    "the leaf first in words": {
        "oneOf": [_object(all={"type": "array", "items": _NODE, "minItems": 2}), {"type": "string"}]
    },
    "five branches": _object(**dict.fromkeys("abcde", _MAYBE)),
}


@pytest.mark.parametrize("name", RECURSIVE)
def test_a_schema_that_contains_itself_is_filled_to_its_end(name: str) -> None:
    schema = {"$defs": {"node": RECURSIVE[name]}, **_object(root=_NODE)}
    value = fill(schema, "合肥有 3 个湖", "合肥有 3 个湖", set())
    Draft202012Validator(schema).validate(value)
    assert len(json.dumps(value)) < 100_000


def test_a_schema_without_an_end_is_given_one() -> None:
    endless = {"$defs": {"node": _object(**dict.fromkeys("abcd", _NODE))}, **_object(root=_NODE)}
    assert len(json.dumps(fill(endless, "x", "x", set()))) < 100_000


def test_a_deep_schema_that_ends_is_filled_whole() -> None:
    schema = _object(end={"type": "string"})
    for _ in range(20):
        schema = _object(inner=schema)
    Draft202012Validator(schema).validate(fill(schema, "合肥", "合肥", set()))


@pytest.fixture(scope="module")
def client() -> Iterator[SparkClient]:
    with running_emulator() as spark:
        yield SparkClient(spark.credentials, base_url=spark.base_url)


KEYS = {
    "张三 30 岁，输出 JSON，字段 name 和 age": {"name": "张三", "age": 30},
    "Extract name and age as JSON: Tom is 30.": {"name": "Tom", "age": 30},
    "Extract the name and the age as a JSON object: Tom is 30.": {"name": "Tom", "age": 30},
    "张三今年30岁。提取姓名和年龄，用 JSON 返回。": {"姓名": "张三", "年龄": 30},
}


@pytest.mark.parametrize("prompt", KEYS)
@pytest.mark.parametrize("response_format", [None, {"type": "json_object"}])
def test_no_word_of_the_clients_own_becomes_a_value(
    client: SparkClient, prompt: str, response_format: dict[str, Any] | None
) -> None:
    answer = client.chat(prompt, response_format=response_format)
    assert json.loads(answer.text) == KEYS[prompt]


def test_a_schema_is_filled_from_the_prompt_alone(client: SparkClient) -> None:
    schema = _object(name={"type": "string"}, age={"type": "integer"})
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    answer = client.chat("张三今年30岁。", response_format=wanted)
    assert json.loads(answer.text)["age"] == 30
    assert "Markdown" not in answer.text


NOTHING_FITS = (
    "Extract what helps to answer. {order}\n\n> Question: {question}\n> Context:\n>>>\n"
    "黄山位于安徽省南部，以奇松怪石闻名。\n>>>\nExtracted parts:"
)


@pytest.mark.parametrize(
    "order",
    [
        "If none of the context is relevant return NO_OUTPUT.",
        "When it holds no answer, reply with “NONE”.",
        "如果没有相关内容，只输出 NO_OUTPUT。",
    ],
)
def test_the_word_for_nothing_is_said_when_nothing_fits(client: SparkClient, order: str) -> None:
    nothing = NOTHING_FITS.format(order=order, question="Who wrote Hamlet?")
    assert client.chat(nothing).text in ("NO_OUTPUT", "NONE")
    assert "黄山" in client.chat(NOTHING_FITS.format(order=order, question="黄山在哪里？")).text


def test_words_beside_chinese_are_words() -> None:
    assert numbers("张三今年30岁，身高1.75米") == [30, 1.75]
    assert numbers("GPT4 和 v1.5 不是数字") == []
    assert proper_names("请问Tom在北京吗") == ["Tom"]
    assert quoted("他说'你好'就走了") == ["你好"]
    schema = _object(mail={"type": "string", "format": "email"}, age={"type": "integer"})
    text = "邮箱lilei@example.com的李雷，他的age: 28"
    assert fill(schema, text, text, set()) == {"mail": "lilei@example.com", "age": 28}
