"""A Spark of its own for each test, and a model that talks to it."""

from tests.llama_index_spark.conftest import make_llm, spark

__all__ = ["make_llm", "spark"]
