"""Answers a prompt that asks for JSON."""

from __future__ import annotations

import json
import re

from iflytek_spark.emulator.responder.context import orders_of, question_of
from iflytek_spark.emulator.responder.filling import JSON, fill
from iflytek_spark.emulator.responder.forms import ABOUT_FORM, asked_form, describes
from iflytek_spark.emulator.responder.json_text import json_values, without_json
from iflytek_spark.emulator.responder.judging import settled
from iflytek_spark.emulator.responder.prompt import Prompt
from iflytek_spark.emulator.responder.words import sentences, terms
from iflytek_spark.messages import JSONObject

_ASKS = re.compile(
    r"(?:return|respond|reply|answer|output|give|format|write|produce|generate|extract"
    r"|返回|输出|回答|回复|给出|生成|提取|写成|使用|格式)[^。！？!?\n]*json"
    r"|json[^。！？!?\n]*(?:object|format|instance|对象|格式|形式|返回|输出)",
    re.IGNORECASE,
)


def answer_with_json(prompt: Prompt, *, demanded: bool) -> str | None:
    """Answer with a JSON object or array, if the prompt asks for one.

    Args:
        prompt: the conversation.
        demanded: whether the request's ``response_format`` asks for JSON.

    Returns:
        JSON, or None when the prompt does not ask for it.
    """
    orders = orders_of(prompt.whole)
    schema_given = any(map(describes, json_values(orders)))
    if not (demanded or schema_given or _ASKS.search(orders)):
        return None
    schema = settled(asked_form(orders), prompt.whole)
    return json.dumps(_filled(schema, prompt), ensure_ascii=False)


def _filled(schema: JSONObject, prompt: Prompt) -> JSON:
    """Fill the schema from those sentences of the question that are not about the form."""
    names = set(schema.get("properties", ()))
    plain = without_json(prompt.text)
    said = [s for s in sentences(plain) if not ABOUT_FORM.search(s)] or [plain]
    if prompt.result is not None:
        said = [prompt.result.question, prompt.result.text]
    text = "\n".join(said)
    return fill(schema, text, question_of(text), terms(" ".join(names)) | {"json"})
