"""An account, from the environment or ``.env`` as it was before tests began; else all is skipped.

``pytest -m live`` runs what is in this room: some ten short calls. Nothing else ever does.
"""

from __future__ import annotations

import os

import pytest
from dotenv import dotenv_values, find_dotenv

from iflytek_spark import Credentials, Endpoint, MissingCredentialsError

_ENVIRON = {
    **{name: value or "" for name, value in dotenv_values(find_dotenv(usecwd=True)).items()},
    **os.environ,
}
"""Taken while tests are collected: before each test the keys are taken out of the environment."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave these tests out unless they are asked for by their mark."""
    if "live" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("live")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Let these tests reach the service."""


@pytest.fixture(scope="session")
def account() -> Credentials:
    """The account's keys."""
    try:
        return Credentials.from_env(_ENVIRON)
    except MissingCredentialsError as error:
        pytest.skip(error.message)


@pytest.fixture(scope="session")
def endpoint() -> Endpoint:
    """Where the account's calls go."""
    return Endpoint.from_env(environ=_ENVIRON)


@pytest.fixture(autouse=True)
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give back the variables of proxies, which tests are run without otherwise."""
    for name, value in _ENVIRON.items():
        if name.upper().endswith("_PROXY"):
            monkeypatch.setenv(name, value)
