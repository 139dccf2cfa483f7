"""LangChain's integration suite through its own OpenAI client, unmodified."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx
import pytest
from langchain_openai import ChatOpenAI

from tests._support.langchain_suite import OfflineSuite
from tests.gateway.gateway_helpers import Gateway

pytestmark = [  # what that client says of its own objects and of LangChain's
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
    pytest.mark.filterwarnings("ignore:Received a Pydantic BaseModel V1 schema:UserWarning"),
]


class TestChatOpenAI(OfflineSuite):
    _settings: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    async def _connected(self, gateway: Gateway) -> AsyncIterator[None]:
        """Hand in HTTP clients, because its own are never closed."""
        with httpx.Client() as client:
            async with httpx.AsyncClient() as aclient:
                self._settings.update(
                    base_url=gateway.url, http_client=client, http_async_client=aclient
                )
                yield

    @property
    def chat_model_class(self) -> type[ChatOpenAI]:
        return ChatOpenAI

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "4.0Ultra", "api_key": "any", "stream_usage": True, **self._settings}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return False  # the suite's pictures are on the internet

    @property
    def model_override_value(self) -> str:
        return "max"
