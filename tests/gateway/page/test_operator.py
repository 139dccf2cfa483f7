"""An operator looks after keys, usage and accounts in the browser; the store is a real one.

With KEEP_SCREENSHOT=1 in the environment, the picture for the README is written anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from playwright.sync_api import Browser, Locator, Route, expect
from sqlalchemy import insert

from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.operator.shapes import AccountInfo
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.store.periods import day_of
from iflytek_spark.gateway.store.tables import daily_usage
from tests.gateway.gateway_helpers import one_gateway
from tests.gateway.http_helpers import ask
from tests.gateway.page.test_looks import OVERFLOW, UNLABELLED, keep
from tests.gateway.page.visits import IN_A_BROWSER, NARROW, WIDE, Visit, visit
from tests.gateway.store.store_helpers import Operator, operating, until

pytestmark = [pytest.mark.slow(IN_A_BROWSER), pytest.mark.exhaustive]

DAY = 86_400
KEYS = {"客服机器人": 9, "alice": 5, "ci": 1}
MODELS = {"4.0Ultra": 6, "x2": 3, "lite": 1}
HOSTILE = "<img src=x onerror=globalThis.pwned=1>"
ACCOUNTS: list[AccountInfo] = [
    {
        "name": "main",
        "products": ["chat"],
        "in_flight": 2,
        "waiting": 1,
        "sent": {"chat": 1200, "embedding": 34},
        "set_aside": {},
    },
    {
        "name": HOSTILE,
        "products": [],
        "in_flight": 0,
        "waiting": 0,
        "sent": {},
        "set_aside": {"4.0Ultra": {"until": 1_790_000_000.0, "reason": "PermissionDenied 11200"}},
    },
]


class Operated(NamedTuple):
    """A gateway with a store, and its operator's key.

    Attributes:
        url: the gateway's address.
        key: the operator's.
        operator: administers the store beside it.
    """

    url: str
    key: str
    operator: Operator


@pytest.fixture
def operated(tmp_path: Path) -> Iterator[Operated]:
    store_url = f"sqlite:///{tmp_path}/store.db"
    (key, known), (_, caller) = new_key(), new_key()
    settings = {"operator_keys": {"boss": known}, "keys": {"ci": caller}}
    with (
        one_gateway(store_url=store_url, **settings) as gateway,
        operating(store_url, **settings) as operator,
    ):
        yield Operated(gateway.url.removesuffix("/v1"), key, operator)


@pytest.fixture
def opened(browser: Browser, operated: Operated) -> Iterator[Visit]:
    """The operator's view, after the key was typed."""
    with visit(browser, operated.url) as visited:
        enter(visited, operated.key)
        expect(visited.page.locator("#usage")).to_be_visible()
        yield visited


def enter(visited: Visit, key: str) -> None:
    visited.page.locator("#tab-operator").click()
    visited.page.locator("#operator-key").fill(key)
    visited.page.locator("#operator-key").press("Enter")


def make(visited: Visit, name: str, **limits: str) -> None:
    form = visited.page.locator("#keys form")
    if form.is_hidden():
        visited.page.locator("#keys summary").click()
    for field, value in {"name": name, **limits}.items():
        form.locator(f"#new-key-{field}").fill(value)
    form.get_by_role("button", name="Make the key").click()


def row(visited: Visit, name: str) -> Locator:
    return visited.page.locator("#keys tbody tr").filter(has_text=name)


def test_a_key_is_made_used_and_revoked(opened: Visit, operated: Operated) -> None:
    page = opened.page
    make(opened, "bob", requests_per_minute="60", tokens_per_day="5000", models="lite, x2")
    expect(page.locator(".made")).to_contain_text("The key of bob")
    key = page.locator(".made .secret").inner_text()
    expect(row(opened, "bob")).to_contain_text("60 a minute · only lite, x2")
    expect(row(opened, "bob")).to_contain_text("0 / 5,000")
    page.get_by_role("button", name="I have it").click()
    assert key not in page.content()

    assert until(lambda: ask(operated.url, key).status_code == 200 or None)
    assert until(lambda: operated.operator.used().get("bob"))
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#usage-key tbody")).to_contain_text("bob")

    row(opened, "bob").get_by_role("button", name="Revoke").click()
    row(opened, "bob").get_by_role("button", name="Cancel").click()
    row(opened, "bob").get_by_role("button", name="Revoke").click()
    row(opened, "bob").get_by_role("button", name="Revoke bob?").click()
    expect(row(opened, "bob").locator(".badge")).to_have_text("revoked")
    assert until(lambda: ask(operated.url, key).status_code == 401 or None)


def test_a_key_of_the_configuration_cannot_be_revoked_here(opened: Visit) -> None:
    expect(row(opened, "ci")).to_contain_text("in the configuration")
    expect(row(opened, "ci").get_by_role("button")).to_have_count(0)


def test_what_cannot_be_made_is_said(opened: Visit) -> None:
    make(opened, "carol", expires="yesterday")
    expect(opened.page.locator("#keys").get_by_role("alert")).to_contain_text("yesterday")
    make(opened, "carol", expires="30d")
    expect(opened.page.locator("#keys").get_by_role("alert")).to_have_count(0)
    expect(row(opened, "carol").locator("time")).to_have_count(2)
    make(opened, "carol", expires="")
    expect(opened.page.locator("#keys").get_by_role("alert")).to_contain_text("carol")


def test_a_name_is_shown_as_it_is(opened: Visit) -> None:
    make(opened, HOSTILE)
    expect(row(opened, HOSTILE).locator("strong")).to_have_text(HOSTILE)
    expect(opened.page.locator("#operator img")).to_have_count(0)


def test_without_an_operators_key_nothing_is_shown(browser: Browser, operated: Operated) -> None:
    caller = operated.operator.add("anna")
    with visit(browser, operated.url) as visited:
        for _ in range(5):  # after ten wrong keys a minute the gateway would look at none
            enter(visited, caller)
            word = visited.page.locator("#operator-word")
            expect(word).to_contain_text("not known to the gateway")
        expect(visited.page.locator("#operator-parts > *")).to_have_count(0)
        enter(visited, operated.key)
        expect(visited.page.locator("#keys")).to_contain_text("anna")
        visited.page.get_by_role("button", name="Forget the key").click()
        expect(visited.page.locator("#operator-parts > *")).to_have_count(0)
        assert operated.key not in json.dumps(visited.page.evaluate("({ ...sessionStorage })"))


def test_behind_a_proxy_that_hides_the_routes_it_says_so(
    browser: Browser, operated: Operated
) -> None:
    with visit(browser, operated.url) as visited:
        visited.page.route("**/operator/**", lambda route: route.fulfill(status=404))
        enter(visited, operated.key)
        expect(visited.page.locator("#operator-word")).to_contain_text("does not lead")


def test_where_no_model_answers_the_operators_view_is_shown(
    browser: Browser, operated: Operated
) -> None:
    """As on a port of the operator's own."""
    with visit(browser, operated.url) as visited:
        visited.page.evaluate("sessionStorage.setItem('spark-key', 'any')")
        visited.page.route("**/v1/models", lambda route: route.fulfill(status=404))
        visited.page.reload()
        expect(visited.page.get_by_role("tabpanel", name="Operator")).to_be_visible()


def test_the_tab_is_not_there_without_operators(browser: Browser) -> None:
    with one_gateway() as gateway, visit(browser, gateway.url.removesuffix("/v1")) as visited:
        expect(visited.page.locator("#tab-operator")).to_be_hidden()


def write_usage(operator: Operator) -> None:
    """Write three keys' usage of a week, with a day on which nothing was asked."""
    rows = [
        {
            "day": day_of(time.time() - back * DAY),
            "key": key,
            "model": model,
            "account": "main",
            "requests": 11 * weight,
            "errors": weight % 3,
            "prompt_tokens": 1000 * weight * share * (back % 4 + 2),
            "completion_tokens": 700 * weight * share * (9 - back),
            "total_tokens": 1000 * weight * share * (back % 4 + 2)
            + 700 * weight * share * (9 - back),
            "estimated_tokens": 0,
            "total_ms": 1000,
        }
        for back in (0, 1, 2, 4, 5, 6)
        for key, weight in KEYS.items()
        for model, share in MODELS.items()
    ]
    with operator.database.write() as connection:
        connection.execute(insert(daily_usage), rows)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=str)
def test_usage_is_drawn_with_its_figures_beside_it(
    browser: Browser, operated: Operated, size: tuple[int, int]
) -> None:
    write_usage(operated.operator)
    headers = {"authorization": f"Bearer {operated.key}"}
    for name in KEYS:
        operated.operator.add(f"{name}-2", requests_per_minute=120, tokens_per_day=500_000)
    with visit(browser, operated.url, size=size) as visited:
        page = visited.page
        enter(visited, operated.key)
        chart = page.locator("#usage-day svg.chart")
        expect(chart).to_have_attribute(
            "aria-label", "Tokens: By day. The table has the same figures."
        )
        expect(chart.locator("g")).to_have_count(7)
        report = httpx2.get(
            f"{operated.url}/operator/usage?by=key&since=7d", headers=headers
        ).json()
        shown = page.locator("#usage-key tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
        )
        assert shown == [
            [
                used["name"],
                *(f"{used[field]:,}" for field in ("requests", "errors")),
                *(f"{used[field]:,}" for field in ("prompt_tokens", "completion_tokens")),
            ]
            for used in report["rows"]
        ]
        assert page.evaluate(OVERFLOW) == []
        assert page.evaluate(UNLABELLED) == []
        if size == WIDE:
            page.locator("#usage").scroll_into_view_if_needed()
            page.locator("#usage").evaluate("node => node.scrollIntoView()")
            keep(page, "gateway-operator.png")
        page.get_by_label("Since").select_option("1")
        expect(chart.locator("g")).to_have_count(1)


def test_accounts_and_what_they_are_not_asked_for(browser: Browser, operated: Operated) -> None:
    def with_accounts(route: Route) -> None:
        features = route.fetch().json()
        route.fulfill(json=features | {"operator": [*features["operator"], "accounts"]})

    with visit(browser, operated.url) as visited:
        page = visited.page
        page.route("**/page/features.json", with_accounts)
        page.route("**/operator/accounts", lambda route: route.fulfill(json={"data": ACCOUNTS}))
        page.reload()
        enter(visited, operated.key)
        rows = page.locator("#accounts tbody tr")
        expect(rows.nth(0)).to_contain_text("ready")
        expect(rows.nth(0)).to_contain_text("1,234")
        expect(rows.nth(1)).to_contain_text("set aside")
        expect(rows.nth(1)).to_contain_text("PermissionDenied 11200")
        expect(rows.nth(1).locator("strong")).to_have_text(HOSTILE)


@pytest.mark.skipif(
    "accounts" not in GatewaySettings.model_fields, reason="this gateway knows one account only"
)
def test_the_gateways_own_accounts_are_shown(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, known = new_key()
    account = {"app_id": "id", "api_key": "key", "api_secret": "secret"}
    with (
        one_gateway(operator_keys={"boss": known}, accounts={"spare": account}) as gateway,
        visit(browser, gateway.url.removesuffix("/v1")) as visited,
    ):
        enter(visited, key)
        expect(visited.page.locator("#accounts tbody")).to_contain_text("spare")
        expect(visited.page.locator("#keys")).to_have_count(0)
