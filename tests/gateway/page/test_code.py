"""The programs that the page writes are run, and ask what the chat would ask."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.gateway_helpers import one_gateway
from tests.gateway.page.conftest import Script
from tests.gateway.page.visits import IN_A_BROWSER, visit

pytestmark = pytest.mark.slow(IN_A_BROWSER)

ROOT = Path(__file__).parents[3]
QUESTION = 'It\'s "quoted" \\ $KEY `ls`\n换行'
SETTINGS: list[dict[str, str | bool]] = [
    {"model": "gpt-4o", "system": 'Don\'t "stop".', "temperature": "0.4"},
    {"model": "x2", "stream": False, "web_search": True},
    {"model": "4.0Ultra", "tool": True, "web_search": True},
]
PROGRAMS = ["openai", "curl", "chat-openai", "chat-spark"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("settings", SETTINGS, ids=[str(each["model"]) for each in SETTINGS])
def test_the_programs_ask_what_the_chat_asks(
    browser: Browser, settings: dict[str, Any], tmp_path: Path
) -> None:
    key, known = new_key()
    script = Script()
    with one_gateway(
        emulator={"respond": script}, keys={"anna": known}, models={"gpt-4o": "4.0Ultra"}
    ) as gateway:
        with visit(browser, gateway.url.removesuffix("/v1")) as visited:
            page = visited.page
            page.locator("#key").fill(key)
            page.locator("#key").press("Enter")
            page.locator("#model:enabled").wait_for()
            visited.choose(**settings)
            page.locator("#question").fill(QUESTION)
            page.locator("#tab-code").click()
            programs = {
                name: page.locator(f"#code-{name} pre code").inner_text() for name in PROGRAMS
            }
            assert key not in page.locator("#code").inner_text()
            page.locator("#tab-chat").click()
            page.locator("#question").press("Enter")
            page.wait_for_selector("article.answer[aria-busy=false]")
        asked = script.seen[0]
        environ = os.environ | gateway.spark.environment | {"KEY": key, "PYTHONPATH": str(ROOT)}
        environ["SPARK_BASE_URL"] = gateway.spark.base_url
        for name, text in programs.items():
            script.seen.clear()
            command = ["sh", "-ec"] if name == "curl" else [sys.executable, "-c"]
            done = subprocess.run(
                [*command, text],
                env=environ,
                cwd=tmp_path,
                check=False,
                capture_output=True,
                text=True,
            )
            assert (done.returncode, bool(done.stdout)) == (0, True), f"{name}: {done.stderr}"
            seen = script.seen[0]
            assert (seen.model, seen.messages) == (asked.model, asked.messages), name
            assert seen.options.get("temperature") == asked.options.get("temperature"), name
            assert [tool.name for tool in seen.tools] == [tool.name for tool in asked.tools], name
            assert (seen.thinking, seen.web_search) == (asked.thinking, asked.web_search), name
