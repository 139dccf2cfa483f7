"""A row for each request, and what they sum up to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import openai
import pytest
from sqlalchemy import update

from iflytek_spark import Usage
from iflytek_spark.emulator import Emulator, Reply, faults, running_emulator
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.store.background import Background
from iflytek_spark.gateway.store.tables import daily_usage, usage
from iflytek_spark.gateway.store.usage_log import UsageLog
from tests._support.service import lead_to
from tests.gateway.chat_helpers import asked
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, streaming
from tests.gateway.store.store_helpers import Operator, until

COUNTED = Usage(3, 4, 7)
SECRET = "讲一个秘密"


def counting(_question: object) -> Reply:
    return Reply("好", usage=COUNTED)


@pytest.fixture
def client(
    running_gateway: RunningGateway, store_url: str, operator: Operator
) -> Iterator[openai.OpenAI]:
    key = operator.add("anna")
    url = running_gateway(store_url=store_url)
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        yield client


def test_a_row_says_what_the_log_says(client: openai.OpenAI, operator: Operator) -> None:
    before = datetime.now(UTC).replace(tzinfo=None)
    answer = client.chat.completions.create(model="v4.0", messages=asked(SECRET))
    assert answer.usage
    (row,) = operator.rows_after(1)
    assert before <= row.pop("time") <= datetime.now(UTC).replace(tzinfo=None)
    assert row.pop("day") == datetime.now().date().isoformat()
    assert 0 < row.pop("total_ms") < 10_000
    for name in ("id", "request_id", "account", "wire"):
        del row[name]
    assert row == {
        "key": "anna",
        "model": "4.0Ultra",
        "route": "/v1/chat/completions",
        "streamed": False,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "total_tokens": answer.usage.total_tokens,
        "estimated": False,
        "first_token_ms": None,
        "status": 200,
        "sid": (answer.model_extra or {})["sid"],
        "error": "",
        "spark_code": None,
    }


def test_every_kind_of_request_has_a_row(
    client: openai.OpenAI, operator: Operator, emulator: Emulator
) -> None:
    list(client.chat.completions.create(model="lite", messages=asked("你好"), stream=True))
    client.embeddings.create(model="spark-embedding", input=["讯飞", "星火"])
    client.images.generate(model="spark-image", prompt="猫")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="none", messages=asked("你好"))
    emulator.script(faults.ErrorFrame(10013))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="lite", messages=asked("你好"))
    rows = operator.rows_after(5)
    shown = [(row["route"], row["model"], row["status"], row["spark_code"]) for row in rows]
    chat = "/v1/chat/completions"
    assert shown == [
        (chat, "lite", 200, None),
        ("/v1/embeddings", "spark-embedding", 200, None),
        ("/v1/images/generations", "spark-image", 200, None),
        (chat, "", 404, None),
        (chat, "lite", 400, 10013),
    ]
    stream, vectors, image, *failed = rows
    assert stream["streamed"]
    assert 0 <= stream["first_token_ms"] <= stream["total_ms"]
    assert (vectors["estimated"], vectors["total_tokens"]) == (True, 4)
    assert [row["total_tokens"] for row in (image, *failed)] == [0, 0, 0]
    assert operator.used()["anna"]["errors"] == 2


def test_no_text_is_kept(client: openai.OpenAI, operator: Operator, emulator: Emulator) -> None:
    client.chat.completions.create(model="lite", messages=asked(SECRET), user=SECRET)
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model=SECRET, messages=asked(SECRET))
    assert SECRET not in str(operator.rows_after(2))


def test_who_has_no_key_fills_no_table(
    client: openai.OpenAI, operator: Operator, emulator: Emulator
) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="guessed").models.list()
    client.models.list()
    (row,) = operator.rows_after(1)
    assert (row["key"], row["route"], row["total_tokens"]) == ("anna", "/v1/models", 0)


def test_an_answer_without_a_count_is_estimated(client: openai.OpenAI, operator: Operator) -> None:
    """A stop string cuts the answer before Spark counts."""
    question: Any = {"model": "lite", "messages": asked("春眠不觉晓,处处闻啼鸟"), "stop": "鸟"}
    answer = client.chat.completions.create(**question)
    assert answer.usage is None
    list(client.chat.completions.create(**question, stream=True))
    whole, streamed = operator.rows_after(2)
    assert whole["estimated"]
    assert whole["prompt_tokens"] > 5
    assert whole["completion_tokens"] > 0
    assert whole["total_tokens"] == whole["prompt_tokens"] + whole["completion_tokens"]
    assert streamed["total_tokens"] == whole["total_tokens"]
    used = operator.used()["anna"]
    assert used["estimated_tokens"] == used["total_tokens"] == 2 * whole["total_tokens"]


def test_a_caller_that_disconnects_is_charged_for_what_came(
    running_gateway: RunningGateway, store_url: str, operator: Operator, emulator: Emulator
) -> None:
    emulator.script(faults.Slow(0.05))
    key = operator.add("anna")
    with streaming(running_gateway(store_url=store_url), key):
        pass
    (row,) = operator.rows_after(1)
    assert (row["status"], row["estimated"]) == (200, True)
    assert row["total_tokens"] > row["prompt_tokens"] > 0


def test_usage_adds_up_to_what_spark_counted(
    running_gateway: RunningGateway,
    store_url: str,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_emulator(respond=counting) as spark:
        lead_to(spark, monkeypatch)
        keys = {name: operator.add(name) for name in ("anna", "bert")}
        url = running_gateway(store_url=store_url, base_url=spark.base_url)
        for count, name in enumerate(("anna", "bert", "bert", "anna", "anna")):
            model = ("lite", "4.0Ultra")[count % 2]
            assert ask(url, keys[name], model=model).status_code == 200
        asked_for = len(spark.requests)
        assert len(operator.rows_after(asked_for)) == 5
        by_key, by_model = operator.used("key"), operator.used("model")
        assert {name: row["total_tokens"] for name, row in by_key.items()} == {
            "anna": 21,
            "bert": 14,
        }
        assert sum(row["prompt_tokens"] for row in by_model.values()) == asked_for * 3
        (today,) = operator.used("day").values()
        (account,) = operator.used("account").values()
        assert today["requests"] == account["requests"]
        assert today["completion_tokens"] == account["completion_tokens"] == asked_for * 4


def test_a_row_that_no_database_keeps_loses_no_other(operator: Operator) -> None:
    dropped: list[None] = []
    log = UsageLog(lambda: dropped.append(None))
    background = Background(operator.database, log, usage_days=9)
    for status, spark_code in ((200, None), (None, None), (502, 10**30), (502, 10110)):
        record = RequestLogRecord(caller="anna", status=status, error_code=spark_code)
        log.add("/v1/models", record, record.started)
    background.start()
    background.close()
    rows = operator.rows()
    assert [(row["status"], row["spark_code"]) for row in rows] == [
        (200, None),
        (502, None),
        (502, 10110),
    ]
    assert len(dropped) == 1


def test_what_is_old_is_deleted_but_for_this_months_sums(
    client: openai.OpenAI, operator: Operator, store_url: str
) -> None:
    client.models.list()
    client.models.list()
    first, _ = operator.rows_after(2)
    old = (datetime.now() - timedelta(days=200)).date().isoformat()
    with operator.database.write() as connection:
        connection.execute(update(usage).where(usage.c.id == first["id"]).values(day=old))
        connection.execute(update(daily_usage).values(model="kept"))
        connection.execute(update(daily_usage).values(day=old, requests=1, model="old"))
    background = Background(operator.database, UsageLog(lambda: None), usage_days=199)
    background.start()
    assert until(lambda: True if len(operator.rows()) == 1 else None)
    assert until(lambda: True if operator.used("model", since="365d") == {} else None)
    background.close()
