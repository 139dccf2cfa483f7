"""Answers a greeting, and repeats a question that no rule fits."""

from __future__ import annotations

import re

from iflytek_spark.emulator.rules.words import is_chinese

_GREETING = re.compile(
    r"(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好|hello|hi|hey|good (?:morning|afternoon|evening))"
    r"(?: there| spark|啊|呀|吗)?",
    re.IGNORECASE,
)


def greet(text: str) -> str:
    """Greet back; the answer is empty when the text is no greeting."""
    if not _GREETING.fullmatch(text.strip(" \n!.,~！。，～")):
        return ""
    if is_chinese(text):
        return f"你好！我是本地的星火模拟器，很高兴见到你。你说的是：“{text}”"
    return f"Hello! I am a local stand-in for Spark, glad to meet you. You said: “{text}”"


def echo(text: str) -> str:
    """Repeat a text, and say who speaks."""
    if is_chinese(text):
        return f"你问的是：“{text}”。我是本地的星火模拟器，只会按几条规则作答，不是大语言模型。"
    return (
        f"You asked: “{text}”. I am a local stand-in for Spark that answers by a few rules, "
        "not a language model."
    )
