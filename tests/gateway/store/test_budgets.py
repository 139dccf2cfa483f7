"""Tokens that a key may use in a day and in a month."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark import Usage
from iflytek_spark.emulator import Emulator, Reply, running_emulator
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.store import periods
from tests._support.service import lead_to
from tests.gateway.chat_helpers import asked
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, bearer, code
from tests.gateway.store.store_helpers import Operator, operating, until

_DAY = 86_400


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A local Spark that counts ten tokens for each answer."""
    with running_emulator(respond=lambda _: Reply("好", usage=Usage(4, 6, 10))) as spark:
        lead_to(spark, monkeypatch)
        yield spark


@pytest.mark.parametrize(
    ("budget", "longest"), [("tokens_per_day", 25 * 3600), ("tokens_per_month", 31 * _DAY + 3600)]
)
def test_a_budget_that_is_used_up(
    running_gateway: RunningGateway,
    store_url: str,
    operator: Operator,
    spark: Emulator,
    budget: str,
    longest: int,
) -> None:
    key, other = operator.add("anna", **{budget: 25}), operator.add("bert")
    url = running_gateway(store_url=store_url, base_url=spark.base_url)
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key) as client:
        for _ in range(3):  # the third begins within the budget
            client.chat.completions.create(model="lite", messages=asked("你好"))
        with pytest.raises(openai.RateLimitError, match="used up") as refused:
            client.chat.completions.create(model="lite", messages=asked("你好"))
        assert refused.value.code == "insufficient_quota"
        assert 0 < int(refused.value.response.headers["retry-after"]) <= longest
        assert len(spark.requests) == 3  # and openai's client does not try again
        assert client.models.list().data
    assert ask(url, other).status_code == 200

    operator.administration.limit("anna", {budget: 1000})
    assert until(lambda: True if ask(url, key).status_code == 200 else None)


def test_what_another_worker_has_answered_counts(
    running_gateway: RunningGateway, store_url: str, operator: Operator, spark: Emulator
) -> None:
    key = operator.add("anna", tokens_per_day=10)
    one, other = (running_gateway(store_url=store_url, base_url=spark.base_url) for _ in range(2))
    assert ask(one, key).status_code == 200
    assert until(lambda: True if ask(other, key).status_code == 429 else None)
    assert code(ask(one, key)) == "insufficient_quota"


def test_what_is_written_is_not_counted_twice(
    running_gateway: RunningGateway, sqlite_url: str, spark: Emulator
) -> None:
    """Estimated tokens too: each of these texts is taken for four."""
    with operating(sqlite_url) as operator:
        key = operator.add("anna", tokens_per_day=10)
        url = running_gateway(store_url=sqlite_url, base_url=spark.base_url)
        body = {"model": "spark-embedding", "input": "讯飞星火星火"}
        for count in range(1, 4):
            response = httpx2.post(f"{url}/v1/embeddings", json=body, headers=bearer(key))
            assert response.json()["usage"]["total_tokens"] == 4
            operator.rows_after(count)
        assert ask(url, key).status_code == 429


def test_a_gateway_that_starts_knows_what_was_used(
    running_gateway: RunningGateway, store_url: str, operator: Operator, spark: Emulator
) -> None:
    key = operator.add("anna", tokens_per_day=10)
    assert ask(running_gateway(store_url=store_url, base_url=spark.base_url), key).is_success
    operator.rows_after(1)
    later = running_gateway(store_url=store_url, base_url=spark.base_url)
    assert ask(later, key).status_code == 429


def test_the_next_day_has_a_budget_of_its_own(
    running_gateway: RunningGateway,
    sqlite_url: str,
    spark: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with operating(sqlite_url) as operator:
        key = operator.add("anna", tokens_per_day=10)
        url = running_gateway(store_url=sqlite_url, base_url=spark.base_url)
        assert ask(url, key).status_code == 200
        response = ask(url, key)
        assert response.status_code == 429
        tomorrow = time.time() + int(response.headers["retry-after"])
        monkeypatch.setattr(time, "time", lambda: tomorrow)
        assert until(lambda: True if ask(url, key).status_code == 200 else None)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_days_and_months_end_when_they_say(moment: datetime) -> None:
    now = moment.timestamp()
    day = periods.day_of(now)
    assert periods.day_of(now + periods.seconds_to_next_day(now)) > day
    assert periods.day_of(now + periods.seconds_to_next_day(now) - 2) == day or (
        periods.seconds_to_next_day(now) <= 2
    )
    first = periods.day_of(now + periods.seconds_to_next_month(now))
    assert first == periods.month_start(first) > day
    assert periods.seconds_of(periods.utc(now)) == pytest.approx(now, abs=1e-3)


def test_since_when() -> None:
    now = datetime(2026, 3, 1, 12).timestamp()
    days = [periods.first_day(f"{count}d", now) for count in (1, 2, 30)]
    assert days == ["2026-03-01", "2026-02-28", "2026-01-31"]
    assert periods.first_day("2026-01-01", now) == "2026-01-01"
    assert all(later > earlier for earlier, later in pairwise(sorted(days)))


@pytest.mark.parametrize(
    "text", ["", "7", "0d", "12h", "yesterday", "2026-13-01", "-1d", "999999d"]
)
def test_since_when_is_in_words(text: str) -> None:
    with pytest.raises(ConfigurationError, match="7d or 2026-11-01"):
        periods.first_day(text, time.time())


def test_when_a_key_expires() -> None:
    now = datetime(2026, 3, 1, 12).timestamp()
    assert periods.expiry_of("30d", now) == now + 30 * _DAY
    assert periods.expiry_of("12h", now) == now + 12 * 3600
    assert periods.expiry_of("2026-03-02", now) == datetime(2026, 3, 2).timestamp()
    for text, words in (("2026-03-01", "is over"), ("soon", "30d, 12h"), ("0d", "30d, 12h")):
        with pytest.raises(ConfigurationError, match=words):
            periods.expiry_of(text, now)
    assert date.fromisoformat(periods.days_before("2026-03-01", 1)) == date(2026, 2, 28)
