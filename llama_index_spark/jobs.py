"""Vectors of an IngestionPipeline that come from a job, which survives crashes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_index.core.schema import BaseNode, MetadataMode, TransformComponent
from pydantic import Field

from llama_index_spark.embedding import SparkEmbedding


class SparkEmbeddingJob(TransformComponent):
    """Gives nodes their vectors by a job; in a pipeline it stands in place of the embedding model.

    A pipeline that dies begins anew, and pays for every vector again; with this its texts of the
    same run go on where they were. Each set of texts is a job of its own in the folder.

    Examples:
        ```python
        pipeline = IngestionPipeline(
            transformations=[SentenceSplitter(), SparkEmbeddingJob(folder="vectors/")]
        )
        nodes = pipeline.run(documents=documents)
        ```
    """

    folder: Path = Field(description="Where texts, vectors and journals are kept.")
    embed_model: SparkEmbedding = Field(
        default_factory=SparkEmbedding, description="What makes the vectors, and at which rate."
    )

    @classmethod
    def class_name(cls) -> str:
        """The name by which LlamaIndex writes the class down."""
        return "SparkEmbeddingJob"

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Set the vector of each node.

        Args:
            nodes: the nodes, none of them without text.
            **kwargs: of the pipeline; not used.

        Returns:
            The same nodes.

        Raises:
            JobError: see :func:`iflytek_spark.jobs.embed`; the same call goes on.
        """
        texts = [node.get_content(metadata_mode=MetadataMode.EMBED) for node in nodes]
        if not texts:
            return nodes
        self.folder.mkdir(parents=True, exist_ok=True)
        vectors = self.embed_model.embed_job(texts, self.folder / f"{self._name(texts)}.jsonl")
        for node, vector in zip(nodes, vectors, strict=True):
            node.embedding = vector
        return nodes

    async def acall(self, nodes: Sequence[BaseNode], **kwargs: Any) -> Sequence[BaseNode]:
        """Set the vector of each node, in a thread; see :meth:`__call__`."""
        return await asyncio.to_thread(self, nodes, **kwargs)

    def _name(self, texts: Sequence[str]) -> str:
        """Name the job of some texts: other texts, or another model's vectors, are another job."""
        known = hashlib.sha256(self.embed_model.namespace().encode())
        for text in texts:
            known.update(hashlib.sha256(text.encode()).digest())
        return known.hexdigest()[:32]
