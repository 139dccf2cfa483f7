"""A chat over the handbook: ``streamlit run notebooks/streamlit_app.py``."""

from __future__ import annotations

from contextlib import closing

import streamlit as st
from app_chain import Turn, build_chain
from chunks import split
from course import Connection, connect
from knowledge_base import KnowledgeBaseError, load_handbook, open_store
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from iflytek_spark import SparkError, list_models
from iflytek_spark.models.catalogue import DEFAULT_MODEL
from iflytek_spark.models.spec import ModelKind
from langchain_spark import ChatSpark

MODELS = {
    spec.name: spec.title
    for spec in list_models()
    if spec.kind is ModelKind.CHAT and not spec.retired
}
WELCOME = """
你好！我只依据讯飞星火手册回答，并列出出处。你可以问：

- 签名后的地址多久失效？
- 错误 11202 是什么意思，该怎么办？
- 怎样用 LangChain 写流式输出？
"""


def main() -> None:
    """Draw the page; Streamlit runs this anew after whatever the user does."""
    st.set_page_config("讯飞星火手册问答", "✨")
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    try:
        model, retriever = sidebar(turns), open_retriever()
    except (KnowledgeBaseError, SparkError) as error:
        st.error(f"启动失败。{error}")
        st.caption("改好以后，重新启动应用。")
    else:
        chat(turns, retriever, model)


@st.cache_resource(show_spinner=False)
def connection() -> Connection:
    """Find out who answers, once for all visitors."""
    return connect()


@st.cache_resource(show_spinner="正在打开知识库。第一次使用真实的服务时，计算向量要两分多钟……")
def open_retriever() -> BaseRetriever:
    """Open the knowledge base, once for all visitors."""
    store = open_store(split(load_handbook()))
    return store.as_retriever(search_kwargs={"k": 3})


def sidebar(turns: list[Turn]) -> str:
    """Draw the sidebar.

    Returns:
        The name of the model that the user chose.
    """
    with st.sidebar:
        st.title("讯飞星火手册问答")
        names = list(MODELS)
        model = st.selectbox(
            "模型", names, index=names.index(DEFAULT_MODEL), format_func=MODELS.__getitem__
        )
        st.button("清空对话", on_click=turns.clear, width="stretch")
        st.info(str(connection()))
        if connection().emulator:
            st.caption("要用真实的服务，把密钥写进 `.env`，再重新启动应用。")
    return model


def chat(turns: list[Turn], retriever: BaseRetriever, model: str) -> None:
    """Show the conversation, and answer what has no whole answer yet."""
    if question := st.chat_input("问一个关于讯飞星火的问题"):
        turns.append(Turn(question))
    st.chat_message("assistant").markdown(WELCOME)
    for number, turn in enumerate(turns):
        st.chat_message("user").markdown(turn.question)
        with st.chat_message("assistant"):
            if turn.done:
                st.markdown(turn.answer)
            else:
                answer(turn, turns[:number], retriever, model)
            show_outcome(turn)


def answer(turn: Turn, earlier: list[Turn], retriever: BaseRetriever, model: str) -> None:
    """Stream an answer; an error becomes part of the conversation.

    When the user chooses another model meanwhile, Streamlit ends this run, and the next one
    comes here again.
    """
    with st.spinner("查找资料，回答……"):
        try:
            chain = build_chain(retriever, ChatSpark(model=model, temperature=0))
            with closing(turn.read(chain.stream(turn.after(earlier)))) as text:
                st.write_stream(text)
        except SparkError as error:
            turn.error = str(error)


def show_outcome(turn: Turn) -> None:
    """Show what stands under an answer: its error, if any, and its sources."""
    if turn.error:
        st.error(turn.error)
    if turn.documents:
        with st.expander(f"出处（{len(turn.documents)}）"):
            for document in turn.documents:
                show_source(document)


def show_source(document: Document) -> None:
    """Show where a chunk stands in the handbook, and what it says."""
    section, _, text = document.page_content.partition("\n\n")
    st.markdown(f"**{section.lstrip('# ')}** :small[{document.metadata['source']}]")
    st.code(text, language=None, wrap_lines=True)


main()
