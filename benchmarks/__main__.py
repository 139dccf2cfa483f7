"""Runs every case in turn, in fresh processes, and prints medians and ratios.

The order is turned round from one round to the next, so that a machine whose speed drifts
treats all cases alike. Absolute times belong to the machine; the ratios are what to read.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from benchmarks.cases import Place, case_names, load

CHUNKS = 1000
ROUNDS = 5
REPEATS = 10
CONSTRUCT = "construct ChatSpark"
IMPORTS = {
    "langchain_spark": "langchain_core.language_models.chat_models",
    "llama_index_spark": "llama_index.core",
}
RATIOS = {  # a case, what it is measured against, and what it should reach
    "ChatSpark.stream": (("raw websocket-client", "LangChain's floor, stream"), None),
    "ChatSpark.astream": (("raw websockets", "LangChain's floor, astream"), None),
    "ChatSpark.stream ": (("ChatOpenAI.stream",), 0.25),
    "ChatSpark.astream ": (("ChatOpenAI.astream",), 0.25),
    "ChatSpark.stream_events v3": (("ChatOpenAI.stream_events v3",), 0.2),
    "ChatSpark, a tool call": (("ChatOpenAI, a tool call",), 0.25),
    "SparkLLM.stream_chat": (("OpenAILike.stream_chat",), 0.33),
    "SparkLLM.astream_chat": (("OpenAILike.astream_chat",), 0.33),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of each case")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--sample", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        from benchmarks.server import main as serve

        serve(CHUNKS)
    elif args.sample:
        module, case, spark, openai = args.sample
        print(_sample(module, case, Place(spark, openai, CHUNKS)))
    else:
        _report(args.rounds)
    return 0


def _report(rounds: int) -> None:
    server = _start("--serve")
    try:
        assert server.stdout is not None
        spark, openai = server.stdout.readline().split()
        urls = (f"ws://127.0.0.1:{spark}", f"http://127.0.0.1:{openai}")
        modules = {name: module for module, name in case_names()} | {CONSTRUCT: ""}
        costs = _alternate(modules, rounds, lambda case: _ask(modules[case], case, *urls))
    finally:
        server.terminate()
        server.communicate()
    _table("CPU per streamed chunk (of a tool call: per call), µs", costs)
    _ratios(costs)
    imports = _alternate([*IMPORTS, *IMPORTS.values()], rounds, _import_time)
    _table("Import, ms of wall time in a fresh process", imports)
    for ours, floor in IMPORTS.items():
        print(f"  {ours} / {floor}: {imports[ours] / imports[floor]:.2f}")


def _ratios(costs: dict[str, float]) -> None:
    print("\nRatios\n")
    for name, (against, goal) in RATIOS.items():
        if name.strip() in costs:
            ratio = costs[name.strip()] / sum(costs[other] for other in against)
            aim = f"  (to reach: {goal})" if goal else ""
            print(f"  {name.strip()} / ({' + '.join(against)}): {ratio:.2f}{aim}")


def _alternate(
    names: Iterable[str], rounds: int, measure: Callable[[str], float]
) -> dict[str, float]:
    order = list(names)
    samples: dict[str, list[float]] = {name: [] for name in order}
    for number in range(rounds):
        for name in order if number % 2 == 0 else reversed(order):
            samples[name].append(measure(name))
    return {name: statistics.median(values) for name, values in samples.items()}


def _ask(module: str, case: str, spark: str, openai: str) -> float:
    process = _start("--sample", module, case, spark, openai)
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"the case {case!r} failed")
    return float(output)


def _sample(module: str, case: str, place: Place) -> float:
    """Return microseconds of CPU per unit, after one run that is not counted."""
    if case == CONSTRUCT:
        from benchmarks.langchain_cases import make_chat_spark

        make_chat_spark(place)
        return _cpu(lambda: make_chat_spark(place), 1000) * 1e6
    work = load(module)[case]
    units = 0

    def once() -> None:
        nonlocal units
        result = work(place)
        units = asyncio.run(result) if inspect.iscoroutine(result) else int(str(result))
        assert units, f"{case} saw nothing"

    once()
    return _cpu(once, REPEATS) / units * 1e6


def _cpu(run: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def _import_time(module: str) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    cached = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as an installed package has it
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=cached)
    return float(output.stdout) * 1e3


def _start(*args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks", *args]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _table(title: str, rows: dict[str, float]) -> None:
    print(f"\n{title}\n")
    for name, value in rows.items():
        print(f"  {name:<45}{value:>9.1f}")


if __name__ == "__main__":
    sys.exit(main())
