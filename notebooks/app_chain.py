"""What the app asks, without its pages: the chain, and the turns of a conversation.

::

    turn = Turn("签名多久失效？")
    chain = build_chain(store.as_retriever(search_kwargs={"k": 3}), ChatSpark())
    for text in turn.read(chain.stream(turn.after([]))):
        print(text, end="")
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableBranch, RunnablePassthrough

REMEMBERED = 3
"""Earlier turns that go with a question: more would only fill the model's context."""
_CONDENSE = (
    "根据对话历史，把用户最新的问题改写成一个不看历史也能理解的独立问题。"
    "只输出改写后的问题，不要回答它；不需要改写就原样输出。"
)
_ANSWER = (
    "你是讯飞星火的技术支持。只依据<资料>里的内容回答，简明扼要；"
    "资料里没有答案时，直接说不知道，不要编造。\n<资料>\n{context}\n</资料>"
)


@dataclass
class Turn:
    """A question and what came of it.

    Attributes:
        question: what the user asked.
        answer: what has arrived of the answer.
        documents: the chunks that it rests on.
        error: why there is no whole answer, or an empty string.
        whole: whether the answer has arrived to its end.
    """

    question: str
    answer: str = ""
    documents: list[Document] = field(default_factory=list)
    error: str = ""
    whole: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing more is to come."""
        return self.whole or bool(self.error)

    def after(self, turns: Iterable[Turn]) -> dict[str, Any]:
        """Return the chain's input: the question and the last turns that have a whole answer."""
        answered = [turn for turn in turns if turn.whole]
        return {"question": self.question, "history": _messages(answered[-REMEMBERED:])}

    def read(self, pieces: Iterable[dict[str, Any]]) -> Generator[str]:
        """Keep what the chain streams, from its beginning, and pass on the answer's text."""
        self.answer = ""
        for piece in pieces:
            self.documents = piece.get("documents", self.documents)
            text = piece.get("answer", "")
            self.answer += text
            yield text
        self.whole = True


def _messages(turns: Sequence[Turn]) -> list[BaseMessage]:
    pairs = ((HumanMessage(turn.question), AIMessage(turn.answer)) for turn in turns)
    return [message for pair in pairs for message in pair]


def build_chain(
    retriever: BaseRetriever, llm: BaseChatModel
) -> Runnable[dict[str, Any], dict[str, Any]]:
    """Build the chain of notebook 06: condense the question, retrieve, answer.

    Args:
        retriever: finds chunks of the handbook.
        llm: rewrites the question and answers it.

    Returns:
        A chain from ``question`` and ``history`` to these and ``standalone``, ``documents``,
        ``context`` and ``answer``.
    """
    to_text = llm | StrOutputParser()
    condense: Runnable[dict[str, Any], str] = RunnableBranch(
        (itemgetter("history"), _prompt(_CONDENSE) | to_text), itemgetter("question")
    )
    return (
        RunnablePassthrough.assign(standalone=condense)
        .assign(documents=itemgetter("standalone") | retriever)
        .assign(context=_context)
        .assign(answer=_prompt(_ANSWER) | to_text)
    )


def _prompt(instructions: str) -> ChatPromptTemplate:
    return ChatPromptTemplate.from_messages(
        [("system", instructions), MessagesPlaceholder("history"), ("human", "{question}")]
    )


def _context(values: dict[str, Any]) -> str:
    return "\n\n".join(document.page_content for document in values["documents"])
