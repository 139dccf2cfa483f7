"""Two thousand calls at once through one model, from eight threads and eight event loops.

A tenth of the connections is faulty, and a tenth of the callers leaves in the middle: every answer
is the caller's own, every fault an error of its kind, and nothing stays open.
"""

from __future__ import annotations

import asyncio
import re
import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from iflytek_spark.emulator import Emulator, faults
from iflytek_spark.errors import (
    ContentFilterError,
    InternalServerError,
    ProtocolError,
    RateLimitError,
    SparkError,
    StreamInterruptedError,
)
from langchain_spark import ChatSpark
from tests._support.service import settings_of
from tests.contract.sockets import no_new_threads

CALLS, WORKERS = 2000, 16
EACH = CALLS // WORKERS
LEAVES = 3
"""The last digit of the callers that leave after the first piece of their answer."""
LEFT = "left"
AT_FIRST: list[tuple[faults.Fault, type[SparkError]]] = [
    (faults.ErrorFrame(11202), RateLimitError),
    (faults.RefuseHandshake(503), InternalServerError),
    (faults.RawFrame("no JSON"), ProtocolError),
]
LATER: list[tuple[faults.Fault, type[SparkError]]] = [
    (faults.ErrorFrame(10014, after=3), ContentFilterError),
    (faults.Cut(after=3), StreamInterruptedError),
]
"""A caller that leaves may have left before."""
OF_EACH = CALLS // 10 // len([*AT_FIRST, *LATER])
ERRORS = {kind.__name__: kind for _, kind in (*AT_FIRST, *LATER)}


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def question(number: int) -> str:
    return f"问题{number}号是什么，请说一说"


def ask(model: ChatSpark, number: int) -> str:
    """Return the answer, that the caller left, or the name of the error."""
    try:
        if number % 10 != LEAVES:
            return model.invoke(question(number)).text
        for _ in model.stream(question(number)):
            return LEFT
    except SparkError as error:
        return kind_of(error)
    return LEFT


async def read(model: ChatSpark, number: int, begun: asyncio.Event) -> str:
    pieces = []
    async for chunk in model.astream(question(number)):
        pieces.append(chunk.text)
        begun.set()
    return "".join(pieces)


async def aask(model: ChatSpark, number: int) -> str:
    """Return the answer, that the task was cancelled, or the name of the error."""
    begun = asyncio.Event()
    task = asyncio.create_task(read(model, number, begun))
    try:
        if number % 10 == LEAVES:
            waiting = asyncio.create_task(begun.wait())
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            task.cancel()
        return await task
    except asyncio.CancelledError:
        return LEFT
    except SparkError as error:
        return kind_of(error)


def kind_of(error: SparkError) -> str:
    return next(name for name, kind in ERRORS.items() if isinstance(error, kind))


def thread(model: ChatSpark, numbers: range) -> list[str]:
    return [ask(model, number) for number in numbers]


def loop(model: ChatSpark, numbers: range) -> list[str]:
    async def main() -> list[str]:
        return await asyncio.gather(*(aask(model, number) for number in numbers))

    return asyncio.run(main())


def together(model: ChatSpark) -> list[str]:
    start = threading.Barrier(WORKERS)

    def work(number: int) -> list[str]:
        start.wait()
        run: Callable[[ChatSpark, range], list[str]] = thread if number % 2 else loop
        return run(model, range(number * EACH, (number + 1) * EACH))

    with ThreadPoolExecutor(WORKERS) as pool:
        return [outcome for part in pool.map(work, range(WORKERS)) for outcome in part]


@pytest.mark.slow("fewer calls seldom meet inside one another")
def test_every_answer_is_its_own_and_every_fault_is_typed(emulator: Emulator) -> None:
    for fault, _ in (*AT_FIRST, *LATER) * OF_EACH:
        emulator.script(*[None] * 9, fault)
    model = ChatSpark(**settings_of(emulator), timeout=100, max_retries=0)
    with no_new_threads():
        outcomes = together(model)
    counts = Counter(outcome for outcome in outcomes if outcome in {LEFT, *ERRORS})
    answers = {n: text for n, text in enumerate(outcomes) if text not in {LEFT, *ERRORS}}
    spoken_of = {n: set(re.findall(r"问题(\d+)号", text)) for n, text in answers.items()}
    assert spoken_of == {number: {str(number)} for number in answers}
    assert [counts[kind.__name__] for _, kind in AT_FIRST] == [OF_EACH] * len(AT_FIRST)
    assert all(1 <= counts[kind.__name__] <= OF_EACH for _, kind in LATER)
    assert counts[LEFT] >= CALLS // 10 * 0.8
    assert len(answers) >= CALLS * 0.8
    assert len(emulator.handshakes) == CALLS
