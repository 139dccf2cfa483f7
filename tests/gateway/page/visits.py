"""A browser that visits the gateway's page, and notes what must not happen there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 30_000
READY = "body[data-view]"
"""What a page has when its scripts have started it."""

IN_A_BROWSER = "without a browser the page's own scripts are not seen"
"""Why these tests are slow."""

WIDE, NARROW = (1280, 860), (390, 800)

_NOTE_VIOLATIONS = """
globalThis.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""
_REFUSED = "Failed to load resource: the server responded with a status of "
"""What Chromium's console says of a response that the page itself shows as an error."""


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        expect.set_options(timeout=TIMEOUT)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page that is open.

    Attributes:
        page: the browser's.
        url: the gateway's address.
        problems: what the page did that it must not do.
    """

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors, and requests that leave the gateway."""
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("request", lambda request: self._note_request(request.url))
        self.page.add_init_script(_NOTE_VIOLATIONS)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(_REFUSED):
            self.problems.append(f"console: {text}")

    def _note_request(self, url: str) -> None:
        if urlsplit(url).scheme != "data" and urlsplit(url).netloc != urlsplit(self.url).netloc:
            self.problems.append(f"request: {url}")

    def check(self) -> None:
        """Fail if something was noted."""
        assert self.problems == []
        assert self.page.evaluate("violations") == []

    def ask(self, question: str) -> Locator:
        """Ask, and return the answer when it is complete."""
        answers = self.page.locator("article.answer")
        before = answers.count()
        box = self.page.locator("#question")
        box.fill(question)
        box.press("Enter")
        expect(self.page.locator("#stop")).to_be_hidden()
        assert answers.count() > before
        answer = answers.last
        expect(answer).to_have_attribute("aria-busy", "false")
        return answer

    def choose(self, **fields: str | bool) -> None:
        """Set fields of the settings: ``choose(model="x2", tool=True)``."""
        for name, value in fields.items():
            control = self.page.locator(f"#{name.replace('_', '-')}")
            if isinstance(value, bool):
                control.set_checked(value)
            elif control.evaluate("node => node.localName") == "select":
                control.select_option(value)
            else:
                control.fill(value)


@contextmanager
def visit(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = WIDE,
    locale: str = "en",
    path: str = "/",
    **options: Any,
) -> Iterator[Visit]:
    """Open the page in a window of its own; at the end nothing may have been noted."""
    viewport = ViewportSize(width=size[0], height=size[1])
    context = browser.new_context(viewport=viewport, locale=locale, **options)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    visited = Visit(page, url)
    visited.watch()
    try:
        page.goto(url + path)
        page.wait_for_selector(READY, state="attached")
        yield visited
        visited.check()
    finally:
        context.close()
