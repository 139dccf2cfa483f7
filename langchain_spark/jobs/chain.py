"""A chain over a file of rows, as a job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from langchain_core.runnables import Runnable, RunnableBinding, RunnableSequence

from iflytek_spark.errors import JobError
from iflytek_spark.jobs import JobResult, WayOptions
from langchain_spark.chat_models import ChatSpark
from langchain_spark.jobs.rows import label_rows


def label_chain(
    chain: Runnable[Any, Any], source: str | Path, output: str | Path,
    **options: Unpack[WayOptions],
) -> JobResult:  # fmt: skip
    """Run ``prompt | ChatSpark() | parser`` over a file, by the Batch API where that is cheaper.

    For instance::

        chain = ChatPromptTemplate.from_template("评价：{text}") | ChatSpark() | StrOutputParser()
        label_chain(chain, "reviews.jsonl", "labels.jsonl", via="auto")

    Each row is a dict of its columns, which the first step takes. What stands behind the model is
    applied to each answer; where a parser raises an OutputParserException, the model is asked once
    more with its words, and then the row is an error.

    Args:
        chain: steps, the model, and any steps; the model may have options bound to it. A chain is
            known by what LangChain writes down of it: of functions that is their name alone.
        source: rows: ``.jsonl``, ``.csv`` or ``.parquet``.
        output: where the results go, likewise; what a parser makes is written as JSON.
        **options: see :class:`~iflytek_spark.jobs.WayOptions`.

    Returns:
        What the job has come to.

    Raises:
        JobError: for another chain; else see :func:`iflytek_spark.jobs.label`.
    """
    steps = chain.steps if isinstance(chain, RunnableSequence) else [chain]
    for at, step in enumerate(steps):
        model, bound = _model_of(step)
        before = _joined(steps[:at])
        if model is not None and before is not None:
            parts = (before, _joined(steps[at + 1 :]))
            return label_rows(model.as_job_model(), source, output, parts, bound, options)
    raise JobError(
        "the chain is not a prompt, a ChatSpark and what follows it",
        hint="with_structured_output() is a chain of its own: use a parser, or jobs.label(schema=)",
    )


def _model_of(step: Runnable[Any, Any]) -> tuple[ChatSpark | None, dict[str, Any]]:
    bound: dict[str, Any] = {}
    while isinstance(step, RunnableBinding):
        bound = {**step.kwargs, **bound}
        step = step.bound
    return (step if isinstance(step, ChatSpark) else None), bound


def _joined(steps: Sequence[Runnable[Any, Any]]) -> Runnable[Any, Any] | None:
    if len(steps) < 2:
        return steps[0] if steps else None
    return RunnableSequence(*steps)
