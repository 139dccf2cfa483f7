"""A browser for the tests of a module, and a page that is open at a gateway over the emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from iflytek_spark.emulator.replies import Reply, SeenChat
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.page.visits import CHROMIUM, Visit, running_browser, visit


class Script:
    """What the emulator answers, and what it was asked.

    Attributes:
        replies: by the text of the newest message; others are answered by the emulator's rules.
        seen: the chats.
    """

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.seen: list[SeenChat] = []

    def __call__(self, chat: SeenChat) -> Reply | None:
        self.seen.append(chat)
        return self.replies.get(chat.text)


@pytest.fixture(scope="module")
def script() -> Script:
    return Script()


@pytest.fixture(scope="module")
def page_gateway(script: Script) -> Iterator[Gateway]:
    """A gateway that serves this machine without keys."""
    with one_gateway(emulator={"respond": script, "pace": 0.01}) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visited(browser: Browser, page_gateway: Gateway) -> Iterator[Visit]:
    """The page in English, in a wide window."""
    with visit(browser, page_gateway.url.removesuffix("/v1")) as visited:
        yield visited
