"""Connections of HTTP and the process: it forks, it ends, it has several threads and loops."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from iflytek_spark import AsyncSparkClient
from tests._support.programs import QUIET, run_program
from tests.http.asking import KEYS
from tests.http.quirks import DONE, END_A, TEXT_A
from tests.http.raw_server import RawServer, events, raw_server

SCRIPT = f"""{QUIET}from iflytek_spark import AsyncSparkClient, Credentials, SparkClient
keys, url = Credentials("app1", "an API key", "an API secret"), os.environ["SPARK_BASE_URL"]
client = SparkClient(keys, model="x2-flash", base_url=url, max_retries=0)
aclient = AsyncSparkClient(keys, model="x2-flash", base_url=url, max_retries=0)
"""


@pytest.fixture
def server() -> Iterator[RawServer]:
    with raw_server() as running:
        running.answers = [events(*TEXT_A, END_A, DONE)]
        yield running


FORKING = """
client.chat("first")
child = os.fork()
if not child:
    fine = client.chat("child").text == client.chat("child").text == "好的。"
    client.close()
    os._exit(0 if fine else 1)
assert os.waitpid(child, 0)[1] == 0
assert client.chat("parent").text == "好的。"
client.close()
"""
AFORKING = """
async def main():
    await aclient.chat("first")
    child = os.fork()
    if not child:
        os._exit(child_main())
    assert os.waitpid(child, 0)[1] == 0
    assert (await aclient.chat("parent")).text == "好的。"

async def twice():
    return [(await aclient.chat("child")).text for _ in range(2)]

def child_main():
    asyncio.events._set_running_loop(None)
    fine = asyncio.run(twice()) == ["好的。"] * 2
    aclient.close()
    return 0 if fine else 1

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("code", [FORKING, AFORKING], ids=["sync", "async"])
def test_a_forked_process_leaves_its_parents_connection_alone(server: RawServer, code: str) -> None:
    done = run_program({"SPARK_BASE_URL": server.url}, SCRIPT + code)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.connections == 2  # the parent's serves it before the fork and after


EXITS = {
    "with a kept connection": "client.chat('x')",
    "amid a response": "with client.stream('x') as stream:\n  next(stream)\n  sys.exit(0)",
    "with a loop": "asyncio.run(aclient.chat('x'))",
    "in a loop": "async def main():\n  await aclient.chat('x')\n  sys.exit(0)\nasyncio.run(main())",
}


@pytest.mark.parametrize("code", EXITS.values(), ids=EXITS)
def test_a_program_ends_without_a_word(server: RawServer, code: str) -> None:
    done = run_program({"SPARK_BASE_URL": server.url}, SCRIPT + code)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_client_serves_the_loops_of_many_threads(server: RawServer) -> None:
    client = AsyncSparkClient(KEYS, model="x2-flash", base_url=server.url, max_retries=0)

    async def ask() -> list[str]:
        both = await asyncio.gather(client.chat("一"), client.chat("二"))
        return [answer.text for answer in (*both, await client.chat("三"))]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: asyncio.run(ask()), range(24)))
    assert answers == [["好的。"] * 3] * 24
    assert server.connections < 72  # for each loop two, one of which serves a further call


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # asyncio's own
def test_a_loop_that_nobody_wound_up_keeps_nothing(server: RawServer) -> None:
    client = AsyncSparkClient(KEYS, model="x2-flash", base_url=server.url, max_retries=0)
    for _ in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.chat("你好"))
        loop.close()
    del loop
    assert asyncio.run(client.chat("你好")).text == "好的。"
    gc.collect()
    assert server.wait_until_left()
