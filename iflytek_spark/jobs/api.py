"""What a program calls: plan, label, embed."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack, cast

from iflytek_spark.jobs.options import LabelOptions, PlanOptions, VectorOptions
from iflytek_spark.jobs.planner import Plan
from iflytek_spark.jobs.run import JobResult
from iflytek_spark.jobs.setup import embed_run, label_run


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
