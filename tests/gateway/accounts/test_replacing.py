"""Accounts that are read anew, and the time that all of them have together."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.emulator.plan import Plan, Wait
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from tests.gateway.accounts.conftest import RunningTeam, Team, account_settings
from tests.gateway.http_helpers import ask, code, streaming


def read(**accounts: dict[str, Any]) -> Callable[[], GatewaySettings]:
    return lambda: load_settings(accounts=accounts)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def states(team: Team) -> dict[str, int]:
    assert team.upstream.accounts
    return {state.name: state.waiting for state in team.upstream.accounts.states()}


def test_accounts_are_replaced_and_streams_go_on(running_team: RunningTeam) -> None:
    team = running_team({}, {})
    with running_emulator() as third:
        with streaming(team.url) as lines:
            assert team.reloading.reload(read(c=account_settings(third)))
            assert [ask(team.url).status_code for _ in range(3)] == [200] * 3
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert (team.asked(), len(third.requests)) == ({"a": 1, "b": 0}, 3)
        assert states(team) == {"c": 0}


def test_who_waits_is_answered_by_an_account_that_is_new(running_team: RunningTeam) -> None:
    team = running_team({"at_once": {"chat": 1}})
    team.spark["a"].script(faults.Silence(after=1))
    with running_emulator() as second, ThreadPoolExecutor() as threads:
        with streaming(team.url):
            waiting = threads.submit(ask, team.url)
            wait_for(lambda: states(team) == {"a": 1})
            assert team.reloading.reload(read(b=account_settings(second)))
            assert waiting.result(10).status_code == 200
        assert (team.asked(), len(second.requests)) == ({"a": 1}, 1)


def test_an_account_that_is_the_same_keeps_what_is_known_of_it(running_team: RunningTeam) -> None:
    team = running_team({}, {})
    team.spark["a"].script(faults.ErrorFrame(11200))
    assert ask(team.url).status_code == 200
    kept = account_settings(team.spark["a"])

    def load(spark: Emulator) -> bool:
        return team.reloading.reload(read(a=kept, b=account_settings(spark)))

    assert load(team.spark["b"])
    assert [ask(team.url).status_code for _ in range(2)] == [200] * 2
    assert team.asked() == {"a": 1, "b": 3}, "a is still set aside"
    assert team.reloading.reload(read(a={**kept, "requests_per_second": {"chat": 50}}))
    assert ask(team.url).status_code == 200, "other settings are another try"


def test_from_accounts_to_none_it_takes_a_restart(running_team: RunningTeam) -> None:
    team = running_team({})
    assert not team.reloading.reload(load_settings)
    assert not team.reloading.reload(
        read(a={"app_id": "a", "api_key": "b", "api_secret": "c", "base_url": "ftp://no"})
    )
    assert ask(team.url).status_code == 200


@dataclass(frozen=True, slots=True)
class SlowError(faults.ErrorFrame):
    """An error that comes late."""

    code: int = 10110

    def answer(self, plan: Plan, sid: str) -> Plan:
        return (Wait(0.5), *faults.ErrorFrame.answer(self, plan, sid))


def test_all_tries_by_all_accounts_have_one_time(running_team: RunningTeam) -> None:
    bounds = {"first_token_timeout": 0.6, "max_retries": 0, "routing": {"max_wait": 0.3}}
    team = running_team({}, {}, {}, **bounds)
    for spark in team.spark.values():
        spark.script(SlowError())
    answer = ask(team.url)
    assert (answer.status_code, code(answer)) == (504, "spark_timeout")
    assert team.asked() == {"a": 1, "b": 1, "c": 0}
