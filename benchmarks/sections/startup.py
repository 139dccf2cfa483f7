"""What comes before the first call: importing a library, and making an object."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from benchmarks.cases import Place
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, fresh

MODULES = (
    "iflytek_spark",
    "langchain_spark",
    "langchain_core.language_models.chat_models",
    "langchain_openai",
    "langchain_community.chat_models.sparkllm",
    "sparkai.llm.llm",
    "llama_index_spark",
    "llama_index.core",
    "llama_index.llms.openai_like",
)
MAKERS = {
    "SparkClient()": ("iflytek_spark", "sockets:make_client"),
    "ChatSpark()": ("langchain_spark", "langchain:make_chat_spark"),
    "ChatOpenAI()": ("langchain_openai", "langchain:make_chat_openai"),
    "langchain-community ChatSparkLLM()": (
        "langchain_community.chat_models.sparkllm",
        "spark_peers:make_community",
    ),
    "spark-ai-python ChatSparkLLM()": ("sparkai.llm.llm", "spark_peers:make_vendor"),
    "SparkLLM()": ("llama_index_spark", "llama_index:make_spark_llm"),
    "OpenAILike()": ("llama_index.llms.openai_like", "llama_index:make_openai_like"),
}
"""By name: the library, and what makes the object."""
_place = partial(contextlib.nullcontext, Place("ws://127.0.0.1:1", "http://127.0.0.1:1", 1))


def _import(module: str) -> Callable[[Place], Metrics]:
    """Import twice, and count the second: the first may have to fetch the files from the disk."""

    def sample(_: Place) -> Metrics:
        fresh("measuring:importing", module)
        return fresh("measuring:importing", module)

    return sample


IMPORTS = Section(
    name="imports",
    title="Import in a fresh process, ms of wall time",
    about="Byte code is cached, as an installed package has it, and the files are in memory: a "
    "process before has imported the same.",
    seconds=15,
    place=_place,
    reference="langchain_core.language_models.chat_models",
    rows={module: _import(module) for module in MODULES},
)
CONSTRUCTION = Section(
    name="construction",
    title="Making an object, µs of CPU",
    about="The library is imported before. *first* is the first object in a process, with what it "
    "loads and caches; *further* is the mean of 200 more.",
    seconds=15,
    place=_place,
    reference="SparkClient()",
    rows={name: partial(fresh, "measuring:construction", *of) for name, of in MAKERS.items()},
)
