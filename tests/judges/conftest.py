"""What holds for all judges."""

from __future__ import annotations

import pytest

_LEFT = "ignore::pytest.PytestUnraisableExceptionWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let clients of others leave their connections to the garbage collector, as they do."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings(_LEFT))
