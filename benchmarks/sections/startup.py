"""What comes before the first call: importing a library, and making an object."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.cases import Place
from benchmarks.runner import Section
from benchmarks.sampling import Metrics, SampleError, fresh, program

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
_NOTHING = "Python alone, no import"
_place = partial(contextlib.nullcontext, Place("ws://127.0.0.1:1", "http://127.0.0.1:1", 1))


@contextlib.contextmanager
def _files_in_memory() -> Iterator[None]:
    """Import everything once before: the first time the files may come from the disk.

    A module that is missing is named by its row.
    """
    for module in MODULES:
        with contextlib.suppress(SampleError):
            program(f"import {module}")
    yield


def _import(module: str) -> Callable[[None], Metrics]:
    return lambda _: program(f"import {module}")


IMPORTS = Section(
    name="imports",
    title="Import in a process of its own, ms from the process's start to its end",
    about='`python -c "import …"`, beside Python that imports nothing. Byte code is cached, as an '
    "installed package has it, and the files are in memory. On a machine that is busy with other "
    "things the CPU's time is the steadier of the two.",
    seconds=8,
    place=_files_in_memory,
    reference="langchain_core.language_models.chat_models",
    rows={_NOTHING: lambda _: program("pass"), **{name: _import(name) for name in MODULES}},
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
