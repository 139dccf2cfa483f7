"""A Spark of its own for each test, and a model that talks to it."""

from collections.abc import Iterator

import pytest

from tests.langchain_spark.conftest import chat, spark

__all__ = ["chat", "offline", "spark"]


@pytest.fixture(autouse=True, scope="session")
def offline() -> Iterator[None]:
    """Ask other people's programs not to report home; no test may leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAGAS_DO_NOT_TRACK", "true")
        yield
