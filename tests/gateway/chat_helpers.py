"""Questions in OpenAI's form, and the text of streamed answers."""

from __future__ import annotations

import base64
from typing import Any

from openai.types.chat import ChatCompletionChunk

MODEL = "4.0Ultra"


def asked(question: object) -> Any:
    return [{"role": "user", "content": question}]


def shown(url: str, question: str = "What is in the picture?") -> Any:
    picture = {"type": "image_url", "image_url": {"url": url}}
    return asked([picture, {"type": "text", "text": question}])


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
