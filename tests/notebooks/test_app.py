"""The course's app, page by page: answers with sources, errors, and the question after them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import course
import knowledge_base
import pytest
import streamlit
from app_chain import Turn, build_chain
from chunks import split
from course import Connection
from streamlit.testing.v1 import AppTest

from iflytek_spark.emulator import Emulator, faults
from langchain_spark import ChatSpark

APP = Path(knowledge_base.__file__).with_name("streamlit_app.py")
PATIENCE = 60.0
SIGNING = """# 密钥与签名

## 有效期

签名后的地址在 300 秒内有效。

## 时钟

先校准时钟。
"""
VECTORS = """# 文本向量

## 维数

向量有 2560 维。

## 速率

向量每秒最多计算 2 次。
"""
HANDBOOK = {"01-signing.md": SIGNING, "02-vectors.md": VECTORS}


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit makes the app the main module, which every further process would begin with."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A handbook of two chapters, so that little has to be embedded."""
    for name, text in HANDBOOK.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(knowledge_base, "HANDBOOK", tmp_path)
    monkeypatch.setattr(knowledge_base, "place", lambda: tmp_path / "cache")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def spark(keys: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, which the app believes to have started."""
    for module in (course, knowledge_base):
        monkeypatch.setattr(module, "connect", lambda: Connection(keys))
    return keys


@pytest.fixture
def app() -> AppTest:
    """The app in a new session of a new server."""
    streamlit.cache_resource.clear()
    return AppTest.from_file(APP, default_timeout=PATIENCE)


def _ask(app: AppTest, question: str) -> str:
    """Ask, and return what stands first in the answer."""
    app.chat_input[0].set_value(question).run()
    assert not app.exception
    return _answer(app)


def _answer(app: AppTest) -> str:
    return str(app.chat_message[-1].markdown[0].value)


def _sent(spark: Emulator) -> list[dict[str, Any]]:
    """Return the messages of the last request."""
    messages: list[dict[str, Any]] = spark.requests[-1].body["payload"]["message"]["text"]
    return messages


def _sources(app: AppTest) -> list[str]:
    (expander,) = app.chat_message[-1].expander
    return [element.value for element in expander.markdown]


def test_a_question_is_answered_with_its_sources(spark: Emulator, app: AppTest) -> None:
    assert "300 秒" in _ask(app.run(), "签名后的地址多久失效？")
    assert app.chat_message[-1].expander[0].label == "出处（3）"
    assert _sources(app)[0].startswith("**密钥与签名 > 有效期**")
    assert "01-signing.md" in _sources(app)[0]
    assert app.chat_message[-1].code[0].value == "签名后的地址在 300 秒内有效。"


def test_an_answer_arrives_in_pieces(spark: Emulator) -> None:
    store = knowledge_base.open_store(split(knowledge_base.load_handbook()))
    chain = build_chain(store.as_retriever(), ChatSpark(model="4.0Ultra"))
    turn = Turn("签名后的地址多久失效？")
    pieces = [text for text in turn.read(chain.stream(turn.after([]))) if text]
    assert len(pieces) > 1
    assert "".join(pieces) == turn.answer == "签名后的地址在 300 秒内有效。"


def test_a_follow_up_is_searched_for_with_what_was_said(spark: Emulator, app: AppTest) -> None:
    _ask(app.run(), "向量有多少维？")
    assert "2 次" in _ask(app, "它每秒最多计算几次？")
    assert _sources(app)[0].startswith("**文本向量 > 速率**")
    assert [message["content"] for message in _sent(spark)[1:]] == [
        "向量有多少维？",
        "向量有 2560 维。",
        "它每秒最多计算几次？",
    ]


def test_an_error_is_told_with_its_hint_and_the_next_question_works(
    spark: Emulator, app: AppTest
) -> None:
    app.run()
    spark.script(None, faults.ErrorFrame(10013))
    _ask(app, "签名后的地址多久失效？")
    (error,) = app.chat_message[-1].error
    assert "10013" in error.value
    assert "rephrase" in error.value
    assert "2560" in _ask(app, "向量有多少维？")
    assert not app.chat_message[-1].error
    assert [message["content"] for message in _sent(spark)[1:]] == ["向量有多少维？"]


def test_what_arrived_before_an_error_is_kept(spark: Emulator, app: AppTest) -> None:
    app.run()
    spark.script(None, faults.ErrorFrame(10014, after=2))
    partial = _ask(app, "签名后的地址多久失效？")
    assert partial
    assert "签名后的地址在 300 秒内有效。".startswith(partial)
    app.run()
    assert _answer(app) == partial
    assert "10014" in app.chat_message[-1].error[0].value


def test_an_answer_that_was_broken_off_is_begun_again(spark: Emulator, app: AppTest) -> None:
    """Streamlit ends a run when the user does something else meanwhile."""
    app.session_state["turns"] = [Turn("向量有多少维？", answer="向量有")]
    app.run()
    assert _answer(app) == "向量有 2560 维。"


def test_the_chosen_model_answers(spark: Emulator, app: AppTest) -> None:
    app.run()
    assert app.selectbox[0].value == "4.0Ultra"
    assert not {"image", "generalv2"} & set(app.selectbox[0].options)
    app.selectbox[0].set_value("x1.5").run()
    _ask(app, "向量有多少维？")
    assert spark.requests[-1].path == "/v1/x1"


def test_a_cleared_conversation_is_forgotten(spark: Emulator, app: AppTest) -> None:
    _ask(app.run(), "向量有多少维？")
    app.button[0].click().run()
    assert len(app.chat_message) == 1
    _ask(app, "它每秒最多计算几次？")
    assert len(_sent(spark)) == 2


def test_the_handbook_is_embedded_once_for_all_visitors(spark: Emulator, app: AppTest) -> None:
    app.run()
    embedded = len(spark.requests)
    app.run()
    AppTest.from_file(APP, default_timeout=PATIENCE).run()
    assert len(spark.requests) == embedded == 4


def test_without_keys_the_sidebar_says_that_the_emulator_answers(
    spark: Emulator, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "本地模拟器" in app.run().sidebar.info[0].value
    streamlit.cache_resource.clear()
    monkeypatch.setattr(course, "connect", lambda: Connection(None))
    assert "使用你的密钥" in app.run().sidebar.info[0].value


def _refusal(app: AppTest) -> str:
    """Return the one line that the app starts with instead of a conversation."""
    app.run()
    assert not app.exception
    assert not app.chat_input
    (error,) = app.error
    assert len(error.value.splitlines()) == 1
    return str(error.value)


def test_wrong_keys_are_told_in_a_line(
    spark: Emulator, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_API_KEY", "not-a-key")
    line = _refusal(app)
    assert "401" in line
    assert "check api_key" in line
    assert "not-a-key" not in line


def test_a_key_that_was_never_filled_in_is_told_in_a_line(
    keys: Emulator, folder: Path, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_API_KEY", "在这里填写")
    assert "api_key" in _refusal(app)


def test_a_folder_without_chapters_is_told_in_a_line(
    spark: Emulator, folder: Path, app: AppTest
) -> None:
    for name in HANDBOOK:
        (folder / name).unlink()
    assert "没有 Markdown 文件" in _refusal(app)


def test_an_unreadable_pdf_is_told_in_a_line_and_mended(
    spark: Emulator, folder: Path, app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = folder / "broken.pdf"
    broken.write_text("no PDF at all", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(knowledge_base, "PDF", broken)
        assert "broken.pdf：不是 PDF" in _refusal(app)
    assert "2560" in _ask(app.run(), "向量有多少维？")
