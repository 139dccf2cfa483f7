"""Asks a gateway, as a plain HTTP client does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

BODY: dict[str, Any] = {"model": "lite", "messages": [{"role": "user", "content": "你好"}]}
_PATH = "/v1/chat/completions"
_PATIENCE = 5.0


def bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def ask(url: str, key: str | None = None, **body: Any) -> httpx2.Response:
    return httpx2.post(url + _PATH, headers=bearer(key), json={**BODY, **body})


def code(response: httpx2.Response) -> str:
    """The code of an error of OpenAI's form."""
    error = response.json()["error"]
    assert set(error) >= {"message", "type", "param", "code"}
    assert error["message"]
    return str(error["code"])


@contextmanager
def streaming(url: str, key: str | None = None) -> Iterator[Iterator[str]]:
    """A streamed answer that has begun; leaving it early hangs up."""
    body = {**BODY, "stream": True}
    with httpx2.stream("POST", url + _PATH, headers=bearer(key), json=body) as response:
        lines = response.iter_lines()
        assert response.status_code == 200, response.read()
        assert next(lines).startswith("data: ")
        yield lines


def wait_until_let_in(url: str, key: str | None = None) -> httpx2.Response:
    """Ask again and again while too many requests are under way."""
    deadline = time.monotonic() + _PATIENCE
    while (response := ask(url, key)).status_code == 429 and time.monotonic() < deadline:
        pass
    return response
