"""Vectors of a pipeline that come from a job: after a crash nothing is paid twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import Document, TextNode

from iflytek_spark import JobError
from iflytek_spark.emulator import Emulator
from iflytek_spark.jobs import status
from llama_index_spark import SparkEmbedding, SparkEmbeddingJob
from tests._support.service import settings_of
from tests.jobs.support import client_of, counting

DOCUMENTS = [Document(text=f"The city number {n} is large.", id_=f"d{n}") for n in range(12)]


def job(spark: Emulator, folder: Path) -> SparkEmbeddingJob:
    own = SparkEmbedding.model_validate(
        settings_of(spark) | {"client": client_of(spark), "max_concurrency": 2}
    )
    return SparkEmbeddingJob(folder=folder, embed_model=own)


def test_a_pipeline_takes_its_vectors_from_a_job(tmp_path: Path) -> None:
    with counting() as (spark, _):
        for _ in range(2):  # the second time everything is there
            pipeline = IngestionPipeline(
                transformations=[SentenceSplitter(), job(spark, tmp_path / "vectors")]
            )
            nodes = pipeline.run(documents=DOCUMENTS)
        asked = len(spark.account.times("embeddings"))
        wanted = client_of(spark).embed([nodes[3].get_content()])
    assert asked == 12
    assert nodes[3].embedding == wanted[0]


async def test_an_async_pipeline_too(tmp_path: Path) -> None:
    with counting() as (spark, _):
        pipeline = IngestionPipeline(transformations=[job(spark, tmp_path)])
        nodes = await pipeline.arun(documents=DOCUMENTS)
    assert all(node.embedding for node in nodes)


def test_after_a_crash_only_the_rest_is_asked(tmp_path: Path) -> None:
    nodes = [TextNode(text=f"text {n}") for n in range(6)]
    with counting() as (spark, _):
        transformation = job(spark, tmp_path)
        spark.account.withdrawn = frozenset({"embeddings"})
        with pytest.raises(JobError, match="the job has stopped"):
            transformation(nodes)
        before = len(spark.account.times("embeddings"))
        out = next(tmp_path.glob("*.journal")).with_suffix("")
        assert status(out).done == 0
        spark.account.withdrawn = frozenset()
        transformation(nodes)
        assert len(spark.account.times("embeddings")) == before + 6
    assert all(node.embedding for node in nodes)


def test_no_nodes_are_no_job(tmp_path: Path) -> None:
    with counting() as (spark, _):
        assert job(spark, tmp_path)([]) == []
    assert list(tmp_path.iterdir()) == []
