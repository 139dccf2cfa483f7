"""From what a caller says to a job that can be planned and run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import cast

from iflytek_spark import (
    EMBEDDING_SERVICES,
    ChatOptions,
    EmbedOptions,
    Message,
    Progress,
    SparkClient,
    find_model,
)
from iflytek_spark.adapters import usual_batch_size, vector_service
from iflytek_spark.batches import MAX_LINES
from iflytek_spark.errors import JobError
from iflytek_spark.jobs.chats import ChatWork, Question
from iflytek_spark.jobs.files.scan import in_groups
from iflytek_spark.jobs.job import Job, OpenJob, Work
from iflytek_spark.jobs.options import PER_SECOND, JobOptions, LabelOptions, VectorOptions
from iflytek_spark.jobs.planner import BatchTerms, LiveTerms
from iflytek_spark.jobs.results import check_via
from iflytek_spark.jobs.run import Run
from iflytek_spark.jobs.tasks import ConversationTask, PromptTask, Task
from iflytek_spark.jobs.vectors import EmbedWork, Texts
from iflytek_spark.jobs.ways.batch import BatchRun
from iflytek_spark.jobs.ways.batch_way import BatchWay, batch_way
from iflytek_spark.rates import Limit, Product, Rate

_CONCURRENCY = 8
_WAIT_SECONDS = 10
_CHAT_NAMES = frozenset(ChatOptions.__annotations__)
_EMBED_NAMES = frozenset({"dimensions", "batch_size", "kind", "too_long"})
_NO_VECTORS = "the Batch API makes no vectors"


def label_run(source: str | Path, output: str | Path, options: LabelOptions) -> Run[Question]:
    """Set up a job of chats; see :func:`iflytek_spark.jobs.label`."""
    via = options.get("via", "auto")
    check_via(via)
    client = _client(options)
    model = options.get("model")
    spec = client.model if model is None else find_model(model)
    task = _task(options)
    chat = cast("ChatOptions", _named(options, _CHAT_NAMES))
    wanted: ChatOptions = {**chat, **task.options}
    if wanted.get("tools"):
        raise JobError("the rows of a job are answered in text: tools have no use there")
    client.check_keys(spec)
    client.stream([Message("user", "?")], model=spec, **wanted).close()  # checks the options
    way: BatchWay | None = None
    obstacle = "live is what you asked for"
    if via != "live":
        way, obstacle = batch_way(client, spec, wanted, task, options)
    work = ChatWork(task, spec, wanted, None if way is None else way.problem)
    return Run(
        job=_job(source, output, work, options),
        client=client,
        via=via,
        live=_live(client, options, "chat", 1),
        items=_questions,
        ask=work.ask,
        batch=BatchTerms(options.get("batch_rows", MAX_LINES), obstacle),
        by_batch=None if way is None else partial(_by_batch, way, work, options.get("on_progress")),
        close=partial(_close, options, client, way),
        max_output_tokens=wanted.get("max_tokens"),
        retry_errors=options.get("retry_errors", False),
        on_progress=options.get("on_progress"),
        on_plan=options.get("on_plan"),
    )


def embed_run(source: str | Path, output: str | Path, options: VectorOptions) -> Run[Texts]:
    """Set up a job of vectors; see :func:`iflytek_spark.jobs.embed`."""
    client = _client(options)
    named = cast("EmbedOptions", _named(options, _EMBED_NAMES))
    model = options.get("model") or next(iter(EMBEDDING_SERVICES))
    size = options.get("batch_size") or usual_batch_size(model) or 1
    client.check_keys(vector_service(model))
    calls: EmbedOptions = {
        **named,
        "model": model,
        "batch_size": size,
        "max_qps": None,
        "max_concurrency": 1,
    }
    work = EmbedWork(options.get("text", "text"), calls)
    return Run(
        job=_job(source, output, work, options),
        client=client,
        via="live",
        live=_live(client, options, "embeddings", size),
        items=partial(_texts, size),
        ask=work.ask,
        batch=BatchTerms(MAX_LINES, _NO_VECTORS),
        close=partial(_close, options, client, None),
        retry_errors=options.get("retry_errors", False),
        on_progress=options.get("on_progress"),
        on_plan=options.get("on_plan"),
    )


def _client(options: JobOptions) -> SparkClient:
    client, rate, usual = options.get("client"), options.get("rate"), Limit(PER_SECOND)
    if client is None:
        return SparkClient(rate=rate or Rate(chat=usual, embeddings=usual))
    if rate is None and client.rate is not None:
        return client
    return client.with_rate(rate or Rate(chat=usual, embeddings=usual))


def _close(options: JobOptions, client: SparkClient, way: BatchWay | None) -> None:
    """Close what was made for the job; a client of the caller's stays open."""
    if way is not None:
        way.client.close()
    if options.get("client") is None:
        client.close()


def _task(options: LabelOptions) -> Task:
    prompt, column, schema = options.get("prompt"), options.get("messages"), options.get("schema")
    if (prompt is None) == (column is None):
        raise JobError("a job needs a prompt, or the column of its messages, and not both")
    if isinstance(prompt, str):
        return PromptTask(prompt, schema=schema)
    if prompt is not None:
        return prompt
    return ConversationTask(column or "", schema=schema)


def _job(source: str | Path, output: str | Path, work: Work, options: JobOptions) -> Job:
    bad = options.get("bad_rows", "refuse")
    if bad not in ("refuse", "report"):
        raise JobError(f"bad_rows is {bad!r}, not refuse or report")
    name = options.get("id", "id")
    return Job(Path(source), Path(output), name, work, report_bad=bad == "report")


def _live(client: SparkClient, options: JobOptions, product: Product, rows: int) -> LiveTerms:
    concurrency = options.get("concurrency", _CONCURRENCY)
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise JobError(f"concurrency is {concurrency!r}, not 1 or more")
    limit = client.rate.limit(product) if isinstance(client.rate, Rate) else None
    if limit is not None and limit.per_second is not None:
        # More would wait for their turns alone, also when the job is to stop.
        concurrency = min(concurrency, math.ceil(limit.per_second * _WAIT_SECONDS))
    return LiveTerms(limit, concurrency, rows)


def _named(options: Mapping[str, object], names: frozenset[str]) -> dict[str, object]:
    return {name: value for name, value in options.items() if name in names}


def _by_batch(
    way: BatchWay, work: ChatWork, on_progress: Progress | None, opened: OpenJob
) -> BatchRun:
    return BatchRun(opened, way, work, on_progress)


def _questions(opened: OpenJob) -> Iterator[Question]:
    for row in opened.todo():
        yield Question(row, opened.journal.refused(row.number))


def _texts(size: int, opened: OpenJob) -> Iterator[Texts]:
    for group in in_groups(opened.todo(), size):
        yield Texts(tuple(group))
