"""How well a search finds the chapter that holds the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.vectorstores import VectorStore
from tqdm import tqdm

_QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"
Rank = int | None
"""Where the first right result stands, counted from 1, or None when none is right."""


class Question(NamedTuple):
    """A question, the chapters that hold its answer, and the answer in short."""

    text: str
    chapters: frozenset[str]
    answer: str


def load_questions() -> list[Question]:
    """Read the questions on the handbook."""
    rows = map(json.loads, _QUESTIONS.read_text(encoding="utf-8").splitlines())
    return [
        Question(row["question"], frozenset([row["chapter"], *row.get("also", [])]), row["answer"])
        for row in rows
    ]


def rank_of(question: Question, found: Sequence[Document]) -> Rank:
    """Tell at which place of what was found the first chunk of a right chapter stands."""
    right = (document.metadata["chapter"] in question.chapters for document in found)
    return next((rank for rank, hit in enumerate(right, 1) if hit), None)


def ranks_of(questions: Sequence[Question], store: VectorStore, k: int = 5) -> list[Rank]:
    """Search for all questions; see :func:`rank_of`."""
    return [
        rank_of(question, store.similarity_search(question.text, k=k))
        for question in tqdm(questions, desc="问题")
    ]


def reranked_ranks(
    questions: Sequence[Question],
    store: VectorStore,
    rerank: BaseDocumentCompressor,
    candidates: int,
) -> list[Rank]:
    """Search for all questions, and sort so many results by a model of ranks."""
    ranks = []
    for question in tqdm(questions, desc="重排"):
        found = store.similarity_search(question.text, k=candidates)
        ranks.append(rank_of(question, rerank.compress_documents(found, question.text)))
    return ranks


def hit_rate(ranks: Sequence[Rank], k: int) -> float:
    """Return the share of questions with a right chapter among the first k results."""
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def mean_reciprocal_rank(ranks: Sequence[Rank], k: int) -> float:
    """Return the mean of 1/rank; a question without a right chapter in the first k counts 0."""
    return sum(1 / rank for rank in ranks if rank is not None and rank <= k) / len(ranks)
