"""A Spark of its own for each test, and a model that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import pytest_asyncio

from iflytek_spark.emulator import Emulator, running_emulator
from langchain_spark import ChatSpark
from tests._support.service import settings_of


@pytest.fixture
def spark() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


@pytest.fixture
def chat(spark: Emulator) -> Callable[..., ChatSpark]:
    def make(**settings: object) -> ChatSpark:
        return ChatSpark.model_validate(settings_of(spark) | settings)

    return make


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the async tests of a class that has ``one_loop`` in the loop of the whole session."""
    for item in items:
        one_loop = getattr(getattr(item, "cls", None), "one_loop", False)
        if one_loop and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
