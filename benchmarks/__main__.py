"""Runs every case in turn, in fresh processes, and prints medians and ratios.

The order is turned round from one round to the next, so that a machine whose speed drifts
treats all cases alike. Absolute times belong to the machine; the ratios are what to read.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

CHUNKS = 1000
ROUNDS = 5
REPEATS = 10
IMPORTS = (
    "langchain_core.language_models.chat_models",
    "langchain_spark",
    "iflytek_spark",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="samples of each case")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--sample", nargs=2, metavar=("CASE", "URL"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        from benchmarks.server import main as serve

        serve(CHUNKS)
    elif args.sample:
        print(_sample(*args.sample))
    else:
        _report(args.rounds)
    return 0


def _report(rounds: int) -> None:
    from benchmarks.streaming import CASES

    server = _start("--serve", stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        url = f"ws://127.0.0.1:{int(server.stdout.readline())}"
        streaming = _alternate(
            [*CASES, "construct ChatSpark"], rounds, lambda case: _ask(case, url)
        )
    finally:
        server.terminate()
        server.wait()
    construction = streaming.pop("construct ChatSpark")
    floor = streaming["LangChain's floor, stream"] + streaming["raw websocket-client"]
    afloor = streaming["LangChain's floor, astream"] + streaming["raw websockets"]
    _table("CPU per streamed chunk, µs", streaming)
    sync, asynchronous = streaming["ChatSpark.stream"], streaming["ChatSpark.astream"]
    print(f"\nChatSpark.stream  / (raw socket + LangChain's floor): {sync / floor:.2f}")
    print(f"ChatSpark.astream / (raw socket + LangChain's floor): {asynchronous / afloor:.2f}")
    print(f"construct ChatSpark: {construction:.0f} µs")
    imports = _alternate(IMPORTS, rounds, _import_time)
    _table("import, ms of wall time in a fresh process", imports)
    ratio = imports["langchain_spark"] / imports[IMPORTS[0]]
    print(f"\nimport langchain_spark / import {IMPORTS[0]}: {ratio:.2f}")


def _alternate(
    cases: Iterable[str], rounds: int, measure: Callable[[str], float]
) -> dict[str, float]:
    names = list(cases)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for round_number in range(rounds):
        for name in names if round_number % 2 == 0 else reversed(names):
            samples[name].append(measure(name))
    return {name: statistics.median(values) for name, values in samples.items()}


def _ask(case: str, url: str) -> float:
    process = _start("--sample", case, url, stdout=subprocess.PIPE)
    output, _ = process.communicate()
    if process.returncode:
        sys.exit(f"the case {case!r} failed")
    return float(output)


def _sample(case: str, url: str) -> float:
    """Return microseconds of CPU per chunk, or per construction."""
    from benchmarks import streaming

    if case == "construct ChatSpark":
        streaming.make_chat_spark(url)
        return _cpu(lambda: streaming.make_chat_spark(url), 1000) * 1e6
    run = streaming.CASES[case]

    def once() -> None:
        result = run(url, CHUNKS)
        seen = asyncio.run(result) if inspect.iscoroutine(result) else result
        assert seen == CHUNKS, f"{case}: {seen} chunks"

    once()
    return _cpu(once, REPEATS) / CHUNKS * 1e6


def _cpu(run: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        run()
    return (time.process_time() - start) / repeats


def _import_time(module: str) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return float(output.stdout) * 1e3


def _start(*args: str, stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks", *args], stdout=stdout, text=True)


def _table(title: str, rows: dict[str, float]) -> None:
    print(f"\n{title}\n")
    for name, value in rows.items():
        print(f"  {name:<45}{value:>8.1f}")


if __name__ == "__main__":
    sys.exit(main())
