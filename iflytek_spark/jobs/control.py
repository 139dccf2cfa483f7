"""Looks at a job, and acts on its batches, from outside: by its output alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from iflytek_spark import SparkClient
from iflytek_spark.batches import BatchClient
from iflytek_spark.errors import JobError
from iflytek_spark.jobs.files.tables import JSONValue
from iflytek_spark.jobs.journal import OPEN, Journal, Part, journal_path
from iflytek_spark.jobs.options import LabelOptions
from iflytek_spark.jobs.results import Result
from iflytek_spark.jobs.setup import label_run


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How far a job is.

    Attributes:
        source: the input.
        rows: all rows.
        done: those that have a result, errors among them.
        errors: those whose result is an error.
        input_tokens: what the service counted.
        output_tokens: likewise.
        batches: the ids of batches whose results have not been collected.
        finished: whether the output was written.
    """

    source: Path
    rows: int
    done: int
    errors: int
    input_tokens: int
    output_tokens: int
    batches: tuple[str, ...]
    finished: bool


def status(output: str | Path) -> JobStatus:
    """Return how far a job is; it may be at work meanwhile.

    Args:
        output: the job's output.

    Raises:
        JobError: when there is no job of it.
    """
    with _journal(output) as journal:
        facts, totals, parts = journal.facts(), journal.totals(), _open_parts(journal)
    return JobStatus(
        Path(facts["source"]),
        rows=int(json.loads(facts["scan"])[0]),
        done=totals.done,
        errors=totals.errors,
        input_tokens=totals.input_tokens,
        output_tokens=totals.output_tokens,
        batches=tuple(part.batch_id for part in parts if part.batch_id),
        finished="finished" in facts,
    )


def read_results(output: str | Path) -> Iterator[Result]:
    """Yield the results of a job so far, in the order of the rows, with their token counts.

    Args:
        output: the job's output.

    Raises:
        JobError: when there is no job of it.
    """
    with _journal(output) as journal:
        yield from journal.results()


def cancel(output: str | Path, *, client: BatchClient | None = None) -> tuple[str, ...]:
    """Cancel the batches of a job; what they have answered by then is paid, and is kept.

    Args:
        output: the job's output.
        client: who asks the Batch API; by default one with the environment's keys.

    Returns:
        The ids of the batches; none when none is under way. ``fetch`` or the next run collects
        what they have answered.

    Raises:
        JobError: when there is no job of this output.
        SparkError: when the service refuses.
    """
    with _journal(output) as journal:
        names = tuple(part.batch_id for part in _open_parts(journal) if part.batch_id)
    with client or BatchClient() as asks:
        for name in names:
            asks.cancel_batch(name)
    return names


def fetch(output: str | Path, *, client: SparkClient | None = None) -> JobStatus:
    """Collect what batches have answered, without waiting, and ask nothing new.

    Args:
        output: the job's output; it is written if every row has a result then.
        client: with whose keys; by default the environment's.

    Returns:
        How far the job is then.

    Raises:
        JobError: when there is no job of this output, when its task is a program's own, and when a
            batch was cancelled or ended without a result.
        SparkError: when the service refuses.
    """
    with _journal(output) as journal:
        facts = journal.facts()
    settings: dict[str, JSONValue] = json.loads(facts["settings"])
    options = {**_options(settings), "client": client}
    label_run(facts["source"], output, cast("LabelOptions", options)).fetch()
    return status(output)


def _options(settings: Mapping[str, JSONValue]) -> dict[str, object]:
    """Return what a job of chats was called with."""
    task = {name: settings[name] for name in ("prompt", "messages") if name in settings}
    if not task:
        raise JobError(
            "this job cannot be fetched by its output alone", hint="run it again where it was made"
        )
    chat = settings["options"]
    named = {name: settings[name] for name in ("id", "bad_rows", "schema", "model")}
    return {**task, **named, **(chat if isinstance(chat, dict) else {})}


def _journal(output: str | Path) -> Journal:
    path = journal_path(Path(output))
    if not path.exists():
        raise JobError(f"there is no job of {output}: its journal {path} is not there")
    journal = Journal(path, alone=False)
    if "settings" not in journal.facts():
        journal.close()
        raise JobError(f"the job of {output} has not looked at its rows yet", hint="run it again")
    return journal


def _open_parts(journal: Journal) -> list[Part]:
    return [part for part in journal.parts() if part.state == OPEN]
