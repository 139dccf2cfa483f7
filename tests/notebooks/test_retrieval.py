"""The knowledge base finds the chapter that holds the answer, on the emulator's vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import knowledge_base
import pytest
from course import Connection
from evaluation import hit_rate, load_questions, mean_reciprocal_rank, ranks_of

from iflytek_spark.emulator import Emulator

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
