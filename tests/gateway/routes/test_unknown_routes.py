"""A 404 says what to use; a HEAD is answered where a GET is."""

from __future__ import annotations

import httpx2
import pytest

from tests.gateway.gateway_helpers import Gateway

HINTS = {
    "/chat/completions": "lacks /v1",
    "/models": "lacks /v1",
    "/models/lite": "lacks /v1",
    "/v1/v1/chat/completions": "twice",
    "/v1/v1/v1/models": "twice",
    "/v1/chat/completions/": "without further slashes",
    "/v1//chat/completions": "without further slashes",
    "/v1/chat/completion": "did you mean /v1/chat/completions?",
    "/v1/embedding": "did you mean /v1/embeddings?",
    "/v1/audio/transcriptions": "speech is another product",
    "/v1/moderations": "content_filter",
    "/v1/images/edits": "/v1/images/generations",
    "/v1/threads/abc/runs": "keeps no conversations",
    "/openai/deployments/x/chat/completions": "Azure",
    "/api/chat": "Ollama",
    "/v1beta/models/x:generateContent": "Gemini",
    "/v1/responses/resp_1/cancel": "GET or DELETE /v1/responses/{id}",
    "/v1/messages/batches": "/v1/messages/count_tokens",
    "/v2/rerank": "/v1/rerank",
    "/v1/no-such-thing": "/v1/chat/completions, /v1/completions, /v1/embeddings",
}


@pytest.mark.parametrize("path", HINTS)
def test_what_to_use_instead(gateway: Gateway, path: str) -> None:
    answer = httpx2.post(gateway.url.removesuffix("/v1") + path, json={})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "no_such_route")
    assert HINTS[path] in error["message"]


def test_a_wrong_method(gateway: Gateway) -> None:
    answer = httpx2.get(f"{gateway.url}/chat/completions")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "it takes POST" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/v1/models", "/v1/models/lite"]
)
def test_head_where_get_is(gateway: Gateway, path: str) -> None:
    url = gateway.url.removesuffix("/v1") + path
    answer = httpx2.head(url)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == httpx2.get(url).headers["content-type"]


def test_head_where_get_is_not(gateway: Gateway) -> None:
    assert httpx2.head(f"{gateway.url}/chat/completions").status_code == 405
    assert httpx2.head(f"{gateway.url}/models/no-such-model").status_code == 404
