"""Which account answers, and what happens when one cannot."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from iflytek_spark.emulator import faults
from iflytek_spark.gateway.accounts.accounts import Accounts
from tests.gateway.accounts.conftest import RunningTeam, Team
from tests.gateway.http_helpers import ask, code, streaming

ROUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("chat/completions", {"messages": [{"role": "user", "content": "你好"}]}),
    "embeddings": ("embeddings", {"model": "spark-embedding", "input": "你好"}),
    "images": ("images/generations", {"model": "spark-image", "prompt": "一只猫"}),
}


def post(team: Team, product: str, **body: Any) -> httpx2.Response:
    path, usual = ROUTES[product]
    return httpx2.post(f"{team.url}/v1/{path}", json={"model": "lite", **usual, **body})


def accounts_of(team: Team) -> Accounts:
    assert team.upstream.accounts
    return team.upstream.accounts


def test_requests_go_to_the_account_that_was_asked_least(running_team: RunningTeam) -> None:
    team = running_team({}, {}, {})
    assert [ask(team.url).status_code for _ in range(9)] == [200] * 9
    assert team.asked() == {"a": 3, "b": 3, "c": 3}


def test_requests_go_to_the_account_with_the_least_under_way(running_team: RunningTeam) -> None:
    team = running_team({}, {})
    team.spark["a"].script(faults.Silence(after=1))
    with streaming(team.url):
        assert [ask(team.url).status_code for _ in range(3)] == [200] * 3
        assert team.asked() == {"a": 1, "b": 3}
        states = {state.name: state.in_flight for state in accounts_of(team).states()}
        assert states == {"a": 1, "b": 0}


@pytest.mark.parametrize("product", ["chat", "embeddings"])
@pytest.mark.parametrize("fault", [faults.ErrorFrame(11200), faults.ErrorFrame(10015)])
def test_an_account_without_a_right_is_set_aside(
    running_team: RunningTeam,
    product: str,
    fault: faults.Fault,
    caplog: pytest.LogCaptureFixture,
) -> None:
    team = running_team({}, {})
    team.spark["a"].script(fault)
    assert [post(team, product).status_code for _ in range(4)] == [200] * 4
    assert team.asked() == {"a": 1, "b": 4}
    told = [record for record in caplog.records if "the account a is not asked" in record.message]
    assert [record.levelno for record in told] == [logging.WARNING]
    ready = httpx2.get(f"{team.url}/readyz")
    assert ready.status_code == 200
    assert "the account a is not asked" in ready.json()["accounts"][0]
    metrics = httpx2.get(f"{team.url}/metrics").text
    assert 'spark_gateway_account_set_aside{account="a"} 1.0' in metrics
    assert f'spark_gateway_account_requests_total{{account="b",product="{product}"}} 4.0' in metrics


def test_every_product_goes_elsewhere(running_team: RunningTeam) -> None:
    team = running_team({}, {})
    team.spark["a"].account.withdrawn = frozenset({"chat", "embeddings", "images"})
    assert [post(team, product).status_code for product in ROUTES] == [200] * 3


@pytest.mark.parametrize("secret", ["wrong", "other"])
def test_wrong_keys_of_the_operators_are_not_the_callers(
    running_team: RunningTeam, secret: str
) -> None:
    team = running_team({"api_secret": secret})
    refused = ask(team.url)
    assert (refused.status_code, code(refused)) == (503, "no_account")
    assert int(refused.headers["retry-after"]) > 50
    assert secret not in refused.text
    assert ask(team.url).status_code == 503
    assert len(team.spark["a"].handshakes) == 1, "it is asked no more for a while"


def test_a_right_is_of_one_model(running_team: RunningTeam) -> None:
    team = running_team({})
    team.spark["a"].script(faults.ErrorFrame(11200))
    assert ask(team.url, model="4.0Ultra").status_code == 503
    assert ask(team.url, model="lite").status_code == 200


def test_an_account_is_asked_again_after_a_while(running_team: RunningTeam) -> None:
    team = running_team({}, routing={"set_aside": 0.01})
    team.spark["a"].script(faults.ErrorFrame(11200))
    assert ask(team.url).status_code == 503
    while ask(team.url).status_code != 200:
        pass
    assert accounts_of(team).states()[0].set_aside == {}


@pytest.mark.parametrize("fault", [faults.ErrorFrame(10110), faults.RefuseHandshake(502)])
def test_what_fails_at_one_account_is_asked_at_another(
    running_team: RunningTeam, fault: faults.Fault
) -> None:
    team = running_team({}, {})
    team.spark["a"].script(fault, fault, fault)
    assert ask(team.url).status_code == 200
    assert team.asked()["b"] == 1


def test_nothing_goes_elsewhere_after_the_first_token(running_team: RunningTeam) -> None:
    team = running_team({}, {})
    team.spark["a"].script(faults.ErrorFrame(11200, after=2))
    with streaming(team.url) as lines:
        received = [line for line in lines if line]
    assert "gateway_keys_not_permitted" in received[-1]
    assert team.asked() == {"a": 1, "b": 0}


@pytest.mark.parametrize("fault", [faults.ErrorFrame(10013), faults.ErrorFrame(10003)])
def test_what_is_the_requests_fault_is_asked_once(
    running_team: RunningTeam, fault: faults.Fault
) -> None:
    team = running_team({}, {})
    team.spark["a"].script(fault)
    assert ask(team.url).status_code == 400
    assert team.asked() == {"a": 1, "b": 0}


def test_an_account_is_asked_for_what_it_has_keys_for(running_team: RunningTeam) -> None:
    """One of the two has the key of dialect A alone, which signs nothing."""
    only_password = {"app_id": "", "api_key": "", "api_secret": "", "api_password": "pass-word-1"}
    team = running_team(only_password, {})
    assert [ask(team.url).status_code for _ in range(4)] == [200] * 4
    assert team.asked() == {"a": 0, "b": 4}


def test_callers_with_keys_of_their_own_use_no_account(running_team: RunningTeam) -> None:
    team = running_team({})
    keys = team.spark["a"].credentials
    headers = {"x-app-id": keys.app_id, "x-api-key": keys.api_key, "x-api-secret": "wrong"}
    path, body = ROUTES["chat"]
    response = httpx2.post(f"{team.url}/v1/{path}", headers=headers, json={"model": "lite", **body})
    assert response.status_code in (401, 502)
    assert accounts_of(team).states()[0].sent == {}


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        (faults.ErrorFrame(11200), "entitlement"),
        (faults.ErrorFrame(10907), "context_length"),
        (faults.ErrorFrame(10110), "overload"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_another_model_answers_on_named_causes(
    running_team: RunningTeam, fault: faults.Fault, cause: str, stream: bool
) -> None:
    routing = {"fallbacks": {"4.0Ultra": ["max-32k", "lite"]}}
    team = running_team({}, routing={**routing, "fallback_on": [cause]})
    team.spark["a"].script(*[fault] * (3 if cause == "overload" else 1))
    response = ask(team.url, model="4.0Ultra", stream=stream)
    assert (response.status_code, response.headers["x-spark-model"]) == (200, "max-32k")
    others = {"entitlement", "context_length", "overload"} - {cause}
    other = running_team({}, routing={**routing, "fallback_on": list(others)})
    other.spark["a"].script(*[fault] * 3)
    assert ask(other.url, model="4.0Ultra", stream=stream).status_code != 200


def test_a_chain_of_fallbacks_ends_with_the_first_error(running_team: RunningTeam) -> None:
    routing = {"fallbacks": {"4.0Ultra": ["max-32k"]}}
    team = running_team({}, routing=routing)
    team.spark["a"].account.withdrawn = frozenset({"chat"})
    refused = ask(team.url, model="4.0Ultra")
    assert (refused.status_code, code(refused)) == (503, "no_account")
    assert "4.0Ultra" in refused.text
    assert team.asked() == {"a": 2}


def test_many_at_once_are_shared_evenly(running_team: RunningTeam) -> None:
    team = running_team({}, {}, {})
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _: ask(team.url).status_code, range(60)))
    assert found == [200] * 60
    assert min(team.asked().values()) > 10
