"""One job: a file of rows, what is asked about each, and the journal of what has been done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from iflytek_spark.errors import JobError, SparkError
from iflytek_spark.jobs.files.output import COLUMNS, OutputKind, check_output, write_output
from iflytek_spark.jobs.files.scan import Measure, OnBad, Scan, digest, in_groups, scan
from iflytek_spark.jobs.files.tables import JSONValue, Row, read_rows, reader_of
from iflytek_spark.jobs.journal import Journal, Part, journal_path
from iflytek_spark.jobs.planner import Survey
from iflytek_spark.jobs.results import Result, Totals, failed

_TOGETHER = 500
"""Rows of which the journal is asked at once whether they are done."""
_MAX_SHOWN = 120


class Work(Protocol):
    """What is asked about each row."""

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """What a journal knows it by: all that changes the results."""

    @property
    def output_kind(self) -> OutputKind:
        """What the outputs are."""

    def measure(self, row: Row) -> Measure:
        """Measure a row, or raise a SparkError for one that cannot be asked."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        source: the input.
        output: where the rows go.
        id_column: the column of the ids.
        work: what is asked about each row.
        report_bad: whether rows that cannot be asked become errors in the output; else the first
            of them is an error before anything is sent.
    """

    source: Path
    output: Path
    id_column: str
    work: Work
    report_bad: bool = False

    def __post_init__(self) -> None:
        """Refuse files that cannot be used, with a JobError."""
        reader_of(self.source)
        check_output(self.source, self.output)
        if self.id_column in COLUMNS:
            raise JobError(f"the ids stand in a column of the name of a result, {self.id_column!r}")

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return journal_path(self.output)

    def open(self, check: Callable[[Survey], object]) -> OpenJob:
        """Open the journal, or begin one after a look at every row.

        Args:
            check: is handed what was found, and raises a JobError if the job cannot be done so.

        Raises:
            JobError: for a file that cannot be used, a row that cannot be asked, or a journal of
                another job. A journal that was begun does not stay then.
        """
        fresh = not self.journal.exists()
        if fresh and self.output.exists():
            raise JobError(
                f"the output {self.output} is there, and no journal of it",
                hint="name another file, or remove it",
            )
        settings = self._settings()
        with ExitStack() as opened:
            journal = opened.enter_context(Journal(self.journal))
            if fresh:
                opened.callback(journal.remove)
            facts = journal.facts()
            if "settings" not in facts:
                facts = self._begin(journal, settings)
            _compare(self.journal, facts, settings)
            found = OpenJob(self, journal, Scan(*json.loads(facts["scan"])))
            check(found.survey)
            opened.pop_all()
        if journal.crashed:
            time.sleep(1)  # what the process that died had sent counts for that long
        return found

    def survey(self) -> Survey:
        """Look at every row, and at the journal if there is one; nothing is written."""
        facts: Mapping[str, str] = {}
        if self.journal.exists():
            with Journal(self.journal, alone=False) as journal:
                facts, done = journal.facts(), journal.totals().done
        if "settings" not in facts:
            found = self._scan(lambda *_: None)
            return survey_of(found, found.bad)
        _compare(self.journal, facts, self._settings())
        return survey_of(Scan(*json.loads(facts["scan"])), done)

    def _begin(self, journal: Journal, settings: Mapping[str, JSONValue]) -> dict[str, str]:
        """Look at every row, and write down what the job is."""
        journal.clear()  # of a look that a crash has ended
        bad: list[Result] = []

        def report(row: Row, error: SparkError) -> None:
            bad.append(failed(row.number, error))
            if len(bad) == _TOGETHER:
                journal.record(bad)
                bad.clear()

        found = self._scan(report)
        journal.record(bad)
        facts = {
            "settings": json.dumps(settings, ensure_ascii=False),
            "scan": json.dumps(found),
            "id_kind": "int" if found.whole_ids else "text",
            "output_kind": self.work.output_kind,
            "source": str(self.source.absolute()),
        }
        journal.note(facts)
        return facts

    def _scan(self, report: OnBad) -> Scan:
        on_bad = report if self.report_bad else None
        return scan(self.source, self.id_column, self.work.measure, on_bad)

    def _settings(self) -> dict[str, JSONValue]:
        return {
            "input": digest(self.source),
            "id": self.id_column,
            "bad_rows": "report" if self.report_bad else "refuse",
            **self.work.settings,
        }


def survey_of(found: Scan, done: int) -> Survey:
    """Return what the planner needs of a look at the rows."""
    return Survey(
        rows=found.rows,
        todo=found.rows - done,
        bad=found.bad,
        tokens=found.tokens,
        obstacle=found.obstacle,
    )


class OpenJob:
    """A job whose journal is open, so that no other process works on it."""

    def __init__(self, job: Job, journal: Journal, found: Scan) -> None:
        """Set up; :meth:`Job.open` does."""
        self.job = job
        self.journal = journal
        self.found = found
        self._done = journal.totals().done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.journal.close()

    @property
    def survey(self) -> Survey:
        """What the planner needs to know."""
        return survey_of(self.found, self._done)

    @property
    def done(self) -> int:
        """Rows that have a result."""
        return self._done

    def record(self, results: Sequence[Result], part: Part | None = None) -> None:
        """Keep results, and how the part ended that they are of."""
        self._done += self.journal.record(results, part)

    def forget_errors(self) -> None:
        """Take the results back that are errors, so that their rows are asked again."""
        self.journal.forget_errors()
        self._done = self.journal.totals().done

    def todo(self) -> Iterator[Row]:
        """Yield the rows that have no result, in their order."""
        for group in in_groups(read_rows(self.job.source), _TOGETHER):
            done = self.journal.done(group[0].number, group[-1].number)
            yield from (row for row in group if row.number not in done)

    def finish(self) -> Totals:
        """Write the output, unless it is there; every row must have a result.

        Raises:
            JobError: when rows are missing, the input has changed meanwhile, or the output cannot
                be written.
        """
        job, totals = self.job, self.journal.totals()
        if totals.done != self.found.rows:
            raise JobError(
                f"{self.found.rows - totals.done:,} of {self.found.rows:,} rows have no result",
                hint="run the same job again",
            )
        if "finished" not in self.journal.facts() or not job.output.exists():
            if digest(job.source) != json.loads(self.journal.facts()["settings"])["input"]:
                raise JobError(f"the input {job.source} has changed while the job ran")
            write_output(job.source, job.output, job.id_column, self.journal)
            self.journal.note({"finished": "yes"})
        return totals


def _compare(path: Path, facts: Mapping[str, str], wanted: Mapping[str, JSONValue]) -> None:
    """Refuse to go on with another job's journal, with a JobError that names what differs."""
    known: dict[str, JSONValue] = json.loads(facts["settings"])
    wanted = json.loads(json.dumps(wanted))
    names = [name for name in {**known, **wanted} if known.get(name) != wanted.get(name)]
    if names:
        name = names[0]
        change = (
            "the file has changed"
            if name == "input"
            else f"it was {_shown(known.get(name))}, and is {_shown(wanted.get(name))} now"
        )
        raise JobError(
            f"the journal {path} is of another job; {name}: {change}",
            hint="name another output, or remove the journal with what it holds",
        )


def _shown(value: JSONValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
