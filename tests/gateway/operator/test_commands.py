"""``iflytek-spark gateway keys`` and ``gateway usage``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from iflytek_spark.cli import main
from tests.gateway.conftest import RunningGateway
from tests.gateway.http_helpers import ask
from tests.gateway.store.store_helpers import operating, until

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("GATEWAY_STORE_URL", url)
    monkeypatch.chdir(tmp_path)
    return url


def gateway(*arguments: str) -> None:
    assert main(["gateway", *arguments]) == 0


def test_from_a_key_to_its_usage(
    running_gateway: RunningGateway, store_url: str, capsys: Capture
) -> None:
    gateway("keys", "add", "安娜", "--expires", "30d", "--models", "lite,v4.0", "--rpm", "9")
    key = capsys.readouterr().out.strip()
    url = running_gateway()
    assert ask(url, key).headers["x-ratelimit-limit-requests"] == "9"
    assert ask(url, key, model="x1").status_code in (403, 404)
    with operating(store_url) as operator:
        operator.rows_after(2)

    gateway("usage", "--json")
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert (row["name"], row["requests"], row["errors"]) == ("安娜", 2, 1)
    gateway("usage", "--by", "model", "--csv", "--since", "1d")
    models = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [one["name"] for one in models if one["total_tokens"] != "0"] == ["lite"]
    gateway("usage", "--by", "day", "--key", "nobody")
    assert len(capsys.readouterr().out.splitlines()) == 2

    gateway("keys", "limit", "安娜", "--rpm", "none", "--models", "none", "--at-once", "3")
    gateway("keys", "list", "--json")
    (listed,) = json.loads(capsys.readouterr().out.partition("\n")[2])["data"]
    assert (listed["requests_per_minute"], listed["models"], listed["concurrent_requests"]) == (
        None,
        None,
        3,
    )
    gateway("keys", "revoke", "安娜")
    assert until(lambda: ask(url, key).status_code == 401 or None)
    gateway("keys", "list")
    shown = capsys.readouterr().out
    assert "revoked" in shown
    assert key not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keys"], "COMMAND"),
        (["keys", "add"], "NAME"),
        (["keys", "add", "a\nb"], "printable"),
        (["keys", "add", "anna", "--rpm", "0"], "--rpm"),
        (["keys", "add", "anna", "--tokens-per-day", "many"], "--tokens-per-day"),
        (["keys", "add", "anna", "--models", "no-such-model"], "no-such-model"),
        (["keys", "add", "anna", "--models", ""], "models"),
        (["keys", "add", "anna", "--expires", "soon"], "30d"),
        (["keys", "limit", "anna"], "nothing"),
        (["keys", "limit", "anna", "--rpm", "5"], "does not exist"),
        (["keys", "revoke", "anna"], "does not exist"),
        (["usage", "--since", "soon"], "7d"),
        (["usage", "--by", "week"], "week"),
        (["--config", "nowhere.toml", "keys", "list"], "nowhere.toml"),
        (["keys", "list", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_what_a_user_can_put_right(
    store_url: str, capsys: Capture, arguments: list[str], words: str
) -> None:
    assert main(["gateway", *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_a_name_that_is_taken(store_url: str, capsys: Capture) -> None:
    gateway("keys", "add", "anna")
    assert main(["gateway", "keys", "add", "anna"]) == 1
    assert "already" in capsys.readouterr().err


def test_without_a_store_a_file_here_is_used_and_named(
    store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.delenv("GATEWAY_STORE_URL")
    gateway("keys", "add", "anna")
    assert "GATEWAY_STORE_URL=sqlite" in capsys.readouterr().err
    assert (tmp_path / "iflytek-spark-gateway.db").is_file()


def test_the_configuration_names_the_store(
    store_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    monkeypatch.delenv("GATEWAY_STORE_URL")
    config = tmp_path / "gateway.toml"
    config.write_text(f'store_url = "{store_url}"\n[models]\n"gpt-4o" = "lite"\n')
    gateway("keys", "add", "anna", "--models", "gpt-4o", "--config", str(config))
    gateway("migrate", "--config", str(config))
    assert "has version" in capsys.readouterr().out
    with operating(store_url) as operator:
        (key,) = operator.administration.keys()["data"]
        assert key["models"] == ["lite"]
