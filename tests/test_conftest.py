"""The guards of the tests themselves hold."""

from __future__ import annotations

import os
import socket

import pytest


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


def _collected(request: pytest.FixtureRequest, mark: pytest.MarkDecorator) -> None:
    """Collect a test with this mark."""
    item = pytest.Function.from_parent(request.node.parent, name="marked", callobj=_collected)
    item.add_marker(mark)
    request.node.ihook.pytest_itemcollected(item=item)
