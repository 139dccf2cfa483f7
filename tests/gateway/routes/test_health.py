from __future__ import annotations

import httpx2
import pytest

from tests.gateway.conftest import RunningGateway
from tests.gateway.redis_server import running_redis


def test_ready(running_gateway: RunningGateway) -> None:
    with running_redis() as redis:
        url = running_gateway(redis_url=redis)
        assert httpx2.get(f"{url}/readyz").json() == {"status": "ready"}


def test_without_redis_it_lives_but_is_not_ready(running_gateway: RunningGateway) -> None:
    with running_redis() as gone:
        pass
    url = running_gateway(redis_url=gone.replace("//", "//:a-password@"))
    shown = httpx2.get(f"{url}/readyz")
    assert shown.status_code == 503
    assert shown.json()["because"] == ["Redis cannot be reached"]
    assert "a-password" not in shown.text
    assert httpx2.get(f"{url}/healthz").status_code == 200


def test_without_credentials(
    running_gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SPARK_API_SECRET", "SPARK_MAAS_API_KEY"):
        monkeypatch.delenv(name)
    shown = httpx2.get(f"{running_gateway()}/readyz")
    assert (shown.status_code, shown.json()["because"]) == (503, ["Spark credentials are missing"])
    assert httpx2.get(f"{running_gateway(own_credentials=False)}/readyz").status_code == 200


def test_they_need_no_key(running_gateway: RunningGateway) -> None:
    url = running_gateway(keys={"anna": f"sha256:{'0' * 64}"})
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx2.get(url + path).status_code == 200
