"""The page on a phone and on a desk, by keyboard, and the description of the routes.

With KEEP_SCREENSHOT=1 in the environment, the pictures for the README are written anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from iflytek_spark.emulator import Reply
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.page.conftest import Script
from tests.gateway.page.visits import IN_A_BROWSER, NARROW, WIDE, Visit, visit

pytestmark = [pytest.mark.slow(IN_A_BROWSER), pytest.mark.exhaustive]

IMAGES = Path(__file__).parents[3] / "docs" / "images"
MAX_BYTES = 150_000
LEAP_YEAR = """A year is a leap year when it is divisible by 4 but not by 100, or by 400:

```python
def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
```

1. `is_leap(2000)` is **True**
2. `is_leap(1900)` is **False**: a century that 400 does not divide

| year | days |
| --- | --- |
| 2023 | 365 |
| 2024 | 366 |
"""
WIDE_ANSWER = "w" * 400 + "\n\n```\n" + "c" * 400 + "\n```\n\n|a|b|\n|-|-|\n|" + "x" * 300 + "|y|"

OVERFLOW = """() =>
  [...document.querySelectorAll("body, header, main, section, #messages, #composer")]
  .filter((node) => node.offsetWidth && node.scrollWidth > node.clientWidth)
  .map((node) => node.id || node.localName)"""

UNLABELLED = """() =>
  [...document.querySelectorAll("button, input, select, textarea, img, a[href]")]
  .filter((node) => node.offsetWidth && !node.labels?.length && !node.hasAttribute("alt"))
  .filter((node) => !(node.textContent.trim() || node.getAttribute("aria-label")))
  .map((node) => node.outerHTML)"""


def keep(page: Page, name: str) -> None:
    if os.environ.get("KEEP_SCREENSHOT"):
        page.screenshot(path=IMAGES / name, animations="disabled")


@pytest.mark.parametrize("size", [WIDE, NARROW, (320, 568)], ids=str)
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_nothing_scrolls_sideways(
    browser: Browser, page_gateway: Gateway, script: Script, size: tuple[int, int], locale: str
) -> None:
    script.replies["wide"] = Reply(WIDE_ANSWER)
    with visit(browser, page_gateway.url.removesuffix("/v1"), size=size, locale=locale) as visited:
        assert visited.page.evaluate(OVERFLOW) == []
        visited.ask("wide")
        assert visited.page.evaluate(OVERFLOW) == []
        for tab in ("code", "chat"):
            visited.page.locator(f"#tab-{tab}").click()
            assert visited.page.evaluate(OVERFLOW) == []
            assert visited.page.evaluate(UNLABELLED) == []


def test_on_a_phone_the_settings_are_behind_a_button(
    browser: Browser, page_gateway: Gateway
) -> None:
    with visit(browser, page_gateway.url.removesuffix("/v1"), size=NARROW) as visited:
        button = visited.page.get_by_role("button", name="Settings")
        expect(visited.page.locator("#model")).to_be_hidden()
        button.click()
        expect(button).to_have_attribute("aria-expanded", "true")
        visited.choose(model="lite")
        button.click()
        expect(visited.ask("hello").locator(".by")).to_have_text("lite")


def test_the_keyboard_is_enough(visited: Visit, script: Script) -> None:
    page = visited.page
    page.keyboard.press("Tab")
    expect(page.get_by_text("To the question")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("article.answer")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_role("status")).to_have_text("The answer is complete.")
    page.get_by_role("tab", name="Chat").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Code")).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Code")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_in_both_schemes(
    browser: Browser, page_gateway: Gateway, script: Script, scheme: str
) -> None:
    question = "Write a Python function that checks a leap year."
    script.replies[question] = Reply(LEAP_YEAR, reasoning="The Gregorian rule, then examples.")
    url = page_gateway.url.removesuffix("/v1")
    with visit(browser, url, size=(1100, 720), color_scheme=scheme) as visited:
        visited.choose(model="x2")
        visited.ask(question)
        back = visited.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, back[4:-1].split(","))) > 380) == (scheme == "light")
        if scheme == "light":
            keep(visited.page, "gateway-chat.png")


def test_the_description_of_the_routes_asks_nobody_else(
    browser: Browser, page_gateway: Gateway
) -> None:
    url = page_gateway.url.removesuffix("/v1")
    with visit(browser, url, path="/docs", size=NARROW) as visited:
        route = visited.page.locator("details.route").filter(has_text="/v1/chat/completions").first
        route.locator("summary").first.click()
        expect(route.locator("td code", has_text="temperature")).to_be_visible()
        assert visited.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


def test_the_pictures_of_the_readme_are_small() -> None:
    assert {path.name: path.stat().st_size for path in IMAGES.glob("gateway-*.png")}
    for path in IMAGES.glob("gateway-*.png"):
        assert path.stat().st_size < MAX_BYTES
