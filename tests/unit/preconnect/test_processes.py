"""Connections opened ahead and the process: it forks, it ends, it may not want any."""

from __future__ import annotations

import os
import time

import pytest

from iflytek_spark.emulator import Emulator, faults
from tests._support.programs import QUIET, run_program

SCRIPT = f"""{QUIET}
from iflytek_spark import AsyncSparkClient, SparkClient
from tests.unit.preconnect.preconnect_helpers import ready, until
client = SparkClient(preconnect=2)
aclient = AsyncSparkClient(preconnect=2)
"""


FORKING = """
client.chat("first")
until(lambda: ready(client) == 2)
child = os.fork()
if not child:
    fine = ready(client) == 0 and client.chat("child").text and client.chat("child").text
    client.close()
    os._exit(0 if fine else 1)
assert os.waitpid(child, 0)[1] == 0
assert ready(client) == 2
client.chat("parent")
"""
AFORKING = """
async def main():
    await aclient.chat("first")
    await asyncio.to_thread(until, lambda: ready(aclient) == 2)
    child = os.fork()
    if not child:
        os._exit(child_main())
    assert os.waitpid(child, 0)[1] == 0
    await aclient.chat("parent")

def child_main():
    asyncio.events._set_running_loop(None)
    fine = ready(aclient) == 0 and asyncio.run(aclient.chat("child")).text
    aclient.close()
    return 0 if fine else 1

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("code", [FORKING, AFORKING], ids=["sync", "async"])
def test_a_forked_process_leaves_its_parents_connections_alone(
    emulator: Emulator, code: str
) -> None:
    done = run_program(emulator.environment, SCRIPT + code)
    assert (done.returncode, done.stderr) == (0, "")
    first, *childs, parent = [request.number for request in emulator.requests]
    assert (first, parent) == (1, 2)
    assert min(childs) > 3


EXITS = {
    "with open connections": "client.chat('x')\nuntil(lambda: ready(client) == 2)",
    "at once": "client.chat('x')",
    "with a loop": "asyncio.run(aclient.chat('x'))",
    "in a loop": "async def main():\n  await aclient.chat('x')\n  sys.exit(0)\nasyncio.run(main())",
}


@pytest.mark.parametrize("code", EXITS.values(), ids=EXITS)
def test_a_program_ends_without_a_word(emulator: Emulator, code: str) -> None:
    done = run_program(emulator.environment, SCRIPT + code)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_does_not_wait_for_what_it_opens(emulator: Emulator) -> None:
    emulator.script(None, faults.HangHandshake(), faults.HangHandshake())
    code = "client.chat('x')\nprint(time.time(), flush=True)"
    done = run_program(emulator.environment, SCRIPT + code)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.time() - float(done.stdout) < 5


NEVER = f"""{QUIET}
from iflytek_spark import AsyncSparkClient, SparkClient
SparkClient().chat("x")
asyncio.run(AsyncSparkClient().chat("x"))
print(*sys.modules)
"""


def test_a_client_without_it_does_not_load_it(emulator: Emulator) -> None:
    done = run_program(emulator.environment, NEVER)
    assert (done.returncode, done.stderr) == (0, "")
    assert "iflytek_spark.transports.ws_sync" in done.stdout.split()
    assert "warm" not in done.stdout
