"""A process that exits while each surface waits for the rest of an answer.

``python -m tests.reliability.exiting URL`` is that process: it starts the next surface for each
line that it reads, and exits at the last one. It says with an empty line that it is ready.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from iflytek_spark.emulator import faults
from tests._support.calls import AsyncCall, AsyncStream, Call, Surface, Target
from tests.reliability.cases import PATIENT
from tests.reliability.columns import COLUMNS, Column
from tests.reliability.leaving import ENDING, INSIDE
from tests.reliability.observing import Cell
from tests.reliability.sites import ME, Site, World
from tests.reliability.traces import PATIENCE

ROOT = Path(__file__).parents[2]
CODE = 7
NAME = "interpreter exit"


def surfaces() -> Iterator[tuple[Column, Surface]]:
    for column in COLUMNS:
        if not column.remote:
            yield from ((column, surface) for surface in column.surfaces)


def expected(column: Column) -> Cell | None:
    """What must come of it on every surface: the process ends with the code that it wants."""
    return None if column.remote else Cell(f"exit code {CODE}", False)


def observe(world: World) -> Cell:
    """Have a process exit; whatever it prints then counts as left."""
    site = world.site("emulator", PATIENT)
    command = [sys.executable, "-m", "tests.reliability.exiting", site.spark.base_url]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        for column, _ in surfaces():
            start_next(process.stdin, column, site)
        printed = process.communicate("\n", timeout=10 * PATIENCE)
    left = (*filter(None, printed), *(() if site.spark.wait_until_idle(PATIENCE) else ("socket",)))
    return Cell(f"exit code {process.returncode}", False, left)


def start_next(stdin: IO[str], column: Column, site: Site) -> None:
    silent = faults.Silence() if column.service == "post" else INSIDE
    fault = ENDING if column.drains else silent
    requests = len(site.spark.requests)
    site.spark.script(fault if column.service == "post" else (column.recorded, fault))
    stdin.write("\n")
    stdin.flush()
    assert site.spark.wait_for_requests(requests + 1, 10 * PATIENCE)


async def main(base_url: str) -> None:
    target, held = Target(ME, base_url, PATIENT), []
    sys.stdout.write("\n")
    sys.stdout.flush()
    for column, surface in surfaces():
        await asyncio.to_thread(sys.stdin.readline)
        held.append(await begun(surface, column.target(target)))
    await asyncio.to_thread(sys.stdin.readline)
    sys.exit(CODE)


async def begun(surface: Surface, target: Target) -> object:
    """Start a surface, and return what keeps it running."""
    match surface:
        case Call():
            thread = threading.Thread(target=surface.ask, args=(target,), daemon=True)
            thread.start()
            return thread
        case AsyncCall():
            return asyncio.ensure_future(surface.ask(target))
        case AsyncStream():
            pieces = await surface.start(target)
            return pieces, await anext(pieces)
        case _:
            running = surface.start(target)
            return running, await asyncio.to_thread(next, running)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
