"""The knowledge base finds the chapter that holds the answer, on the emulator's vectors."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from pathlib import Path

import knowledge_base
import pytest
from course import Connection
from evaluation import hit_rate, load_questions, mean_reciprocal_rank, ranks_of

from iflytek_spark.emulator import Emulator
from iflytek_spark.emulator.media.ranking import relevances
from iflytek_spark.emulator.media.vectors import text_vector

RANKS = (1, None, 3, 2, 5)


@pytest.mark.parametrize(
    ("k", "rate", "reciprocal"),
    [(1, 0.2, 0.2), (3, 0.6, (1 + 1 / 3 + 1 / 2) / 5), (5, 0.8, (1 + 1 / 3 + 1 / 2 + 1 / 5) / 5)],
)
def test_the_measures(k: int, rate: float, reciprocal: float) -> None:
    ranks: Sequence[int | None] = RANKS
    assert hit_rate(ranks, k) == pytest.approx(rate)
    assert mean_reciprocal_rank(ranks, k) == pytest.approx(reciprocal)


def test_retrieval_over_the_handbook(
    keys: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    monkeypatch.setattr(knowledge_base, "connect", lambda: Connection(keys))
    chunks = knowledge_base.split(knowledge_base.load_handbook())
    ranks = ranks_of(load_questions(), knowledge_base.open_store(chunks, folder=tmp_path))
    for k in (1, 3, 5):
        record_property(f"hit rate at {k}", hit_rate(ranks, k))
        record_property(f"MRR at {k}", mean_reciprocal_rank(ranks, k))
    assert hit_rate(ranks, 3) >= 0.85
    assert hit_rate(ranks, 1) >= 0.55
    assert mean_reciprocal_rank(ranks, 5) >= 0.7


@pytest.mark.slow("ranks for each of the course's questions; fewer would say nothing of a rate")
def test_ranks_raise_the_hit_rate_of_vectors(
    record_property: Callable[[str, object], None],
) -> None:
    """Twenty chunks by their vectors, put in order by the emulator's ranker."""
    chunks = knowledge_base.split(knowledge_base.load_handbook())
    texts = [chunk.page_content for chunk in chunks]
    vectors = [text_vector(text, dimensions=768) for text in texts]
    found: list[int | None] = []
    ranked: list[int | None] = []
    for question in load_questions():
        asked = text_vector(question.text, dimensions=768)
        near = _best([sum(map(operator.mul, asked, vector)) for vector in vectors])[:20]
        scores = relevances(question.text, [texts[index] for index in near])
        for ranks, order in ((found, near), (ranked, [near[index] for index in _best(scores)])):
            right = [chunks[index].metadata["chapter"] in question.chapters for index in order[:5]]
            ranks.append(right.index(True) + 1 if any(right) else None)
    for name, ranks in (("vectors", found), ("ranks", ranked)):
        record_property(f"hit rate at 1 by {name}", hit_rate(ranks, 1))
    assert hit_rate(ranked, 1) >= hit_rate(found, 1) + 0.04
    assert mean_reciprocal_rank(ranked, 5) >= mean_reciprocal_rank(found, 5) + 0.03


def _best(scores: Sequence[float]) -> list[int]:
    """The places of the scores, the highest first."""
    return sorted(range(len(scores)), key=lambda index: -scores[index])
