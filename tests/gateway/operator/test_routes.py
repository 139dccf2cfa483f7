"""``/operator/…``, asked as a page and as a program do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import TypeAdapter

from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.operator.shapes import KeyInfo, KeyList, MadeKey, UsageReport
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask, bearer, code
from tests.gateway.serving import serving
from tests.gateway.store.store_helpers import until

KEY, HASH = new_key()
BERT, BERT_HASH = new_key()
ROUTES = [
    ("GET", "/operator/keys"),
    ("POST", "/operator/keys"),
    ("POST", "/operator/keys/any/revoke"),
    ("GET", "/operator/usage"),
]


@pytest.fixture
def url(running_gateway: RunningGateway, tmp_path: Path) -> str:
    store_url = f"sqlite:///{tmp_path}/store.db"
    return running_gateway(
        store_url=store_url, operator_keys={"olga": HASH}, keys={"bert": BERT_HASH}
    )


@pytest.fixture
def olga(url: str) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx2.Client(base_url=url, headers=headers) as client:
        yield client


def read(shape: type, response: httpx2.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["cache-control"] == "no-store"
    return TypeAdapter(shape).validate_json(response.content)


def test_a_key_is_made_used_seen_and_revoked(url: str, olga: httpx2.Client) -> None:
    wanted = {"name": "anna", "expires": "30d", "models": ["v4.0"], "tokens_per_day": 1000}
    made = read(MadeKey, olga.post("/operator/keys", json=wanted), 201)
    assert (made["state"], made["models"], made["tokens_per_day"]) == ("active", ["4.0Ultra"], 1000)
    assert until(lambda: ask(url, made["key"], model="4.0Ultra").is_success or None)
    assert ask(url, BERT).is_success

    def reported() -> UsageReport | None:
        found: UsageReport = read(UsageReport, olga.get("/operator/usage"))
        return found if len(found["rows"]) == 2 else None

    report = until(reported)
    assert {row["name"] for row in report["rows"]} == {"anna", "bert"}
    assert report["total"]["total_tokens"] == sum(row["total_tokens"] for row in report["rows"])
    only = read(UsageReport, olga.get("/operator/usage?by=day&since=7d&key=bert"))
    assert only["total"]["requests"] == 1
    assert [row["name"] for row in only["rows"]] == [only["until"]]

    anna, bert = read(KeyList, olga.get("/operator/keys"))["data"]
    assert made["key"] not in str(anna)
    assert anna["tokens_today"] == anna["tokens_this_month"] > 0
    assert (bert["name"], bert["source"], bert["id"]) == ("bert", "configuration", "")
    assert bert["tokens_today"] > 0

    revoked = read(KeyInfo, olga.post(f"/operator/keys/{anna['id']}/revoke", json={}))
    assert revoked["state"] == "revoked"
    assert until(lambda: ask(url, made["key"]).status_code == 401 or None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "name"),
        ({"name": "bert"}, "in the configuration"),
        ({"name": "a\nb"}, "printable"),
        ({"name": "anna", "models": ["none"]}, "unknown model"),
        ({"name": "anna", "expires": "2020-01-01"}, "is over"),
        ({"name": "anna", "expires": "0001-01-01"}, "is over"),
        ({"name": "anna", "tokens_per_day": 0}, "tokens_per_day"),
        ({"name": "anna", "tokens_per_week": 5}, "tokens_per_week"),
        ([], "object"),
    ],
)
def test_a_key_that_cannot_be_made(olga: httpx2.Client, body: Any, words: str) -> None:
    response = olga.post("/operator/keys", json=body)
    assert (response.status_code, code(response)) == (400, "invalid_value")
    error = response.json()["error"]
    assert words in f"{error['param']} {error['message']}"


def test_a_body_that_is_too_large(olga: httpx2.Client) -> None:
    response = olga.post("/operator/keys", json={"name": "a" * 70_000})
    assert (response.status_code, code(response)) == (413, "request_too_large")


def test_a_reload_changes_who_may_ask_and_what_is_listed(tmp_path: Path) -> None:
    (first, one), (second, two) = new_key(), new_key()

    def read(name: str, hashed: str) -> GatewaySettings:
        store_url = f"sqlite:///{tmp_path}/gateway.db"
        return load_settings(
            store_url=store_url, keys={name: hashed}, operator_keys={"olga": hashed}
        )

    app = create_app(read("anna", one))
    with serving(app) as url:
        assert app.state.gateway.reloading.reload(lambda: read("bert", two))
        assert httpx2.get(f"{url}/operator/keys", headers=bearer(first)).status_code == 401
        listed = httpx2.get(f"{url}/operator/keys", headers=bearer(second)).json()["data"]
    assert [key["name"] for key in listed] == ["bert"]


def test_a_name_that_is_taken(olga: httpx2.Client) -> None:
    assert olga.post("/operator/keys", json={"name": "anna"}).status_code == 201
    response = olga.post("/operator/keys", json={"name": "anna"})
    assert response.status_code == 400
    assert "already" in response.json()["error"]["message"]


def test_what_is_not_there(olga: httpx2.Client) -> None:
    response = olga.post("/operator/keys/key_none/revoke", json={})
    assert (response.status_code, code(response)) == (404, "no_such_key")
    for query in ("by=week", "since=yesterday"):
        assert code(olga.get(f"/operator/usage?{query}")) == "invalid_value"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_else_is_answered(url: str, method: str, path: str) -> None:
    for headers in ({}, {"authorization": f"Bearer {BERT}"}, {"authorization": f"Bearer {HASH}"}):
        response = httpx2.request(method, url + path, headers=headers, json={"name": "eve"})
        assert (response.status_code, code(response)) == (401, "invalid_api_key")


def test_an_operators_key_asks_no_model(url: str) -> None:
    assert ask(url, KEY).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"referer": "https://elsewhere.example/page"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://[broken"},
    ],
)
def test_no_page_of_another_site_may_ask(olga: httpx2.Client, headers: dict[str, str]) -> None:
    response = olga.post("/operator/keys", json={"name": "anna"}, headers=headers)
    assert response.status_code == 403
    assert olga.get("/operator/keys").json()["data"][0]["name"] == "bert"


def test_the_gateways_own_page_may_ask(url: str, olga: httpx2.Client) -> None:
    headers = {"origin": url, "sec-fetch-site": "same-origin", "referer": f"{url}/"}
    assert olga.get("/operator/keys", headers=headers).is_success


def test_who_guesses_is_soon_not_even_looked_at(url: str, olga: httpx2.Client) -> None:
    def guess() -> httpx2.Response:
        return httpx2.get(f"{url}/operator/keys", headers={"authorization": "Bearer guessed"})

    assert {guess().status_code for _ in range(10)} == {401}
    response = guess()
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert olga.get("/operator/keys").status_code == 429


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_an_operators_key_there_is_nothing(
    running_gateway: RunningGateway, method: str, path: str, tmp_path: Path
) -> None:
    url = running_gateway(store_url=f"sqlite:///{tmp_path}/store.db")
    headers = {"authorization": f"Bearer {KEY}"}
    response = httpx2.request(method, url + path, headers=headers, json={})
    assert (response.status_code, code(response)) == (404, "no_such_route")


def test_without_a_store_an_operator_reads_why(running_gateway: RunningGateway) -> None:
    url = running_gateway(operator_keys={"olga": HASH})
    response = httpx2.get(f"{url}/operator/keys", headers={"authorization": f"Bearer {KEY}"})
    assert response.status_code == 404
    assert "store_url" in response.json()["error"]["message"]
