"""The guards of the tests themselves hold."""

from __future__ import annotations

import os
import socket

import pytest

from tests.conftest import pytest_collection_modifyitems


@pytest.mark.parametrize("name", ["SPARK_API_KEY", "SPARKAI_URL", "HTTPS_PROXY", "all_proxy"])
def test_nothing_of_the_developers_environment_is_seen(name: str) -> None:
    assert name not in os.environ


def test_no_address_beyond_this_machine_is_reached() -> None:
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        sock.connect(("192.0.2.1", 443))


def test_no_name_beyond_this_machine_is_looked_up() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"spark-api.xf-yun.com"):
        socket.create_connection(("spark-api.xf-yun.com", 443))


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_slow_test_says_what_a_shorter_one_would_miss(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.UsageError, match="needs a reason"):
        _collected(request, pytest.mark.slow())
    with pytest.raises(pytest.UsageError, match="needs a reason"):
        _collected(request, pytest.mark.slow("  "))
    _collected(request, pytest.mark.slow("many calls: what one leaves behind is too little to see"))


def test_of_a_test_that_is_sampled_make_test_runs_the_same_rows_each_time(
    request: pytest.FixtureRequest,
) -> None:
    order = list(range(9))
    left_out = _left_out(request, order)
    assert len(left_out) == 5
    assert _left_out(request, order[::-1]) == left_out


def _left_out(request: pytest.FixtureRequest, order: list[int]) -> set[str]:
    """Choose four of the rows of a test, and return the others."""
    rows: list[pytest.Item] = []
    for number in order:
        row = pytest.Function.from_parent(
            request.node.parent, name=f"one[{number}]", callobj=_left_out
        )
        row.add_marker(pytest.mark.sampled(4))
        rows.append(row)
    pytest_collection_modifyitems(request.config, rows)
    return {row.name for row in rows if row.get_closest_marker("exhaustive")}


def _collected(request: pytest.FixtureRequest, mark: pytest.MarkDecorator) -> None:
    """Collect a test with this mark."""
    item = pytest.Function.from_parent(request.node.parent, name="marked", callobj=_collected)
    item.add_marker(mark)
    request.node.ihook.pytest_itemcollected(item=item)
