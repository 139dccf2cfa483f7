"""Waiting for an account's turn: fair between keys, bounded, left by who leaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from iflytek_spark.errors import RateStoreError
from iflytek_spark.gateway.accounts.queue import FairQueue, SetAsideError
from iflytek_spark.gateway.accounts.turns import Turns
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.rates import Limit, ProcessStore
from tests.gateway.accounts.conftest import RunningTeam
from tests.gateway.http_helpers import BODY, ask, bearer, code


class Store(ProcessStore):
    """A store that can be out of reach."""

    down = False

    async def atake(self, place: str, ticket: str, limit: Limit) -> float:
        if self.down:
            raise RateStoreError("down")
        return await super().atake(place, ticket, limit)


class Line(FairQueue):
    """A queue for the turns of one account."""

    def __init__(self, limit: Limit, store: ProcessStore | None = None, **bounds: float) -> None:
        given = {"max_wait": 30.0, "max_waiting": 100, **bounds}
        self.counted: list[int] = []
        super().__init__(**given, on_change=self.counted.append)  # type: ignore[arg-type]
        self.turns = Turns("a", store or ProcessStore(), "a:chat", limit)
        self.gone = False

    async def ask(self, caller: str) -> str:
        """Wait for a turn, and return its ticket."""
        _, ticket = await self.turn(caller, lambda: [] if self.gone else [self.turns])
        return ticket

    def release(self, ticket: str) -> None:
        self.turns.release(ticket)
        self.look(self.turns)


@asynccontextmanager
async def waiting(line: Line, *callers: str) -> AsyncIterator[list[asyncio.Task[str]]]:
    """Requests of callers, in this order, that have joined."""
    tasks = [asyncio.create_task(line.ask(caller)) for caller in callers]
    await asyncio.sleep(0)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def order(line: Line, *callers: str) -> str:
    """The callers in the order in which their turns come, after one that is free."""
    await line.ask("first")
    came: list[str] = []
    async with waiting(line, *callers) as tasks:
        for caller, task in zip(callers, tasks, strict=True):
            task.set_name(caller)
            task.add_done_callback(lambda done: came.append(done.get_name()))
        await asyncio.wait(tasks)
    return "".join(came)


async def test_callers_take_turns_whoever_asked_how_much() -> None:
    assert await order(Line(Limit(50)), *"aaaaabc") == "abcaaaa"
    assert await order(Line(Limit(50)), *"aabbccd") == "abcdabc"


async def test_who_comes_while_others_wait_is_not_behind_all_of_them() -> None:
    line = Line(Limit(20))
    async with waiting(line, *"aaaaaaaaaa") as many:
        await many[0]
        async with waiting(line, "b") as [one]:
            await one
            assert sum(task.done() for task in many) <= 3


async def test_a_wait_has_an_end() -> None:
    line = Line(Limit(at_once=1), max_wait=0.05)
    await line.ask("a")
    with pytest.raises(GatewayError) as refused:
        await line.ask("a")
    assert refused.value.row is ErrorRow.QUEUE_TIMEOUT
    assert (line.waiting, line.counted) == (0, [1, 0])


async def test_a_queue_has_an_end() -> None:
    line = Line(Limit(at_once=1), max_waiting=2)
    await line.ask("a")
    async with waiting(line, "a", "b"):
        with pytest.raises(GatewayError, match="2 requests wait"):
            await line.ask("c")


async def test_who_leaves_gives_the_place_back() -> None:
    line = Line(Limit(20))
    async with waiting(line, *"aaaaaaaaaa") as many:
        for task in many[:9]:
            task.cancel()
        began = time.monotonic()
        await many[9]
        assert time.monotonic() - began < 0.3
    assert line.waiting == 0


async def test_a_turn_that_comes_as_its_caller_leaves_is_not_lost() -> None:
    line = Line(Limit(at_once=1))
    ticket = await line.ask("a")
    async with waiting(line, "a") as [leaving]:
        await asyncio.sleep(0.01)
        line.release(ticket)
        while not leaving.done():
            leaving.cancel()
            await asyncio.sleep(0)
    async with asyncio.timeout(2):
        await line.ask("b")


async def test_who_waits_for_an_account_that_is_set_aside_goes_elsewhere() -> None:
    line = Line(Limit(at_once=1))
    await line.ask("a")
    async with waiting(line, "a", "b") as tasks:
        line.gone = True
        line.look()
        found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(error) for error in found] == [SetAsideError] * 2


async def test_a_store_that_starts_anew_is_waited_for() -> None:
    store = Store()
    store.down = True
    line = Line(Limit(100), store)
    async with waiting(line, "a") as [task]:
        await asyncio.sleep(0.1)
        assert not task.done()
        store.down = False
        assert await task


async def test_a_store_that_stays_away_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iflytek_spark.gateway.accounts.queue._UNCOUNTED_SECONDS", 0.1)
    store = Store()
    store.down = True
    with pytest.raises(GatewayError) as refused:
        await Line(Limit(100), store).ask("a")
    assert refused.value.row is ErrorRow.LIMITS_UNAVAILABLE


def test_a_caller_that_waits_too_long_is_told_when_to_come_again(
    running_team: RunningTeam,
) -> None:
    team = running_team({"requests_per_second": {"chat": 0.2}}, routing={"max_wait": 0.1})
    assert ask(team.url).status_code == 200
    refused = ask(team.url)
    assert (refused.status_code, code(refused)) == (429, "queue_timeout")
    assert 1 <= int(refused.headers["retry-after"]) <= 6
    assert ask(team.url, stream=True).status_code == 429


def test_a_quiet_key_is_not_behind_a_loud_one(running_team: RunningTeam) -> None:
    made = {name: new_key() for name in ("loud", "quiet")}
    keys = {name: hashed for name, (_, hashed) in made.items()}
    team = running_team({"requests_per_second": {"chat": 10}}, keys=keys)

    async def chat(client: httpx2.AsyncClient, name: str) -> float:
        began = time.monotonic()
        headers = bearer(made[name][0])
        path = f"{team.url}/v1/chat/completions"
        response = await client.post(path, headers=headers, json=BODY, timeout=60)
        assert response.status_code == 200
        return time.monotonic() - began

    async def both() -> tuple[list[float], float]:
        async with httpx2.AsyncClient() as client:
            loud = [asyncio.create_task(chat(client, "loud")) for _ in range(20)]
            await loud[0]
            quiet = await chat(client, "quiet")
            return await asyncio.gather(*loud), quiet

    loud, quiet = asyncio.run(both())
    assert quiet < 1 < max(loud)


def test_processes_of_one_machine_share_an_account(
    running_team: RunningTeam, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the workers of a gateway, to which their supervisor gives a folder."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    team = running_team({"requests_per_second": {"chat": 5}})
    assert ask(team.url).status_code == 200
    assert (tmp_path / "rates.sqlite").exists()


def test_a_process_that_is_alone_writes_no_file(running_team: RunningTeam, tmp_path: Path) -> None:
    team = running_team({"requests_per_second": {"chat": 5}})
    assert ask(team.url).status_code == 200
    assert isinstance(team.upstream._rate and team.upstream._rate.store, ProcessStore)
