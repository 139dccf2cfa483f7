"""Credentials: where they come from, what wins, and that they never print."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import ConfigurationError, MissingCredentialsError

FAMILIES = {
    "ours": ("SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET"),
    "seed": ("SPARK_APPID", "SPARK_API_KEY", "SPARK_API_SECRET"),
    "langchain-community": (
        "IFLYTEK_SPARK_APP_ID",
        "IFLYTEK_SPARK_API_KEY",
        "IFLYTEK_SPARK_API_SECRET",
    ),
    "spark-ai-python": ("SPARKAI_APP_ID", "SPARKAI_API_KEY", "SPARKAI_API_SECRET"),
}


def environment(family: str, mark: str = "") -> dict[str, str]:
    names = FAMILIES[family]
    return {name: f"{mark}{kind}" for name, kind in zip(names, ("id", "key", "secret"))}


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_of_names_is_read(family: str) -> None:
    assert Credentials.from_env(environment(family)) == Credentials("id", "key", "secret")


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("ours").items():
        monkeypatch.setenv(name, value)
    assert Credentials.from_env() == Credentials("id", "key", "secret")


def test_our_family_comes_first() -> None:
    environ = {**environment("spark-ai-python", "their-"), **environment("ours", "our-")}
    assert Credentials.from_env(environ).api_key == "our-key"


def test_an_incomplete_family_gives_way_to_a_complete_one() -> None:
    environ = {**environment("ours", "our-"), **environment("spark-ai-python", "their-")}
    del environ["SPARK_API_SECRET"]
    expected = Credentials("their-id", "their-key", "their-secret")
    assert Credentials.from_env(environ) == expected


@pytest.mark.parametrize("lost", ["SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET"])
def test_families_are_never_mixed(lost: str) -> None:
    environ = environment("ours", "our-")
    del environ[lost]
    environ |= {
        name: value
        for name, value in environment("langchain-community", "their-").items()
        if name.endswith(lost.removeprefix("SPARK"))
    }
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.from_env(environ)
    assert lost in caught.value.message


@pytest.mark.parametrize("given", [{"app_id": "mine"}, {"api_key": "mine"}, {"api_secret": "mine"}])
def test_an_explicit_value_wins(given: dict[str, str]) -> None:
    credentials = Credentials.resolve(**given, environ=environment("ours"))
    expected = {"app_id": "id", "api_key": "key", "api_secret": "secret"} | given
    assert credentials == Credentials(**expected)


def test_explicit_values_need_no_environment() -> None:
    assert Credentials.resolve("a", "b", "c", environ={}) == Credentials("a", "b", "c")


def test_blanks_around_a_value_are_a_slip_of_the_clipboard() -> None:
    environ = {name: f" {value}\n" for name, value in environment("ours").items()}
    assert Credentials.from_env(environ) == Credentials("id", "key", "secret")


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_value_is_a_missing_one(blank: str) -> None:
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY"):
        Credentials.from_env(environment("ours") | {"SPARK_API_KEY": blank})


def test_a_missing_credential_names_what_was_looked_for() -> None:
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.from_env({"SPARK_APP_ID": "id"})
    assert "set SPARK_API_KEY, SPARK_API_SECRET" in caught.value.message
    assert "SPARK_APP_ID" not in caught.value.message
    for name in FAMILIES["langchain-community"] + FAMILIES["spark-ai-python"]:
        assert name in str(caught.value)


def test_the_family_that_is_nearest_to_complete_is_named() -> None:
    environ = environment("spark-ai-python")
    del environ["SPARKAI_API_SECRET"]
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.from_env(environ)
    assert caught.value.message.endswith("set SPARKAI_API_SECRET")


def test_an_error_about_credentials_shows_none_of_them() -> None:
    with pytest.raises(MissingCredentialsError) as caught:
        Credentials.resolve(api_key="marker-key", api_secret="marker-secret", environ={})
    assert "marker" not in str(caught.value)


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, "%s".__mod__])
def test_key_and_secret_never_print(show: Any) -> None:
    shown = show(Credentials("my-app", "marker-key", "marker-secret"))
    assert "my-app" in shown
    assert "marker" not in shown


@pytest.mark.parametrize("name", ["app_id", "api_key", "api_secret"])
@pytest.mark.parametrize("bad", ["密钥marker", "marker\n", "marker\x00", 12345, None])
def test_a_value_that_no_header_carries_is_refused_unseen(name: str, bad: Any) -> None:
    values = {"app_id": "id", "api_key": "key", "api_secret": "secret"} | {name: bad}
    with pytest.raises(ConfigurationError, match=f"{name} ") as caught:
        Credentials(**values)
    assert "marker" not in str(caught.value)


def test_an_empty_value_is_not_a_credential() -> None:
    with pytest.raises(ConfigurationError, match="app_id"):
        Credentials("", "key", "secret")


def test_credentials_are_values() -> None:
    credentials = Credentials("id", "key", "secret")
    assert hash(credentials) == hash(Credentials("id", "key", "secret"))
    assert credentials != Credentials("id", "key", "other")
    with pytest.raises(AttributeError):
        credentials.app_id = "other"  # type: ignore[misc]


def test_a_pickle_takes_its_keys_from_where_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials("id", "key", "secret")
    again = pickle.loads(pickle.dumps(credentials))  # noqa: S301
    with pytest.raises(MissingCredentialsError, match="never pickled") as caught:
        again.with_keys()
    assert caught.value.message.endswith("set SPARK_API_KEY, SPARK_API_SECRET")
    for name, value in environment("ours").items():
        monkeypatch.setenv(name, value)
    assert again.with_keys() == credentials


def test_a_pickle_finds_the_family_of_its_own_app(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (environment("ours") | environment("spark-ai-python", "their-")).items():
        monkeypatch.setenv(name, value)
    theirs = Credentials("their-id", "their-key", "their-secret")
    assert pickle.loads(pickle.dumps(theirs)).with_keys() == theirs  # noqa: S301


def test_complete_credentials_need_no_environment() -> None:
    credentials = Credentials("id", "key", "secret")
    assert credentials.with_keys({}) is credentials


@pytest.mark.parametrize("trip", [copy.copy, copy.deepcopy])
def test_a_copy_keeps_its_keys(trip: Any) -> None:
    credentials = Credentials("id", "key", "secret")
    assert trip(credentials) == credentials


def test_credentials_have_no_other_attribute() -> None:
    assert not hasattr(Credentials("id", "key", "secret"), "api_token")
