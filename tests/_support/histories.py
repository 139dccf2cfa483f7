"""One history in OpenAI's form, asked through every surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import httpx2
from langchain_core.messages import BaseMessage, convert_to_messages
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock

from iflytek_spark import Message, Role, SparkClient
from iflytek_spark.adapters import calls_from_openai, messages_of
from langchain_spark import ChatSpark
from llama_index_spark import SparkLLM
from tests._support.service import settings_of
from tests.gateway.gateway_helpers import Gateway

History: TypeAlias = Sequence[Mapping[str, Any]]
Ask: TypeAlias = Callable[[Gateway, History], object]
_ROLES: dict[str, Role] = {
    "developer": "system",
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "function": "tool",
    "tool": "tool",
}


def core_messages(history: History) -> list[Message]:
    return [
        translated
        for message in history
        for translated in messages_of(
            _ROLES[message["role"]],
            [message.get("content"), message.get("refusal")],
            calls=calls_from_openai(message),
            tool_call_id=message.get("tool_call_id", ""),
            name=message.get("name", ""),
        )
    ]


def langchain_messages(history: History) -> list[BaseMessage]:
    return convert_to_messages([dict(message) for message in history])


def llama_message(message: Mapping[str, Any]) -> ChatMessage:
    content = message.get("content") or ""
    blocks: Any = [{"type": "text", "text": content}] if isinstance(content, str) else content
    kept = ("tool_calls", "function_call", "tool_call_id", "refusal", "name")
    return ChatMessage(
        role=message["role"],
        blocks=[
            TextBlock(text=block["text"])
            if block["type"] == "text"
            else ImageBlock(url=block["image_url"]["url"])
            for block in blocks
        ],
        additional_kwargs={name: message[name] for name in kept if message.get(name)},
    )


def by_client(place: Gateway, history: History) -> object:
    spark = place.spark
    client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
    return client.chat(core_messages(history), image_model="image")


def by_invoke(place: Gateway, history: History) -> object:
    return ChatSpark(**settings_of(place.spark)).invoke(langchain_messages(history))


def by_stream(place: Gateway, history: History) -> object:
    return [*ChatSpark(**settings_of(place.spark)).stream(langchain_messages(history))]


def by_llama_index(place: Gateway, history: History) -> object:
    return SparkLLM(**settings_of(place.spark)).chat([*map(llama_message, history)])


def by_gateway(place: Gateway, history: History) -> object:
    body = {"model": "4.0Ultra", "messages": [*history]}
    answer = httpx2.post(f"{place.url}/chat/completions", json=body, timeout=60.0, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


ASKED: dict[str, Ask] = {
    "SparkClient.chat": by_client,
    "ChatSpark.invoke": by_invoke,
    "ChatSpark.stream": by_stream,
    "SparkLLM.chat": by_llama_index,
    "the gateway": by_gateway,
}
