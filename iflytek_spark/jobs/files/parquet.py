"""Rows in Parquet, by pyarrow: read some hundreds at a time, and written so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iflytek_spark.jobs.files.tables import JSONValue, Row, refuse_row

_ROWS = 500
"""Read and written at once."""


def read_parquet(path: Path) -> Iterator[Row]:
    """Read rows; see :func:`~iflytek_spark.jobs.files.tables.read_rows`."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(number, fields)
    except pa.ArrowException as error:
        refuse_row(path, number + 1, f"it is not Parquet: {error}")


def write_parquet(
    path: Path, rows: Iterable[Mapping[str, JSONValue]], columns: Mapping[str, str]
) -> None:
    """Write rows.

    Args:
        path: the file, made anew.
        rows: any number.
        columns: each column's kind: ``int``, ``text`` or ``vector``.
    """
    kinds = {"int": pa.int64(), "text": pa.string(), "vector": pa.list_(pa.float64())}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    left = iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while some := list(islice(left, _ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
