"""An estimate of Spark's token count, without a network or a tokenizer's data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from iflytek_spark.assumptions import IMAGE_TOKENS
from iflytek_spark.messages import Message, Tool


def estimate_tokens(text: str) -> int:
    """Estimate how many tokens Spark counts in a text.

    The vendor's rule of thumb is 1.5 Chinese characters or 0.8 English words a token
    (PROTOCOL.md §1); an English word with its space has about five letters, so four ASCII
    characters are taken for a token.

    Args:
        text: any text.

    Returns:
        The estimate, at least 1 for a text that is not empty.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    return -(-ascii_count // 4) + -(-(len(text) - ascii_count) * 2 // 3)


def estimate_prompt_tokens(messages: Sequence[Message], tools: Iterable[Tool] = ()) -> int:
    """Estimate all that the model reads of a conversation.

    Args:
        messages: the conversation; an image counts a fixed number of tokens.
        tools: the functions that are offered; their JSON counts, since the model reads it.

    Returns:
        The estimate.
    """
    texts = sum(estimate_tokens(message.text) for message in messages)
    images = sum(len(message.images) for message in messages) * IMAGE_TOKENS
    return texts + images + sum(map(_tool_tokens, tools))


def _tool_tokens(tool: Tool) -> int:
    written = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return estimate_tokens(json.dumps(written, ensure_ascii=False, default=str))
