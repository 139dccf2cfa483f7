"""Ranks of documents: the best first, in as many requests as the service needs."""

from __future__ import annotations

from typing import Any

import pytest

from iflytek_spark import RankedDocument, errors
from iflytek_spark.emulator import Emulator, HttpOptions, faults, running_emulator
from tests.unit.embeddings.maas_helpers import MAAS_CALLERS, MaasCaller, sent

QUERY = "How long is a signature valid?"
DOCUMENTS = ["A sea of clouds", "A signature is valid for five minutes", "How long is the wall?"]


@pytest.fixture(params=MAAS_CALLERS)
def caller(request: pytest.FixtureRequest) -> MaasCaller:
    return MAAS_CALLERS[request.param]


def test_the_best_comes_first(emulator: Emulator, caller: MaasCaller) -> None:
    ranked = caller.rerank(emulator, QUERY, DOCUMENTS)
    assert [one.document for one in ranked] == [DOCUMENTS[one.index] for one in ranked]
    assert ranked[0].index == 1
    assert sorted(one.index for one in ranked) == [0, 1, 2]
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_top_n_is_cut_here(emulator: Emulator, caller: MaasCaller) -> None:
    assert (
        caller.rerank(emulator, QUERY, DOCUMENTS, top_n=2)
        == caller.rerank(emulator, QUERY, DOCUMENTS)[:2]
    )
    body = {"model": "xop3qwen8breranker", "query": QUERY, "documents": DOCUMENTS}
    assert [request.body for request in emulator.requests] == [body, body]


def test_scores_of_several_requests_are_one_list(emulator: Emulator, caller: MaasCaller) -> None:
    documents = [f"{document} {number}" for number in range(9) for document in DOCUMENTS]
    ranked = caller.rerank(emulator, QUERY, documents, batch_size=5)
    assert sorted(map(len, sent(emulator, "documents"))) == [2, 5, 5, 5, 5, 5]
    assert {one.document: one.index for one in ranked} == {
        document: index for index, document in enumerate(documents)
    }
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_a_request_that_is_refused_is_halved(caller: MaasCaller) -> None:
    with running_emulator(http_options=HttpOptions(max_texts=2)) as spark:
        assert len(caller.rerank(spark, QUERY, DOCUMENTS)) == 3
        before = len(spark.requests)
        assert len(caller.rerank(spark, QUERY, DOCUMENTS)) == 3
    assert [len(part) for part in sent(spark, "documents")[before:]] in ([2, 1], [1, 2])


def test_ranks_without_documents_are_read_too(caller: MaasCaller) -> None:
    with running_emulator(http_options=HttpOptions(with_documents=False)) as spark:
        assert caller.rerank(spark, QUERY, DOCUMENTS)[0].document == DOCUMENTS[1]


def test_no_documents_need_no_request(emulator: Emulator, caller: MaasCaller) -> None:
    assert caller.rerank(emulator, QUERY, []) == []
    assert not emulator.requests


@pytest.mark.parametrize(
    ("query", "documents", "options", "kind", "words"),
    [
        (" ", ["a"], {}, errors.InvalidRequestError, "query is empty"),
        ("q", "a", {}, errors.InvalidRequestError, "one string"),
        ("q", ["a", ""], {}, errors.InvalidRequestError, r"documents\[1\] is empty"),
        ("q", ["a"], {"top_n": 0}, errors.InvalidRequestError, "top_n"),
        ("q", ["a"], {"batch_size": 0}, errors.InvalidRequestError, "batch_size"),
        ("q", ["a"], {"model": "xop3qwen8bembedding"}, errors.UnknownModelError, "reranker"),
        ("q", ["a"], {"model": "x2"}, errors.UnknownModelError, "reranker"),
    ],
)
def test_nothing_is_sent_that_would_be_refused(
    emulator: Emulator,
    caller: MaasCaller,
    query: Any,
    documents: Any,
    options: dict[str, Any],
    kind: type[errors.SparkError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words):
        caller.rerank(emulator, query, documents, **options)
    assert not emulator.requests


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (11200, errors.PermissionDeniedError),
        (11202, errors.RateLimitError),
        (10005, errors.BadRequestError),
        (10907, errors.ContextLengthError),
    ],
)
def test_errors_are_typed(
    emulator: Emulator, caller: MaasCaller, code: int, kind: type[errors.APIError]
) -> None:
    emulator.script(faults.ErrorFrame(code, "no"))
    with pytest.raises(kind) as caught:
        caller.rerank(emulator, QUERY, ["x"], max_retries=0)
    assert caught.value.code == code


def test_equal_scores_keep_their_order(emulator: Emulator, caller: MaasCaller) -> None:
    ranked = caller.rerank(emulator, "甲", ["zzz", "yyy"])
    assert ranked == [RankedDocument(0, 0.0, "zzz"), RankedDocument(1, 0.0, "yyy")]
