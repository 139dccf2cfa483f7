"""What the page says when its gateway, or what stands between, does not answer as it should."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from iflytek_spark.emulator import Reply
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.page.conftest import Script
from tests.gateway.page.visits import IN_A_BROWSER, Visit, visit

pytestmark = [pytest.mark.slow(IN_A_BROWSER), pytest.mark.exhaustive]

CHAT = "**/v1/chat/completions"


def event(delta: dict[str, Any]) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


BEGUN = event({"content": "It begins"})
BROKEN = [
    (BEGUN, "The connection ended before the answer did"),
    (BEGUN + 'data: {"choices": [{"ind\n\n', "The connection ended before the answer did"),
    ("", "The connection ended before the answer did"),
    (BEGUN + 'data: {"error": {"message": "It broke", "code": "a_code", "sid": "s1"}}\n\n', "s1"),
]


@pytest.mark.parametrize(("body", "words"), BROKEN, ids=["cut", "half", "nothing", "error"])
def test_a_stream_that_does_not_end_well(visited: Visit, body: str, words: str) -> None:
    stream = {"content-type": "text/event-stream"}
    visited.page.route(CHAT, lambda route: route.fulfill(body=body, headers=stream))
    answer = visited.ask("hello")
    expect(answer.get_by_role("alert")).to_contain_text(words)
    if body:
        expect(answer.locator(".text").last).to_have_text("It begins")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_a_stream_may_be_written_in_other_ways(visited: Visit, newline: str) -> None:
    text = ": alive\n\nevent: message\nid: 1\n" + BEGUN + ":\n\n" + event({"content": "."})
    body = (text + "data:[DONE]\n\n").replace("\n", newline)
    stream = {"content-type": "text/event-stream"}
    visited.page.route(CHAT, lambda route: route.fulfill(body=body, headers=stream))
    answer = visited.ask("hello")
    expect(answer.locator(".text").last).to_have_text("It begins.")
    expect(answer.get_by_role("alert")).to_have_count(0)


def test_an_error_of_a_proxy_is_no_json(visited: Visit) -> None:
    page = "<html><script>pwned = 1</script>Not found</html>"
    visited.page.route(CHAT, lambda route: route.fulfill(status=404, body=page))
    alert = visited.ask("hello").get_by_role("alert")
    expect(alert).to_contain_text("HTTP 404")
    expect(alert).not_to_contain_text("script")


def test_a_gateway_that_is_gone(browser: Browser, page_gateway: Gateway) -> None:
    with visit(browser, page_gateway.url.removesuffix("/v1")) as visited:
        visited.page.route(CHAT, lambda route: route.abort("connectionrefused"))
        alert = visited.ask("hello").get_by_role("alert")
        expect(alert).to_contain_text("The gateway cannot be reached")
        visited.page.unroute(CHAT)
        alert.get_by_role("button", name="Try again").click()
        expect(visited.page.locator("article.answer footer").last).to_contain_text("tokens")
        assert any("ERR_CONNECTION_REFUSED" in problem for problem in visited.problems)
        visited.problems.clear()


def test_what_is_copied_is_what_was_written(
    browser: Browser, page_gateway: Gateway, script: Script
) -> None:
    text = "Some **bold** text\n\n```sh\necho $HOME\n```"
    script.replies["copy"] = Reply(text)
    rights = ["clipboard-read", "clipboard-write"]
    with visit(browser, page_gateway.url.removesuffix("/v1"), permissions=rights) as visited:
        answer = visited.ask("copy")
        copied = "navigator.clipboard.readText()"
        answer.locator("footer").get_by_role("button", name="Copy").click()
        expect(answer.locator("footer").get_by_role("button", name="Copied")).to_be_visible()
        assert visited.page.evaluate(copied) == text
        answer.locator(".code").get_by_role("button", name="Copy").click()
        expect(answer.locator(".code").get_by_role("button", name="Copied")).to_be_visible()
        assert visited.page.evaluate(copied) == "echo $HOME"


def test_a_model_that_only_calls_tools_is_stopped(visited: Visit) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "none", "arguments": "{}"}}
    body = event({"tool_calls": [call]}) + "data: [DONE]\n\n"
    stream = {"content-type": "text/event-stream"}
    visited.page.route(CHAT, lambda route: route.fulfill(body=body, headers=stream))
    visited.ask("hello")
    expect(visited.page.locator("article.answer")).to_have_count(5)
    expect(visited.page.get_by_role("alert")).to_contain_text("called tools 5 times")
