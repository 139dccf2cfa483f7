"""A row's vector: the texts of a few rows in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from iflytek_spark import EmbedOptions, InvalidRequestError, SparkClient, estimate_tokens
from iflytek_spark.jobs.files.output import OutputKind
from iflytek_spark.jobs.files.scan import Measure
from iflytek_spark.jobs.files.tables import JSONValue, Row
from iflytek_spark.jobs.results import Result
from iflytek_spark.jobs.tasks import text_of


class Texts(NamedTuple):
    """Rows whose texts go in one call."""

    group: tuple[Row, ...]

    @property
    def rows(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(row.number for row in self.group)

    def alone(self) -> list[Texts]:
        """Return each row by itself."""
        return [Texts((row,)) for row in self.group]


@dataclass(frozen=True, slots=True)
class EmbedWork:
    """What is asked of an embedding model about each row.

    Attributes:
        column: the column of the texts.
        options: of each call; each is a call of its own, so that nothing is lost with another one.
    """

    column: str
    options: EmbedOptions

    @property
    def settings(self) -> Mapping[str, JSONValue]:
        """What a journal knows it by: the column, and what changes the vectors."""
        kept = ("model", "dimensions", "kind", "too_long")
        named = {name: str(value) for name, value in self.options.items() if name in kept}
        return {"text": self.column, **named}

    @property
    def output_kind(self) -> OutputKind:
        """Vectors."""
        return "vector"

    def measure(self, row: Row) -> Measure:
        """Measure a row, or raise an error for one that cannot be asked."""
        text = text_of(row.fields, self.column)
        if not text.strip():
            raise InvalidRequestError("its text is empty")
        return Measure(estimate_tokens(text))

    def ask(self, client: SparkClient, texts: Texts) -> list[Result]:
        """Ask for the vectors of some rows."""
        wanted = [text_of(row.fields, self.column) for row in texts.group]
        found = client.embed(wanted, **self.options)
        pairs = zip(texts.group, found, strict=True)
        return [Result(row.number, list(vector)) for row, vector in pairs]
