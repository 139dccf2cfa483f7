"""A visitor tries models: over the real gateway, on the emulator, in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, FilePayload, expect

from iflytek_spark.emulator import Call, Reply, faults
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.messages import Citation
from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.gateway.page.conftest import Script
from tests.gateway.page.visits import IN_A_BROWSER, READY, Visit, visit
from tests.unit.images.drawing import drawn

pytestmark = pytest.mark.slow(IN_A_BROWSER)

PNG = FilePayload(name="halves.png", mimeType="image/png", buffer=drawn((80, 60), "PNG"))
LONG = tuple(f"line {number}\n\n" for number in range(2000))

_GIVE_FILE = """([type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "halves.png", { type: "image/png" }));
  const target = document.querySelector(type === "paste" ? "#question" : "#chat");
  const given = type === "paste" ? { clipboardData: data } : { dataTransfer: data };
  const kind = type === "paste" ? ClipboardEvent : DragEvent;
  target.dispatchEvent(new kind(type, { bubbles: true, cancelable: true, ...given }));
}"""


def test_a_question_is_answered_with_tokens_and_seconds(visited: Visit, script: Script) -> None:
    script.replies["add"] = Reply(deltas=("The sum ", "is **4**."))
    answer = visited.ask("add")
    expect(answer.locator(".text").last).to_have_text("The sum is 4.")
    expect(answer.locator("strong")).to_have_text("4")
    expect(answer.locator("footer")).to_contain_text(re.compile(r"\d+ \+ \d+ tokens"))
    expect(answer.locator("footer")).to_contain_text(re.compile(r"\d+\.\d s"))


def test_only_models_that_chat_are_offered(visited: Visit) -> None:
    offered = visited.page.locator("#model option").evaluate_all("all => all.map(one => one.value)")
    assert {"lite", "4.0Ultra", "x2"} < set(offered)
    assert not {"spark-embedding", "spark-image", "xop3qwen8breranker"} & set(offered)
    assert visited.page.locator("#model").input_value() == "4.0Ultra"


def test_the_settings_are_what_is_asked_with(visited: Visit, script: Script) -> None:
    visited.choose(model="x2", temperature="0.3", thinking=False, stream=False)
    visited.choose(system="Be brief.")
    visited.ask("with settings")
    seen = script.seen[-1]
    assert (seen.model, seen.text) == ("x2", "Be brief.\n\nwith settings")  # it knows no system
    assert (seen.options["temperature"], seen.thinking, seen.web_search) == (0.3, False, False)


def test_a_conversation_goes_on_until_a_new_one_begins(visited: Visit, script: Script) -> None:
    script.replies["first"] = Reply("one")
    visited.ask("first")
    visited.ask("second")
    assert [message.text for message in script.seen[-1].messages] == ["first", "one", "second"]
    visited.page.locator("#new-chat").click()
    expect(visited.page.locator("article")).to_have_count(0)
    visited.ask("third")
    assert [message.text for message in script.seen[-1].messages] == ["third"]


def test_stop_keeps_what_has_come_and_ends_the_answer(
    visited: Visit, script: Script, page_gateway: Gateway
) -> None:
    script.replies["long"] = Reply(deltas=LONG)
    page = visited.page
    page.locator("#question").fill("long")
    page.locator("#send").click()
    expect(page.locator("article.answer .text").last).to_contain_text("line 3")
    page.locator("#stop").click()
    answer = page.locator("article.answer")
    expect(answer.locator("footer")).to_contain_text("stopped here")
    expect(answer).to_contain_text("line 3")
    expect(answer).not_to_contain_text(f"line {len(LONG) - 1}")
    assert page_gateway.spark.wait_until_idle(), "the gateway still reads the answer"
    visited.ask("after that")
    history = [message.text for message in script.seen[-1].messages]
    assert (history[0], history[1][:6], history[2]) == ("long", "line 0", "after that")


def test_reasoning_is_folded_away(visited: Visit, script: Script) -> None:
    script.replies["think"] = Reply("Yes.", reasoning="First the **question**.")
    visited.choose(model="x2")
    answer = visited.ask("think")
    inner = answer.locator(".reasoning .text")
    expect(inner).to_be_hidden()
    answer.get_by_text("Reasoning").click()
    expect(inner).to_have_text("First the question.")


def test_citations_are_links_to_pages_of_http_only(visited: Visit, script: Script) -> None:
    pages = (
        "https://example.com/a?b=1",
        "javascript:alert(1)",
        "data:text/html,<b>",
        "https://u@h/",
    )
    found = tuple(Citation(place, url, f"<b>{place}</b>") for place, url in enumerate(pages))
    script.replies["search"] = Reply("Found.", citations=found)
    visited.choose(model="4.0Ultra", web_search=True)
    sources = visited.ask("search").locator(".sources li")
    expect(sources).to_have_count(len(pages))
    links = sources.locator("a")
    expect(links).to_have_count(1)
    expect(links).to_have_attribute("href", pages[0])
    expect(links).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(links).to_have_text("<b>0</b>")


def test_a_tool_is_called_and_its_result_is_told_the_model(visited: Visit, script: Script) -> None:
    script.replies["time?"] = Reply(
        calls=(Call("get_current_time", {"timezone": "Asia/Shanghai"}),)
    )
    visited.choose(tool=True)
    answers = visited.page.locator("article.answer")
    visited.page.locator("#question").fill("time?")
    visited.page.locator("#send").click()
    expect(answers).to_have_count(2)
    expect(answers.first.locator(".calls")).to_contain_text("Calls get_current_time")
    expect(answers.first.locator(".calls")).to_contain_text("GMT+8")
    expect(answers.last).to_have_attribute("aria-busy", "false")
    assert "Asia/Shanghai" in script.seen[-1].text
    assert script.seen[-1].tools[0].name == "get_current_time"


@pytest.mark.parametrize("arguments", ['{"timezone": "Nowhere"}', "no JSON", "{}"])
def test_a_wrong_call_is_told_the_model_too(visited: Visit, script: Script, arguments: str) -> None:
    script.replies["now?"] = Reply(calls=(Call("get_current_time", arguments),))
    visited.choose(tool=True)
    visited.ask("now?")
    visited.check()


@pytest.mark.parametrize("way", ["button", "paste", "drop"])
def test_a_picture_is_sent_with_the_question(visited: Visit, script: Script, way: str) -> None:
    page = visited.page
    if way == "button":
        page.locator("#image-file").set_input_files([PNG])
    else:
        page.evaluate(_GIVE_FILE, [way, list(PNG["buffer"])])
    expect(page.locator(".thumb img")).to_be_visible()
    visited.ask("what is this?")
    expect(page.locator(".thumb")).to_have_count(0)
    expect(page.locator("article.question img")).to_be_visible()
    shown = [image for message in script.seen[-1].messages for image in message.images]
    assert len(shown) == 1


def test_what_is_no_picture_is_refused_in_words(visited: Visit) -> None:
    text = FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"text")
    visited.page.locator("#image-file").set_input_files([text])
    expect(visited.page.get_by_role("alert")).to_contain_text("notes.txt is no picture")


def test_an_error_shows_its_code_and_sid_and_can_be_tried_again(
    visited: Visit, script: Script
) -> None:
    script.replies["right?"] = Reply(fault=faults.ErrorFrame(11200))
    answer = visited.ask("right?")
    problem = answer.get_by_role("alert")
    expect(problem).to_contain_text("11200")
    expect(problem).to_contain_text("HTTP 502")
    expect(problem).to_contain_text("gateway_keys_not_permitted")
    expect(problem).to_contain_text(re.compile(r"sid \S+"))
    script.replies["right?"] = Reply("Now it is.")
    problem.get_by_role("button", name="Try again").click()
    expect(visited.page.locator("article.answer").last).to_contain_text("Now it is.")


def test_an_answer_that_breaks_off_shows_what_came_and_why(visited: Visit, script: Script) -> None:
    deltas = tuple(f"part {number} " for number in range(20))
    script.replies["break"] = Reply(deltas=deltas, fault=faults.Cut(after=8))
    answer = visited.ask("break")
    expect(answer.locator(".text").last).to_contain_text("part 3")
    expect(answer.get_by_role("alert")).to_contain_text("spark_interrupted")


def test_enter_sends_unless_a_word_is_being_composed(visited: Visit, script: Script) -> None:
    page, asked = visited.page, len(script.seen)
    page.locator("#question").fill("ni hao")
    page.dispatch_event("#question", "keydown", {"key": "Enter", "isComposing": True})
    page.dispatch_event("#question", "keydown", {"key": "Enter", "keyCode": 229})
    page.locator("#question").press("Shift+Enter")
    expect(page.locator("#question")).to_have_value("ni hao\n")
    expect(page.locator("article")).to_have_count(0)
    page.locator("#question").press("Enter")
    expect(page.locator("article.answer footer")).to_contain_text("tokens")
    assert len(script.seen) == asked + 1


def test_what_was_left_out_of_a_request_is_said(visited: Visit) -> None:
    visited.choose(temperature="5")
    expect(visited.ask("hot").locator("footer")).to_contain_text("left out: temperature")


def test_a_key_is_asked_for_and_kept_in_the_tab_only(browser: Browser) -> None:
    key, known = new_key()
    with one_gateway(keys={"anna": known}) as gateway:
        with visit(browser, gateway.url.removesuffix("/v1")) as visited:
            page = visited.page
            expect(page.locator("#key-word")).to_contain_text("asks for a key")
            visited.choose(key="sk-wrong")
            page.get_by_role("button", name="Use").click()
            expect(page.locator("#key-word")).to_contain_text("not known to the gateway")
            visited.choose(key=key)
            page.get_by_role("button", name="Use").click()
            expect(page.locator("#model")).to_be_enabled()
            expect(visited.ask("hello").locator("footer")).to_contain_text("tokens")
            page.reload()
            page.wait_for_selector(READY, state="attached")
            expect(page.locator("#model")).to_be_enabled()
            assert key not in page.content()
            assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
        with visit(browser, gateway.url.removesuffix("/v1")) as another:
            expect(another.page.locator("#key-word")).to_contain_text("asks for a key")


def test_the_page_speaks_chinese_and_english(browser: Browser, page_gateway: Gateway) -> None:
    with visit(browser, page_gateway.url.removesuffix("/v1"), locale="zh-CN") as visited:
        page = visited.page
        expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(page.locator("#send")).to_have_text("发送")
        visited.ask("你好")
        expect(page.locator("article.answer footer")).to_contain_text("秒")
        page.locator("#language").click()
        expect(page.locator("#send")).to_have_text("Send")
        expect(page.locator("article.answer footer")).to_contain_text(re.compile(r"\d s"))
        expect(page.get_by_label("Your question")).to_be_visible()
