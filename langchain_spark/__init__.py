"""iFlytek Spark (讯飞星火) for LangChain.

ChatSpark is loaded at once, the other classes when they are first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from iflytek_spark import __version__
from langchain_spark.chat_models import ChatSpark

if TYPE_CHECKING:
    from langchain_spark.embeddings import SparkEmbeddings
    from langchain_spark.images import SparkImageTool
    from langchain_spark.jobs.chain import label_chain
    from langchain_spark.llms import SparkLLM
    from langchain_spark.rerank import SparkRerank

__all__ = [
    "ChatSpark",
    "SparkEmbeddings",
    "SparkImageTool",
    "SparkLLM",
    "SparkRerank",
    "__version__",
    "label_chain",
]

_LAZY = {
    "SparkEmbeddings": "langchain_spark.embeddings",
    "SparkImageTool": "langchain_spark.images",
    "SparkLLM": "langchain_spark.llms",
    "SparkRerank": "langchain_spark.rerank",
    "label_chain": "langchain_spark.jobs.chain",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
