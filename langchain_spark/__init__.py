"""iFlytek Spark (讯飞星火) for LangChain."""

from __future__ import annotations

from iflytek_spark import __version__
from langchain_spark.chat_models import ChatSpark
from langchain_spark.embeddings import SparkEmbeddings
from langchain_spark.images import SparkImageTool
from langchain_spark.llms import SparkLLM

__all__ = ["ChatSpark", "SparkEmbeddings", "SparkImageTool", "SparkLLM", "__version__"]
