"""What importing costs, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys

import llama_index_spark

_LOADED = """
import sys
import llama_index.core
before = set(sys.modules)
import llama_index_spark
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
print(*sorted(name for name in sys.modules if name.startswith(("langchain", "openai"))))
"""


def test_importing_loads_no_other_framework_and_no_sockets() -> None:
    """LlamaIndex itself has loaded httpx by then."""
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
    )
    added, others = ran.stdout.split("\n")[:2]
    assert others == ""
    assert not {"websocket", "websockets", "jsonschema"} & set(added.split())
    assert {"iflytek_spark", "llama_index_spark"} <= set(added.split())


def test_the_public_names() -> None:
    names = ["SparkEmbedding", "SparkEmbeddingJob", "SparkLLM", "SparkRerank", "__version__"]
    assert llama_index_spark.__all__ == names
    assert llama_index_spark.__version__
