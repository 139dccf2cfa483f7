"""iFlytek Spark (讯飞星火) for LlamaIndex."""

from __future__ import annotations

from iflytek_spark import __version__
from llama_index_spark.embedding import SparkEmbedding
from llama_index_spark.jobs import SparkEmbeddingJob
from llama_index_spark.llm import SparkLLM
from llama_index_spark.rerank import SparkRerank

__all__ = ["SparkEmbedding", "SparkEmbeddingJob", "SparkLLM", "SparkRerank", "__version__"]
