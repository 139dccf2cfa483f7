"""The public course's Streamlit pattern with Spark: two constructors change, nothing else.

The pattern appends the question to the history before the call, so the model gets it twice, and
keeps one chain for a session, which has to outlive an error.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_chroma import Chroma
from streamlit import config
from streamlit.testing.v1 import AppTest

from iflytek_spark.emulator import Emulator, faults
from langchain_spark import SparkEmbeddings

PATIENCE = 60.0
CHANGES = {
    "from langchain_openai import ChatOpenAI": "from langchain_spark import ChatSpark",
    "from langchain_community.embeddings import ZhipuAIEmbeddings": (
        "from langchain_spark import SparkEmbeddings"
    ),
    'ChatOpenAI(model="gpt-4o", temperature=0)': 'ChatSpark(model="4.0Ultra", temperature=0)',
    'ZhipuAIEmbeddings(api_key=os.environ["ZHIPUAI_API_KEY"])': "SparkEmbeddings()",
}
TEXTS = [
    "南瓜书是西瓜书的公式详解。",
    "南瓜书的作者有三位。",
    "向量数据库用来查找相似的文本。",
    "Chroma 是一种向量数据库。",
    "提示工程研究怎样写提示。",
]


@pytest.fixture
def spark(keys: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, and a vector database that an earlier chapter has made with it."""
    monkeypatch.chdir(tmp_path)
    folder = str(tmp_path / "vectors")
    Chroma.from_texts(TEXTS, SparkEmbeddings(max_qps=None), persist_directory=folder)
    return keys


def _app() -> AppTest:
    """Open the course's app in a session of its own, with Spark's two classes."""
    source = Path(__file__).with_name("course_app.py").read_text(encoding="utf-8")
    for theirs, ours in CHANGES.items():
        assert source.count(theirs) == 1
        source = source.replace(theirs, ours)
    return AppTest.from_string(source, default_timeout=PATIENCE).run()


def _ask(app: AppTest, question: str) -> str:
    app.chat_input[0].set_value(question).run()
    assert not app.exception
    return str(app.chat_message[-1].markdown[0].value)


def _sent(spark: Emulator) -> list[tuple[str, str]]:
    """Return role and text of the last request's messages."""
    messages = spark.requests[-1].body["payload"]["message"]["text"]
    return [(message["role"], message["content"]) for message in messages]


def test_questions_are_answered_from_what_was_found(spark: Emulator) -> None:
    app = _app()
    assert TEXTS[0] in _ask(app, "南瓜书是什么？")
    assert TEXTS[1] in _ask(app, "它的作者有几位？")
    assert [role for role, _ in app.session_state["messages"]] == ["human", "ai"] * 2


def test_a_question_that_comes_twice_is_one_turn_on_the_wire(spark: Emulator) -> None:
    app = _app()
    _ask(app, "南瓜书是什么？")
    _ask(app, "它的作者有几位？")
    (system, _), *turns = _sent(spark)
    assert system == "system"
    assert [role for role, _ in turns] == ["user", "assistant", "user"]
    assert turns[-1][1].count("它的作者有几位？") == 2


def test_temperature_0_is_sent_as_the_least_that_spark_takes(spark: Emulator) -> None:
    _ask(_app(), "南瓜书是什么？")
    assert spark.requests[-1].path == "/v4.0/chat"
    assert 0 < spark.requests[-1].body["parameter"]["chat"]["temperature"] <= 0.01


def test_the_sessions_one_chain_outlives_an_error(spark: Emulator) -> None:
    """The pattern catches nothing: Streamlit shows the error, and the question stays alone."""
    config.set_option("logger.enableRich", False)  # which takes seconds to colour the traceback
    app = _app()
    chain = app.session_state["chain"]
    condensing, embedding = None, None
    spark.script(condensing, embedding, faults.ErrorFrame(10013))
    app.chat_input[0].set_value("提示工程研究什么？").run()
    assert "10013" in app.exception[0].message
    assert TEXTS[0] in _ask(app, "南瓜书是什么？")
    assert app.session_state["chain"] is chain


def test_sessions_share_nothing(spark: Emulator) -> None:
    one, other = _app(), _app()
    _ask(one, "南瓜书是什么？")
    _ask(other, "提示工程研究什么？")
    assert one.session_state["chain"] is not other.session_state["chain"]
    assert "南瓜书是什么？" not in str(_sent(spark))
