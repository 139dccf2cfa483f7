"""LlamaIndex on iFlytek Spark."""
