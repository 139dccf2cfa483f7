"""LangChain's integration suite without the network, for each chat model that is judged by it."""

from __future__ import annotations

import base64

import httpx
import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests

_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAY0lEQVR42u3PQQ0AAAgEILV/57OFPwcnAATSCgAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPwZYKwAAWpV"
    "1pEAAAAASUVORK5CYII="
)


class OfflineSuite(ChatModelIntegrationTests):
    """The suite, which downloads pictures, with one of their size from memory instead."""

    @pytest.fixture(autouse=True)
    def _offline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def get(url: str, **_: object) -> httpx.Response:
            return httpx.Response(200, content=_PICTURE, request=httpx.Request("GET", url))

        monkeypatch.setattr(httpx, "get", get)
