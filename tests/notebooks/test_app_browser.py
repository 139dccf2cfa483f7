"""The course's app as its user meets it: in a browser, on a machine without keys.

With KEEP_SCREENSHOT=1 in the environment, the picture for the README is written anew.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHROMIUM = shutil.which("chromium")
PICTURE = NOTEBOOKS / "images" / "streamlit_app.png"
PATIENCE = 60.0
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER = [
    "--server.address=127.0.0.1",
    "--server.headless=true",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
    "--client.toolbarMode=viewer",
]
TOO_LONG = "这是一份很长的日志。" * 1500
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """Run a copy of the app, whose knowledge base is yet to be made; give its address."""
    ignored = shutil.ignore_patterns(".cache", "__pycache__", "*.ipynb", "images")
    shutil.copytree(NOTEBOOKS, tmp_path, ignore=ignored, dirs_exist_ok=True)
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", *SERVER]
    with subprocess.Popen(
        [*command, f"--server.port={port}"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            assert any("URL" in line for line in server.stdout), "streamlit did not start"
            yield f"http://127.0.0.1:{port}"
            server.terminate()
            server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
    assert server.returncode == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def page(app: str) -> Iterator[Page]:
    """Open the app in a window of a common size."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, locale="zh-CN")
        page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        page.goto(app)
        yield page
        browser.close()


def _ask(page: Page, question: str) -> Locator:
    """Ask, and return the newest answer once it is whole."""
    messages = page.get_by_test_id("stChatMessage")
    box = page.get_by_placeholder("问一个关于讯飞星火的问题")
    expect(box).to_be_visible()
    before = messages.count()
    box.fill(question)
    box.press("Enter")
    expect(messages).to_have_count(before + 2)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0)
    return messages.last


@pytest.mark.exhaustive
@pytest.mark.slow("without a browser the page's own script is not seen")
def test_a_visitor_asks_meets_an_error_and_asks_again(page: Page) -> None:
    expect(page.get_by_test_id("stSidebar")).to_contain_text("本地模拟器")
    answer = _ask(page, "签名多久失效？")
    expect(answer).to_contain_text("300 秒")
    answer.get_by_text("出处").click()
    expect(answer.get_by_text("密钥与签名 > 签名怎样计算 > 签名的有效期与时钟")).to_be_visible()
    if os.environ.get("KEEP_SCREENSHOT"):
        page.screenshot(path=PICTURE, animations="disabled")

    page.get_by_role("combobox").click()
    page.get_by_role("option", name="Spark Lite").click()
    refused = _ask(page, TOO_LONG)
    expect(refused.get_by_role("alert")).to_contain_text("10907")

    answer = _ask(page, "temperature 可以设成 0 吗？")
    expect(answer).to_contain_text("0.01")
    expect(answer.get_by_role("alert")).to_have_count(0)
