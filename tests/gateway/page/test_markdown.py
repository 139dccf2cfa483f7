"""A model's text becomes elements, and never more than that: it is a stranger's."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from iflytek_spark.emulator import Reply
from tests.gateway.gateway_helpers import Gateway
from tests.gateway.page.conftest import Script
from tests.gateway.page.visits import IN_A_BROWSER, READY, Visit, visit

pytestmark = pytest.mark.slow(IN_A_BROWSER)

_SHOWN = """async (text) => {
  const { showMarkdown } = await import(new URL("page/parts/markdown.js", document.baseURI));
  const box = document.createElement("div");
  showMarkdown(box, text);
  return box.getHTML();
}"""

_GROWN = """async (text) => {
  const { showMarkdown } = await import(new URL("page/parts/markdown.js", document.baseURI));
  const [grown, whole] = [document.createElement("div"), document.createElement("div")];
  for (let end = 1; end <= text.length; end += 1) showMarkdown(grown, text.slice(0, end));
  showMarkdown(whole, text);
  return [grown.getHTML(), whole.getHTML()];
}"""

_SECONDS = """async (text) => {
  const { showMarkdown } = await import(new URL("page/parts/markdown.js", document.baseURI));
  const started = performance.now();
  showMarkdown(document.createElement("div"), text);
  return (performance.now() - started) / 1000;
}"""

TEXTS = [
    ("plain", "<p>plain</p>"),
    ("two\nlines\n\nand more", "<p>two\nlines</p><p>and more</p>"),
    ("# Title", "<h3>Title</h3>"),
    ("#no title", "<p>#no title</p>"),
    ("**bold** *it* ~~old~~", "<p><strong>bold</strong> <em>it</em> <del>old</del></p>"),
    ("__b__ _i_", "<p><strong>b</strong> <em>i</em></p>"),
    ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>"),
    ("`a < b` and ``a ` b``", "<p><code>a &lt; b</code> and <code>a ` b</code></p>"),
    ("`open", "<p>`open</p>"),
    (r"\*as it is\*", "<p>*as it is*</p>"),
    ("- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
    ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
    ("- a\n\n- b", "<ul><li>a</li><li>b</li></ul>"),
    ("> quoted\n> text", "<blockquote>quoted\ntext</blockquote>"),
    ("---", "<hr>"),
    ("|a|b|\n|-|-|\n|1|2|", "<tr><td>1</td><td>2</td></tr>"),
    ("```py\na < b\n```", "<code>a &lt; b</code>"),
    ("```\nopen <", "<code>open &lt;</code>"),
    ("1. do:\n   ```sh\n   ls\n   ```\n2. done", "<code>ls</code>"),
    ("see https://a.example/b(c).", 'href="https://a.example/b(c"'),
    ("[a](https://a.example/b)", 'href="https://a.example/b"'),
]  # fmt: skip

HOSTILE = [
    "<script>globalThis.pwned = 1</script>",
    "<img src=x onerror='globalThis.pwned = 1'>",
    "<svg onload=globalThis.pwned=1><a xlink:href='javascript:pwned=1'>x</a></svg>",
    "<iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
    "[click](javascript:globalThis.pwned=1)",
    "[click](JaVaScRiPt:globalThis.pwned=1)",
    "[click](\tjavascript:globalThis.pwned=1)",
    "[click](java\nscript:globalThis.pwned=1)",
    "[click](data:text/html,<script>parent.pwned=1</script>)",
    "[click](vbscript:x) [click](file:///etc/passwd) [click](blob:http://a/b)",
    "[bank](https://bank.example@evil.example/)",
    "[here](/operator/keys) [here](//evil.example) [here](?a) [here](#b)",
    "![](https://evil.example/read.png) ![x](javascript:1)",
    '[x](https://a.example/"onmouseover="globalThis.pwned=1)',
    "[<img src=x onerror=globalThis.pwned=1>](https://a.example/)",
    "```<img src=x onerror=globalThis.pwned=1>\n</code></pre><script>pwned=1</script>\n```",
    "`<script>globalThis.pwned=1</script>`",
    "|<b>|\n|-|\n|<script>globalThis.pwned=1</script>|",
    "<style>* { display: none }</style><base href=https://evil.example/>",
    "<form action=https://evil.example><button>Send</button></form>",
    "&lt;script&gt;globalThis.pwned=1&lt;/script&gt;",
    "<https://a.example/> <javascript:globalThis.pwned=1>",
    "https://a.example/<script>globalThis.pwned=1</script>",
    "\u202ehttps://a.example/\u202c \x00 \ud7ff",
]

ELEMENTS = {
    "a", "blockquote", "button", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li",
    "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip

SIZE = 40_000
BOMBS = [
    "*" * SIZE, "_a" * SIZE, "**a " * SIZE, "*a " * SIZE, "~~" * SIZE, "`" * SIZE,
    "` `` ``` " * SIZE,
    "[" * SIZE, "[a](" * SIZE, "[a](b" * SIZE, "![" * SIZE, "[a](" + " " * SIZE, "\\" * SIZE,
    "> " * SIZE, ">" * SIZE, "- " * SIZE, "- a\n" * SIZE, "- a\n\n" * SIZE, "  " * SIZE + "- a",
    "~" * SIZE + "`", "`" * SIZE + "x`", "-" * SIZE + "x", "- " * SIZE + "x", "|" * SIZE,
    "|a\n|-\n" * SIZE, "a|b\n" * SIZE, "#" * SIZE, "# " + "\t" * SIZE + "\n", "https://" * SIZE,
    "https://a" + "." * SIZE, "\n" * SIZE, "".join(f"{' ' * (n % 90)}- a\n" for n in range(SIZE)),
    "".join("> " * (n % 200) + "a\n" for n in range(2000)), "```\n" * (SIZE // 8), "*a**b" * SIZE,
]  # fmt: skip


@pytest.fixture(scope="module")
def sheet(browser: Browser, page_gateway: Gateway) -> Page:
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_gateway.url.removesuffix("/v1"))
    page.wait_for_selector(READY, state="attached")
    return page


@pytest.mark.sampled(8)
@pytest.mark.parametrize(("text", "html"), TEXTS, ids=[text for text, _ in TEXTS])
def test_what_models_write_becomes_elements(sheet: Page, text: str, html: str) -> None:
    assert html in sheet.evaluate(_SHOWN, text)


def test_a_text_that_grows_ends_as_the_whole_does(sheet: Page) -> None:
    text = "\n\n".join(text for text, _ in TEXTS)
    grown, whole = sheet.evaluate(_GROWN, text)
    assert grown == whole


@pytest.mark.sampled(8)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(sheet: Page, text: str) -> None:
    html = sheet.evaluate(_SHOWN, text)
    assert set(re.findall(r"<(\w+)", html)) <= ELEMENTS
    attributes = set(re.findall(r'\s([\w-]+)="', re.sub(r'"[^"]*"', '""', html)))
    assert attributes <= {
        "class", "data-words", "data-values", "href", "rel", "tabindex", "target", "title", "type",
    }  # fmt: skip
    links = re.findall(r'href="([^"]*)"', html)
    assert [url for url in links if not re.match(r"https?://[^/@]*(/|$)", url)] == []


def test_a_hostile_answer_does_nothing_in_the_chat(visited: Visit, script: Script) -> None:
    script.replies["attack"] = Reply("\n\n".join(HOSTILE), reasoning="\n".join(HOSTILE))
    visited.choose(model="x2")
    answer = visited.ask("attack")
    expect(answer).to_contain_text("<script>globalThis.pwned = 1</script>")
    assert visited.page.evaluate("typeof pwned") == "undefined"
    expect(answer.locator("img, script, iframe, style, form, svg")).to_have_count(0)


def test_no_text_takes_long(sheet: Page) -> None:
    seconds = {text[:12]: sheet.evaluate(_SECONDS, text) for text in BOMBS}
    assert {text: taken for text, taken in seconds.items() if taken > 3} == {}


def test_a_question_is_shown_as_it_was_written(browser: Browser, page_gateway: Gateway) -> None:
    with visit(browser, page_gateway.url.removesuffix("/v1")) as visited:
        visited.ask("<b>**not bold**</b>")
        expect(visited.page.locator("article.question")).to_have_text("<b>**not bold**</b>")
