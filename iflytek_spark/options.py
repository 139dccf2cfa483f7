"""What may be set for a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict

from iflytek_spark.instructions import ToolChoice
from iflytek_spark.messages import JSONObject, Tool

Thinking: TypeAlias = Literal["enabled", "disabled", "auto"]


@dataclass(frozen=True, slots=True)
class WebSearch:
    """How the model searches the web (PROTOCOL.md §4).

    Attributes:
        mode: ``normal`` reads snippets, ``deep`` whole pages (more tokens).
        citations: whether the pages are asked for; only Max and Ultra give them.
    """

    mode: Literal["normal", "deep"] = "normal"
    citations: bool = True


class ChatOptions(TypedDict, total=False):
    """What may be set for a call; the ranges stand in the catalogue.

    Attributes:
        temperature: randomness; 0 is sent as the smallest legal value.
        top_k: how many candidates a token is drawn from, 1 to 6.
        max_tokens: the longest answer, in tokens.
        top_p: nucleus sampling, X models only.
        presence_penalty: X models only.
        frequency_penalty: X models only.
        stop: strings at which the answer is cut, by this library: Spark has no such option.
        tools: functions that the model may ask for.
        tool_choice: ``auto`` (the default), ``none``, ``required``, or a tool's name. Spark
            cannot be forced: only the tools in question are offered, the model is told in
            words, and told once more when it answers in text.
        response_format: ``{"type": "json_object"}`` or ``{"type": "json_schema",
            "json_schema": {"schema": …}}``: the model is told in words, and a Markdown fence
            around its answer is taken off. The answer is not validated.
        web_search: False (the default), True, or a :class:`WebSearch`. Spark itself searches by
            default; this library does not, so that prompts stay where they are sent, and
            time and tokens are what the prompt asks for.
        thinking: whether an X model thinks before it answers.
        uid: an id of the end user, at most 32 characters; random by default.
        chat_id: an id of the conversation; Spark keeps no history by it.
        extra: further keys for ``parameter.chat``, sent as they are.
    """

    temperature: float | None
    top_k: int | None
    max_tokens: int | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    stop: str | Sequence[str] | None
    tools: Sequence[Tool]
    tool_choice: ToolChoice | None
    response_format: JSONObject | None
    web_search: bool | WebSearch
    thinking: Thinking | None
    uid: str | None
    chat_id: str | None
    extra: JSONObject
