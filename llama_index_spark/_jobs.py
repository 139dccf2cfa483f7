"""Vectors as a job: LlamaIndex's shapes around :mod:`iflytek_spark.jobs`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from iflytek_spark import EmbedOptions, SparkClient, Vector
from iflytek_spark.errors import JobError
from iflytek_spark.jobs import Result, VectorOptions, embed, read_results


def embed_texts(
    client: SparkClient, texts: Iterable[str], output: Path, options: EmbedOptions
) -> list[Vector]:
    """Make vectors; see :meth:`llama_index_spark.SparkEmbedding.embed_job`."""
    source = output.with_name(f"{output.name}.texts.jsonl")
    with source.open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts, 1):
            file.write(f"{json.dumps({'id': number, 'text': text})}\n")
    given = {name: each for name, each in options.items() if each is not None}
    given["concurrency"] = given.pop("max_concurrency")
    given.pop("max_qps", None)
    embed(source, output, **cast("VectorOptions", {**given, "text": "text", "client": client}))
    return [_vector(result) for result in read_results(output)]


def _vector(result: Result) -> Vector:
    if not isinstance(result.output, list):
        error = JobError(f"text {result.row}: {result.error_message}")
        error.row = result.row
        raise error
    return [number for number in result.output if isinstance(number, float)]
