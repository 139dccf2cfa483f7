"""The page's files: what they are sent with, and what they must not hold."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx2
import pytest

from iflytek_spark.gateway.page.files import page_files
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import Gateway

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "iflytek_spark" / "gateway" / "page" / "static"
FILES = sorted(path for path in STATIC.rglob("*") if path.is_file())
PAGES = ["/", "/docs", "/page/main.js", "/page/style/base.css", "/page/features.json"]
MAX_LINES, MAX_FILES = 300, 14
TEXT_AS_HTML = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
KEPT_FOR_LONG = r"localStorage|document\.cookie|indexedDB"


@pytest.fixture
def site(gateway: Gateway) -> str:
    return gateway.url.removesuffix("/v1")


@pytest.mark.parametrize("path", PAGES)
def test_a_file_is_sent_with_a_strict_policy(site: str, path: str) -> None:
    answer = httpx2.get(site + path)
    assert answer.status_code == 200
    policy = dict(
        rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in str(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_file_is_sent_again_only_when_it_has_changed(site: str) -> None:
    first = httpx2.get(f"{site}/page/main.js")
    again = httpx2.get(f"{site}/page/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = httpx2.get(f"{site}/page/main.js", headers={"if-none-match": '"other"'})
    assert other.content == first.content


@pytest.mark.parametrize("path", ["/", "/docs", "/page/main.js"])
def test_head_says_what_get_would(site: str, path: str) -> None:
    head, get = httpx2.head(site + path), httpx2.get(site + path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == get.headers["etag"]
    assert head.headers["content-type"] == get.headers["content-type"]


OUTSIDE = ["nothing.js", "", "%2e%2e/routes.py", "%2e%2e%2froutes.py", "/etc/passwd", "parts"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_else_is_sent(site: str, path: str) -> None:
    answer = httpx2.get(f"{site}/page/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no_such_route"


def test_the_page_can_be_left_out(running_gateway: RunningGateway) -> None:
    url = running_gateway(page=False)
    for path in PAGES:
        assert httpx2.get(url + path).status_code == 404
    assert httpx2.get(f"{url}/healthz").status_code == 200


def test_the_page_needs_no_key_and_says_whether_one_is_needed(
    running_gateway: RunningGateway,
) -> None:
    open_to_this_machine = running_gateway()
    with_key = running_gateway(keys={"anna": f"sha256:{'0' * 64}"})
    for url, needed in ((open_to_this_machine, False), (with_key, True)):
        assert httpx2.get(url).status_code == 200
        features = httpx2.get(f"{url}/page/features.json").json()
        assert features["key_needed"] is needed
        assert features["operator"] == []


def test_a_page_of_another_site_gets_nothing(running_gateway: RunningGateway) -> None:
    url = running_gateway()
    for headers in ({"host": "evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert httpx2.get(url, headers=headers).status_code == 403


def test_every_file_is_one_that_is_sent() -> None:
    assert set(page_files()) == {path.relative_to(STATIC).as_posix() for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_file_asks_nobody_else_and_keeps_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MAX_LINES
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w[\w./-]*", text))
    assert addresses <= {
        "http://www.w3.org/2000/svg",  # the name of a namespace
        "https://your-bank.com",  # in a comment
    }
    assert not re.search(TEXT_AS_HTML, text)
    assert not re.search(KEPT_FOR_LONG, text)
    if path.suffix == ".html":
        assert not re.search(r"\son\w+=|style=|<script(?![^>]*\bsrc=)|javascript:", text)


def test_a_folder_can_be_seen_at_once() -> None:
    counts = {folder: len(list(folder.iterdir())) for folder in {path.parent for path in FILES}}
    assert max(counts.values()) <= MAX_FILES


def test_both_languages_have_the_same_words() -> None:
    texts = {
        language: (STATIC / "parts" / f"words-{language}.js").read_text(encoding="utf-8")
        for language in ("en", "zh")
    }
    words = {
        language: dict(re.findall(r'^  (\w+): (".*"),$', text, flags=re.MULTILINE))
        for language, text in texts.items()
    }
    assert list(words["en"]) == list(words["zh"])
    for name, text in words["en"].items():
        values = [set(re.findall(r"{\w+}", json.loads(each))) for each in (text, words["zh"][name])]
        assert values[0] == values[1], name


def test_every_word_that_is_used_is_there() -> None:
    known = (STATIC / "parts" / "words-en.js").read_text(encoding="utf-8")
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        used = re.findall(r'data-(?:words|label|placeholder)="(\w+)"', text)
        used += re.findall(r'\bt\("(\w+)"', text) + re.findall(r'\bwords\("\w+", "(\w+)"', text)
        assert [name for name in used if f"\n  {name}: " not in known] == [], path.name


@pytest.mark.slow("what the wheel leaves out is missing only where it is installed")
def test_the_wheel_has_the_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    prefix = "iflytek_spark/gateway/page/static/"
    with zipfile.ZipFile(wheel) as archive:
        packed = {name.removeprefix(prefix) for name in archive.namelist() if prefix in name}
    assert packed == set(page_files())
