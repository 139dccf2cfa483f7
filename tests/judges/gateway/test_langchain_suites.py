"""LangChain's integration suite on the clients of OpenAI and Anthropic, pointed to the gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_openai import ChatOpenAI

from tests._support.langchain_suite import OfflineSuite
from tests.gateway.gateway_helpers import one_gateway

MODEL = "4.0Ultra"
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
"""The clients warn of their own types."""


class OverTheGateway(OfflineSuite):
    """What the clients have in common: a gateway, and what Spark behind it can do."""

    url: ClassVar[str] = ""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _gateway(cls) -> Iterator[None]:
        with one_gateway(models={"claude-of-the-team": MODEL}) as gateway:
            cls.url = gateway.url
            yield

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return False


class OverOpenAI(OverTheGateway):
    """OpenAI's client of LangChain."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "model": MODEL,
            "base_url": self.url,
            "api_key": "any",
            "stream_usage": True,
        }

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return False  # no test may leave this machine

    @property
    def model_override_value(self) -> str:
        return "max-32k"


class TestChatCompletions(OverOpenAI):
    """On ``/v1/chat/completions``."""


class TestResponses(OverOpenAI):
    """On ``/v1/responses``."""

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {**super().chat_model_params, "use_responses_api": True}


class TestMessages(OverTheGateway):
    """On ``/v1/messages``."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        chosen: type[BaseChatModel] = ChatAnthropic
        return chosen

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "model": "claude-of-the-team",
            "base_url": self.url.removesuffix("/v1"),
            "api_key": "any",
            "max_tokens": 4096,
        }

    @property
    def model_override_value(self) -> str:
        return "max-32k"
