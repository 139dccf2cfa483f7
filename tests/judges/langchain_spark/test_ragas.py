"""Metrics of ragas, with the model as the judge and the embeddings beside it."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest
from ragas import EvaluationDataset, SingleTurnSample, evaluate
from ragas.embeddings import LangchainEmbeddingsWrapper
from ragas.llms import LangchainLLMWrapper
from ragas.metrics._answer_relevance import ResponseRelevancy
from ragas.metrics._aspect_critic import AspectCritic
from ragas.metrics._context_precision import LLMContextPrecisionWithoutReference
from ragas.metrics._context_recall import LLMContextRecall
from ragas.metrics._faithfulness import Faithfulness

from iflytek_spark.emulator import Emulator, SeenChat
from langchain_spark import SparkEmbeddings
from tests._support.service import settings_of
from tests.langchain_spark.asking import Make

pytestmark = [
    # ragas asks LangChain's models through wrappers that it means to drop, and leaves a file open.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*uuid.json:pytest.PytestUnraisableExceptionWarning"),
]

STATEMENT = "合肥有 946 万人。"
SAMPLE = SingleTurnSample(
    user_input="合肥有多少人？",
    response=STATEMENT,
    retrieved_contexts=[STATEMENT],
    reference=STATEMENT,
)
JUDGED = {"statement": STATEMENT, "reason": "一样", "verdict": 1}
VERDICTS: dict[str, Any] = {
    "Break down each sentence": {"statements": [STATEMENT]},
    "faithfulness of a series": {"statements": [JUDGED]},
    "Generate a question for the given answer": {"question": "合肥有多少人？", "noncommittal": 0},
    "verify if the context was useful": {"reason": "有用", "verdict": 1},
    "classify if the sentence can be attributed": {
        "classifications": [{"statement": STATEMENT, "reason": "有", "attributed": 1}]
    },
    "Criteria Definition": {"reason": "对", "verdict": 1},
}


def judge(chat: SeenChat) -> str:
    """The verdict that the newest question asks for, in a fence, as models like it."""
    (verdict,) = [verdict for words, verdict in VERDICTS.items() if words in chat.text]
    return f"```json\n{json.dumps(verdict, ensure_ascii=False)}\n```"


def metrics(llm: Any, embeddings: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        model = LangchainLLMWrapper(llm)
        vectors = LangchainEmbeddingsWrapper(embeddings)
    every = [
        Faithfulness(llm=model),
        ResponseRelevancy(llm=model, embeddings=vectors),
        LLMContextPrecisionWithoutReference(llm=model),
        LLMContextRecall(llm=model),
        AspectCritic(name="correctness", definition="Is it right?", llm=model),
    ]
    return {metric.name: metric for metric in every}


NAMES = ["faithfulness", "answer_relevancy", "context_recall", "correctness"]
NAMES.insert(2, "llm_context_precision_without_reference")


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_metric(chat: Make, spark: Emulator, name: str, how: str) -> None:
    spark.respond = judge
    metric = metrics(chat(), SparkEmbeddings(**settings_of(spark)))[name]
    if how == "async":
        score = await metric.single_turn_ascore(SAMPLE)
    else:
        score = await asyncio.to_thread(metric.single_turn_score, SAMPLE)
    assert score == pytest.approx(1, rel=0.02)


def test_an_evaluation_of_all(chat: Make, spark: Emulator) -> None:
    spark.respond = judge
    every = metrics(chat(), SparkEmbeddings(**settings_of(spark)))
    found = evaluate(
        EvaluationDataset([SAMPLE, SAMPLE]), metrics=[*every.values()], show_progress=False
    )
    assert {name: score for row in found.scores for name, score in row.items()} == pytest.approx(
        dict.fromkeys(NAMES, 1), rel=0.02
    )
