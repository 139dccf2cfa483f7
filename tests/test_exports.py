"""The public face: its names are listed, sorted and documented, and both clients look alike."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import iflytek_spark
from iflytek_spark import (
    AsyncChatStream,
    AsyncSparkClient,
    ChatStream,
    SparkClient,
    adapters,
    batches,
    errors,
    jobs,
    rates,
    settings,
)


@pytest.mark.parametrize("package", [iflytek_spark, adapters, batches, jobs, rates])
def test_the_list_of_names_is_complete_and_each_stands_once(package: ModuleType) -> None:
    own = {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    own -= {"annotations", "import_module", "TYPE_CHECKING"}
    own |= set(getattr(package, "_LAZY", ()))
    assert all(hasattr(package, name) for name in package.__all__)
    assert own == set(package.__all__) - {"__version__"}
    assert len(package.__all__) == len(set(package.__all__))


def test_every_error_is_exported() -> None:
    named = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert "SparkError" in named
    assert named <= set(iflytek_spark.__all__)


def test_the_names_that_users_meet_are_there() -> None:
    promised = {
        "AsyncSparkClient",
        "Credentials",
        "SparkClient",
        "SparkError",
        "get_completion",
        "list_models",
    }
    assert promised <= set(iflytek_spark.__all__)


def documented(package: ModuleType, name: str) -> Iterator[tuple[str, Any]]:
    """A public object, and the public members that it does not inherit."""
    value = getattr(package, name)
    if not inspect.isclass(value) and not inspect.isfunction(value):
        return  # a name for a type, or a constant
    yield name, value
    if inspect.isclass(value):
        for member, function in vars(value).items():
            if not member.startswith("_") and callable(getattr(value, member)):
                yield f"{name}.{member}", function


OBJECTS = [
    pair
    for package in (iflytek_spark, adapters, batches, jobs, settings)
    for name in package.__all__
    for pair in documented(package, name)
]


@pytest.mark.parametrize(("name", "value"), OBJECTS, ids=[name for name, _ in OBJECTS])
def test_every_public_object_says_what_it_is(name: str, value: Any) -> None:
    text = value.__doc__
    assert text
    assert not text.startswith(f"{name}("), "that is the signature that dataclass writes"


@pytest.mark.parametrize(
    "name",
    ["iflytek_spark", "iflytek_spark.adapters", "iflytek_spark.batches", "iflytek_spark.emulator"],
)
def test_every_module_says_what_it_is(name: str) -> None:
    package = importlib.import_module(name)
    for found in pkgutil.iter_modules(package.__path__, f"{name}."):
        if not found.name.endswith("__main__"):
            assert importlib.import_module(found.name).__doc__, found.name


def parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


CALLS = [name for name in vars(SparkClient) if not name.startswith("_")]


@pytest.mark.parametrize("name", ["__init__", *CALLS])
def test_sync_and_async_clients_take_the_same(name: str) -> None:
    assert parameters(getattr(SparkClient, name)) == parameters(getattr(AsyncSparkClient, name))


def members(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_sync_and_async_clients_have_the_same_members() -> None:
    assert members(SparkClient) == members(AsyncSparkClient)
    assert members(ChatStream) - {"close"} == members(AsyncChatStream) - {"aclose"}


def test_nothing_returns_what_may_have_to_be_awaited() -> None:
    for kind in (SparkClient, AsyncSparkClient, ChatStream, AsyncChatStream):
        for name in filter(lambda name: callable(getattr(kind, name)), members(kind)):
            returned = str(inspect.signature(getattr(kind, name)).return_annotation)
            assert "Awaitable" not in returned
