"""The packages of the product."""

from __future__ import annotations

CORE = "iflytek_spark"
ADAPTERS = ("langchain_spark", "llama_index_spark")
PRODUCT = (CORE, *ADAPTERS)
