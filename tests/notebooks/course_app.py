"""An app as the students of a public course write it, for OpenAI's and Zhipu's models.

``test_course_pattern.py`` runs it with iFlytek Spark in their place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import streamlit as st
from langchain_chroma import Chroma
from langchain_community.embeddings import ZhipuAIEmbeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableBranch, RunnableParallel, RunnablePassthrough
from langchain_openai import ChatOpenAI

Chain = Runnable[dict[str, Any], dict[str, Any]]


def make_chain() -> Chain:
    """Condense the question when there is a history, retrieve, answer."""
    embeddings = ZhipuAIEmbeddings(api_key=os.environ["ZHIPUAI_API_KEY"])
    folder = str(Path("vectors").absolute())
    store = Chroma(persist_directory=folder, embedding_function=embeddings)
    retriever = store.as_retriever(search_kwargs={"k": 3})
    llm = ChatOpenAI(model="gpt-4o", temperature=0)
    condensed = prompt("根据聊天记录，把用户最新的问题改写成独立的问题。") | llm | StrOutputParser()
    search = RunnableBranch(
        (lambda values: not values["chat_history"], itemgetter("input") | retriever),
        condensed | retriever,
    )
    answer = (
        RunnablePassthrough.assign(context=lambda values: joined(values["context"]))
        | prompt("用下面的上下文回答问题；不知道就说不知道。\n\n上下文：\n{context}")
        | llm
        | StrOutputParser()
    )
    first = RunnableParallel(
        context=search, input=itemgetter("input"), chat_history=itemgetter("chat_history")
    )
    return first.assign(answer=answer)


def prompt(instructions: str) -> ChatPromptTemplate:
    """Put the history between the instructions and the question."""
    return ChatPromptTemplate.from_messages(
        [("system", instructions), ("placeholder", "{chat_history}"), ("human", "{input}")]
    )


def joined(documents: list[Any]) -> str:
    """Join what was found."""
    return "\n\n".join(document.page_content for document in documents)


def answers(chain: Chain, question: str, history: list[tuple[str, str]]) -> Iterator[str]:
    """Take the answer's pieces out of what the chain streams."""
    for piece in chain.stream({"input": question, "chat_history": history}):
        if "answer" in piece:
            yield piece["answer"]


def main() -> None:
    """Draw the page."""
    messages = st.session_state.setdefault("messages", [])
    if "chain" not in st.session_state:
        st.session_state.chain = make_chain()
    for role, text in messages:
        st.chat_message(role).write(text)
    if question := st.chat_input("你的问题"):
        messages.append(("human", question))
        st.chat_message("human").write(question)
        with st.chat_message("ai"):
            output = st.write_stream(answers(st.session_state.chain, question, messages))
        messages.append(("ai", output))


main()
