"""LangChain's classic chains and agents, whose prompts are text: ReAct, history, evaluators."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import BaseTool, tool

from iflytek_spark.emulator import Emulator, SeenChat
from langchain_spark import ChatSpark

with warnings.catch_warnings():
    # The classic chains import LangChain's community package, which warns of its end.
    warnings.filterwarnings("ignore", "`langchain-community` is being sunset", DeprecationWarning)
    from langchain_classic.agents import AgentExecutor, create_react_agent
    from langchain_classic.agents.mrkl.prompt import FORMAT_INSTRUCTIONS, PREFIX, SUFFIX
    from langchain_classic.chains import create_history_aware_retriever
    from langchain_classic.evaluation import QAEvalChain
    from langchain_classic.retrievers.document_compressors import LLMChainFilter

Chat = Callable[..., ChatSpark]


@tool
def weather(city: str) -> str:
    """查询城市的天气。"""
    return f"{city}：晴，26 度"


@tool
def clock(zone: str = "UTC") -> str:
    """Tells what time it is in a zone."""
    return f"08:00 in {zone}"


@pytest.fixture
def tools() -> list[BaseTool]:
    return [weather, clock]


def take_a_step(request: SeenChat) -> str:
    """Look at the weather when it is asked for, then say what it is."""
    _, _, question = request.text.rpartition("\nQuestion: ")
    _, seen, result = question.partition("\nObservation: ")
    if seen:
        return f"可以回答了。\nFinal Answer: {result.removesuffix('Thought: ').strip()}"
    if "天气" in question:
        return "需要工具。\nAction: weather\nAction Input: 合肥"
    return "可以回答了。\nFinal Answer: 你好！"


@pytest.mark.parametrize("model", ["lite", "4.0Ultra"])
def test_a_react_agent(chat: Chat, spark: Emulator, tools: list[BaseTool], model: str) -> None:
    spark.respond = take_a_step
    prompt = PromptTemplate.from_template(
        f"{PREFIX}\n\n{{tools}}\n\n{FORMAT_INSTRUCTIONS}\n\n{SUFFIX}"
    )
    agent = create_react_agent(chat(model=model), tools, prompt)
    executor = AgentExecutor(agent=agent, tools=tools, return_intermediate_steps=True)
    found = executor.invoke({"input": "合肥的天气怎么样？"})
    assert [(step.tool, result) for step, result in found["intermediate_steps"]] == [
        ("weather", "合肥：晴，26 度")
    ]
    assert found["output"].endswith("合肥：晴，26 度")
    assert "你好！" in executor.invoke({"input": "你好"})["output"]


def test_a_retriever_with_history_asks_a_standalone_question(chat: Chat) -> None:
    system = (
        "Given a chat history and the latest user question which might reference context in the "
        "chat history, formulate a standalone question which can be understood without it."
    )
    prompt = ChatPromptTemplate.from_messages(
        [("system", system), ("placeholder", "{chat_history}"), ("human", "{input}")]
    )
    asked: list[str] = []

    def search(question: str) -> list[Document]:
        asked.append(question)
        return []

    chain = create_history_aware_retriever(chat(), RunnableLambda(search), prompt)
    history = [HumanMessage("黄山毛峰是什么茶？"), AIMessage("绿茶。")]
    chain.invoke({"input": "它产于哪里？", "chat_history": history})
    assert asked == ["它产于哪里？（黄山毛峰）"]


def test_a_filter_of_documents(chat: Chat, spark: Emulator) -> None:
    spark.respond = lambda request: "YES" if "八十度" in request.text else "NO"
    documents = [Document("冲泡绿茶的水温在八十度上下。"), Document("长城全长两万多千米。")]
    kept = LLMChainFilter.from_llm(chat()).compress_documents(documents, "绿茶的水温是多少？")
    assert [document.page_content for document in kept] == ["冲泡绿茶的水温在八十度上下。"]


def grade(request: SeenChat) -> str:
    """Compare the student's answer with the true one."""
    _, _, answers = request.text.rpartition("STUDENT ANSWER: ")
    given, _, right = answers.partition("\nTRUE ANSWER: ")
    return "CORRECT" if right.removesuffix("\nGRADE:") in given else "INCORRECT"


@pytest.mark.parametrize(("told", "score"), [("水温在八十度上下", 1), ("用一百度的沸水", 0)])
def test_an_evaluator_of_answers(chat: Chat, spark: Emulator, told: str, score: int) -> None:
    spark.respond = grade
    found = QAEvalChain.from_llm(chat()).evaluate_strings(
        prediction=told, reference="八十度上下", input="绿茶的水温是多少？"
    )
    assert found["score"] == score
