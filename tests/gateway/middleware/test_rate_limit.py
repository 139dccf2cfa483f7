from __future__ import annotations

from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, code
from tests.gateway.middleware.conftest import Keys, MovedClock


def test_a_key_that_asked_too_often_is_told_when_to_ask_again(
    running_gateway: RunningGateway, keys: Keys, clock: MovedClock
) -> None:
    url = running_gateway(keys=keys.hashed, requests_per_minute=2)
    first, second, third = (ask(url, keys.anna) for _ in range(3))
    assert [first.status_code, second.status_code] == [200, 200]
    assert (third.status_code, code(third)) == (429, "rate_limit_exceeded")
    assert ask(url, keys.bert).status_code == 200

    clock.now += int(third.headers["retry-after"]) - 2
    assert ask(url, keys.anna).status_code == 429
    clock.now += 2
    assert ask(url, keys.anna).status_code == 200


def test_every_answer_tells_how_far_the_limit_is(
    running_gateway: RunningGateway, clock: MovedClock
) -> None:
    url = running_gateway(requests_per_minute=2)
    answers = [ask(url), ask(url), ask(url)]
    names = ("limit", "remaining", "reset")
    shown = [[one.headers[f"x-ratelimit-{name}-requests"] for name in names] for one in answers]
    assert shown == [["2", "1", "51s"], ["2", "0", "51s"], ["2", "0", "51s"]]


def test_without_a_limit_nothing_is_counted(running_gateway: RunningGateway) -> None:
    response = ask(running_gateway())
    assert response.status_code == 200
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


def test_who_has_no_key_uses_up_no_limit(
    running_gateway: RunningGateway, keys: Keys, clock: MovedClock
) -> None:
    url = running_gateway(keys=keys.hashed, requests_per_minute=1)
    assert {ask(url, "sk-spark-guessed").status_code for _ in range(3)} == {401}
    assert ask(url, keys.anna).status_code == 200
