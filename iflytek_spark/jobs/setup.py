"""From what a caller says to a job that can be planned and run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from iflytek_spark import ChatOptions, EmbedOptions, Message, SparkClient, find_model
from iflytek_spark.adapters import usual_batch_size
from iflytek_spark.errors import JobError
from iflytek_spark.jobs.chats import ChatWork, Question
from iflytek_spark.jobs.job import Job, OpenJob, Work
from iflytek_spark.jobs.options import (
    PER_SECOND,
    JobOptions,
    LabelOptions,
    VectorOptions,
)
from iflytek_spark.jobs.planner import BatchTerms, LiveTerms
from iflytek_spark.jobs.results import check_via
from iflytek_spark.jobs.run import Run
from iflytek_spark.jobs.scan import in_groups
from iflytek_spark.jobs.tasks import ConversationTask, PromptTask, Task
from iflytek_spark.jobs.vectors import EmbedWork, Texts
from iflytek_spark.rates import Limit, Product, Rate

_CONCURRENCY = 8
_LINES = 50_000
_CHAT_NAMES = frozenset(ChatOptions.__annotations__)
_EMBED_NAMES = ("dimensions", "batch_size", "kind", "too_long")


def label_run(source: str | Path, output: str | Path, options: LabelOptions) -> Run[Question]:
    """Set up a job of chats; see :func:`iflytek_spark.jobs.label`."""
    via = options.get("via", "auto")
    check_via(via)
    client = _client(options)
    model = options.get("model")
    spec = client.model if model is None else find_model(model)
    task = _task(options)
    chat = cast("ChatOptions", {name: options[name] for name in options if name in _CHAT_NAMES})  # type: ignore[literal-required]
    wanted: ChatOptions = {**chat, **task.options}
    client.check_keys(spec)
    client.stream([Message("user", "?")], model=spec, **wanted).close()  # checks the options
    most = wanted.get("max_tokens")
    work = ChatWork(task, spec, wanted)
    return Run(
        job=_job(source, output, work, options),
        client=client,
        via=via,
        live=_live(client, options, "chat"),
        items=_questions,
        ask=work.ask,
        batch=BatchTerms(_LINES),
        max_output_tokens=most,
        retry_errors=options.get("retry_errors", False),
        on_progress=options.get("on_progress"),
    )
