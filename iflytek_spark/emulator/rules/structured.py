"""Answers a prompt that asks for JSON: by a schema, by keys in words, or by a sample."""

from __future__ import annotations

import json
import re

from iflytek_spark.emulator.rules.context import orders_of, question_of
from iflytek_spark.emulator.rules.filling import JSON, fill
from iflytek_spark.emulator.rules.json_schema import is_schema, json_values, without_json
from iflytek_spark.emulator.rules.judging import judged
from iflytek_spark.emulator.rules.prompt import Prompt
from iflytek_spark.emulator.rules.words import quoted, sentences, terms
from iflytek_spark.messages import JSONObject
from iflytek_spark.requests.prompts import json_instruction

_ASKS = re.compile(
    r"(?:return|respond|reply|answer|output|give|format|write|produce|generate|extract"
    r"|返回|输出|回答|回复|给出|生成|提取|写成|使用|格式)[^。！？!?\n]*json"
    r"|json[^。！？!?\n]*(?:object|format|instance|对象|格式|形式|返回|输出)",
    re.IGNORECASE,
)
_ABOUT_FORM = re.compile(r"json|schema|\bkeys?\b|\bfields?\b|字段|键", re.IGNORECASE)
"""Known by these words, a sentence is about the answer's form and not its content."""

_LIST = re.compile(
    r"(?:包含|包括|含有|字段|键|\bkeys?\b|\bfields?\b|\bproperties\b)(?:为|是|有|分别是)?\s*[:：]?\s*"
    r"([^。！？!?.;；\n]+)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:extract|return|give|output)\s+([^:：]+?)\s+(?:as|in|into)\s+(?:an?\s+)?json"
    r"|(?:提取|抽取|返回|输出)([^:：，。]+?)(?:并|，|,)?(?:以|用|为|成)\s*json",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[，,;；：:。！？\n]|(?<=\.)\s+")
_INSTRUCTION = json_instruction(None)
"""What this library's own client says of the form, which no value is taken from."""

_COUNTED = terms(
    "age count number price amount quantity year total score 年龄 数量 价格 金额 分数 人数"
)
_BETWEEN = re.compile(r"[、，,/]|\band\b|和|及|与")
_KEY = re.compile(r"[\w-]{1,40}")
_AROUND_KEY = re.compile(
    r"^(?:the|a|an|all)\s+|\s*[（(].*$|^(?:字段|键)|(?:等|这)?[两三四五几]?个?(?:字段|键)$"
)
_ANYTHING = {"answer": ""}
_KINDS = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


def answer_with_json(prompt: Prompt, *, demanded: bool) -> str | None:
    """Answer with a JSON object or array, if the prompt asks for one, else None.

    The request's ``response_format`` may demand it too.
    """
    orders = orders_of(prompt.whole)
    schema_given = any(map(_describes, json_values(orders)))
    if not (demanded or schema_given or _ASKS.search(orders)):
        return None
    schema = judged(_asked_form(orders), prompt.whole)
    return json.dumps(_filled(schema, prompt), ensure_ascii=False)


def _filled(schema: JSONObject, prompt: Prompt) -> JSON:
    """Fill the schema from those sentences of the question that are not about the form."""
    names = set(schema.get("properties", ()))
    plain = without_json(prompt.text).replace(_INSTRUCTION, "")
    content = _content(sentences(plain)) or _content(_CLAUSE_END.split(plain)) or [plain]
    if prompt.result is not None:
        content = [prompt.result.question, prompt.result.text]
    text = "\n".join(content)
    return fill(schema, text, question_of(text), terms(" ".join(names)) | {"json"})


def _content(parts: list[str]) -> list[str]:
    return [part for part in parts if part.strip() and not _ABOUT_FORM.search(part)]


def _asked_form(text: str) -> JSONObject:
    """Return the schema of the object that a prompt asks for.

    It is the last schema in the prompt, else what its words say about keys, else the form of the
    last JSON object, else an object with the key ``answer``.
    """
    found: list[JSONObject] = list(json_values(text))
    schema = next((value for value in reversed(found) if _describes(value)), None)
    if schema is not None:
        return schema
    keys = _keys(without_json(text).replace(_INSTRUCTION, ""))
    sample = {key: 0.0 if terms(key) & _COUNTED else "" for key in keys}
    return _from_sample(sample or (found[-1] if found else _ANYTHING))


def _describes(value: JSONObject) -> bool:
    """Tell whether a JSON object is a schema of an object or an array."""
    has_members = bool(value.get("properties") or value.get("items") or "$ref" in value)
    return has_members and is_schema(value)


def _keys(text: str) -> list[str]:
    """Return the keys that a text asks for: quoted ones, else the members of a list."""
    about = [sentence for sentence in sentences(text) if _ABOUT_FORM.search(sentence)]
    named = [key for sentence in about for key in quoted(sentence) if _KEY.fullmatch(key)]
    if not named:
        lists = [match[1] for sentence in about for match in _LIST.finditer(sentence)]
        lists = lists or [m[1] or m[2] for sentence in about for m in _NAMED.finditer(sentence)]
        named = [key.strip() for found in lists for key in _BETWEEN.split(found)]
        named = [key for key in map(_bare, named) if _KEY.fullmatch(key)]
    return list(dict.fromkeys(named))


def _bare(key: str) -> str:
    """Return a key without the words around it and what is said of it in brackets."""
    return _AROUND_KEY.sub("", key.strip())


def _from_sample(sample: JSONObject) -> JSONObject:
    properties = {key: _like(value) for key, value in sample.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _like(value: object) -> JSONObject:
    if isinstance(value, dict):
        return _from_sample(value)
    if isinstance(value, list) and value:
        return {"type": "array", "items": _like(value[0])}
    return {"type": _KINDS.get(type(value), "string")}
