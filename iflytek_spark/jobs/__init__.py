"""Labels or vectors for a file of rows, of any number: planned, resumable, each row once.

For instance::

    from iflytek_spark.jobs import label, plan

    asked = {"prompt": "Is this review positive? {text}", "model": "4.0Ultra"}
    print(plan("reviews.jsonl", "labels.jsonl", **asked))
    label("reviews.jsonl", "labels.jsonl", **asked)

- Every id of the input stands once in the output: with its result, or with its error and code.
- What is done stands in a journal beside the output. After any crash the same call goes on; the
  rows under way at that moment are paid twice, at most ``paid_twice`` of them.
- A finished job that is run again makes no call. A job whose prompt, model or input has changed is
  refused as long as the old journal is there.
- Calls keep to the account's rate (:mod:`iflytek_spark.rates`): workers do not make it faster.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack, cast

from iflytek_spark.errors import JobError
from iflytek_spark.jobs.control import JobStatus, cancel, fetch, results, status
from iflytek_spark.jobs.files.output import OutputKind
from iflytek_spark.jobs.files.tables import JSONValue
from iflytek_spark.jobs.options import (
    BadRows,
    JobOptions,
    LabelOptions,
    PlanOptions,
    VectorOptions,
    WayOptions,
)
from iflytek_spark.jobs.planner import Plan
from iflytek_spark.jobs.results import Result, Via, Way
from iflytek_spark.jobs.run import JobResult
from iflytek_spark.jobs.setup import embed_run, label_run
from iflytek_spark.jobs.tasks import Schema, SchemaTask, Task, read_messages, write_messages

__all__ = [
    "BadRows",
    "JSONValue",
    "JobError",
    "JobOptions",
    "JobResult",
    "JobStatus",
    "LabelOptions",
    "OutputKind",
    "Plan",
    "PlanOptions",
    "Result",
    "Schema",
    "SchemaTask",
    "Task",
    "VectorOptions",
    "Via",
    "Way",
    "WayOptions",
    "cancel",
    "embed",
    "fetch",
    "label",
    "plan",
    "read_messages",
    "results",
    "status",
    "write_messages",
]


def plan(source: str | Path, output: str | Path, **options: Unpack[PlanOptions]) -> Plan:
    """Find out what a job is going to take, before anything is spent; nothing is written.

    Args:
        source: as of :func:`label`.
        output: where the rows are going to be; if its journal is there, what is left is planned.
        **options: what the job is going to be called with; with ``text`` it is :func:`embed`.

    Returns:
        The plan, which :func:`print` shows.

    Raises:
        JobError: as of :func:`label`.
    """
    if "text" in options:
        return embed_run(source, output, cast("VectorOptions", options)).plan()
    return label_run(source, output, options).plan()


def label(source: str | Path, output: str | Path, **options: Unpack[LabelOptions]) -> JobResult:
    """Ask a model about each row of a file; or go on with that.

    Args:
        source: the input, ``.jsonl``, ``.csv`` or ``.parquet``.
        output: the output, likewise. Each row is its id, ``output``, ``error_code``,
            ``error_message`` and ``finish_reason``, in the order of the input. The journal stands
            beside it.
        **options: see :class:`LabelOptions`.

    Returns:
        What the job has come to.

    Raises:
        JobError: before anything is sent, for files, rows or options that cannot be used, and a
            journal of another job; later when the account or the service fails. Nothing is lost:
            the same call goes on.
        KeyboardInterrupt: after what was under way has been recorded; the same call goes on.
        SparkError: see :mod:`iflytek_spark.errors`.
    """
    return label_run(source, output, options).run()


def embed(source: str | Path, output: str | Path, **options: Unpack[VectorOptions]) -> JobResult:
    """Make a vector of each row of a file; or go on with that.

    Args:
        source: as of :func:`label`.
        output: likewise; its ``output`` is a list of numbers.
        **options: see :class:`VectorOptions`.

    Returns:
        What the job has come to.

    Raises:
        JobError: as of :func:`label`.
        KeyboardInterrupt: likewise.
        SparkError: see :mod:`iflytek_spark.errors`.
    """
    return embed_run(source, output, options).run()
