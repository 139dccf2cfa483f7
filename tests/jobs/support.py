"""What the tests of jobs share: files of rows, and clients of a local Spark at a rate."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from iflytek_spark import SparkClient
from iflytek_spark.emulator import Emulator, Reply, SeenChat, running_emulator
from iflytek_spark.rates import Limit, ProcessStore, Rate
from tests._support.service import keys_of

FAST = Limit(10_000)


def fast_rate(chat: Limit = FAST) -> Rate:
    """A rate that keeps nobody back, and shares nothing with other tests."""
    return Rate(ProcessStore(), chat=chat, embeddings=FAST)


def client_of(spark: Emulator, rate: Rate | None = None) -> SparkClient:
    return SparkClient(keys_of(spark), base_url=spark.base_url, rate=rate or fast_rate())


def write_rows(path: Path, count: int, **more: str) -> Path:
    """Write rows with ids and texts."""
    rows = [{"id": f"r{n}", "text": f"review {n}", **more} for n in range(1, count + 1)]
    match path.suffix:
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case ".csv":
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case _:
            import pyarrow as pa

            pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read_output(path: Path) -> list[dict[str, Any]]:
    match path.suffix:
        case ".jsonl":
            return [json.loads(line) for line in path.read_text().splitlines()]
        case ".csv":
            with path.open(newline="") as file:
                rows = list(csv.DictReader(file))
            return [{name: value or None for name, value in row.items()} for row in rows]
        case _:
            found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
            return found


class Calls:
    """Counts what is asked, by its text, and answers ``answer``."""

    def __init__(self, answer: Callable[[SeenChat], Reply | None] | None = None) -> None:
        self.texts: Counter[str] = Counter()
        self._answer = answer or (lambda request: Reply(f"label of {request.text}"))

    def __call__(self, request: SeenChat) -> Reply | None:
        self.texts[request.text] += 1
        return self._answer(request)

    @property
    def total(self) -> int:
        return self.texts.total()


@contextmanager
def counting(
    answer: Callable[[SeenChat], Reply | None] | None = None, **settings: Any
) -> Iterator[tuple[Emulator, Calls]]:
    """Run a local Spark that counts what it is asked."""
    calls = answer if isinstance(answer, Calls) else Calls(answer)
    with running_emulator(respond=calls, **settings) as spark:
        yield spark, calls


def journals_left(folder: Path) -> list[str]:
    """What stands in a folder beside input and output."""
    return sorted(path.name for path in folder.iterdir() if "journal" in path.name)
