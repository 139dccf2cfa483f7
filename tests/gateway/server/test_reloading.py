"""SIGHUP has keys and names of models read anew, and cuts no stream."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import httpx2
import pytest

from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.http_helpers import BODY, ask, bearer, streaming
from tests.gateway.server.conftest import StartGateway
from tests.gateway.server.program_helpers import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
FIRST, SECOND = new_key(), new_key()


def write(path: Path, keys: dict[str, str], name: str = "house") -> None:
    lines = [f"{json.dumps(one)} = {json.dumps(value)}" for one, value in keys.items()]
    path.write_text(
        f'[models]\n{json.dumps(name)} = "lite"\n[keys]\n' + "\n".join(lines), encoding="utf-8"
    )


def statuses(gateway: Program) -> list[int]:
    return [ask(gateway.url, key, max_tokens=1).status_code for key, _ in (FIRST, SECOND)]


@pytest.mark.slow("without workers nothing is passed on")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_keys_and_names_change_and_streams_go_on(
    start: StartGateway, tmp_path: Path, workers: str
) -> None:
    config = tmp_path / "gateway.toml"
    write(config, {"anna": FIRST[1]})
    with start("--config", str(config), "--workers", workers) as gateway:
        assert statuses(gateway) == [200, 401]
        with streaming(gateway.url, FIRST[0]) as lines:
            write(config, {"bert": SECOND[1]}, "villa")
            gateway.process.send_signal(signal.SIGHUP)
            for _ in range(int(workers)):
                assert "1 keys, 1 names" in gateway.next_line()
            assert statuses(gateway) == [401, 200]
            named = [
                httpx2.get(f"{gateway.url}/v1/models/{name}", headers=bearer(SECOND[0])).status_code
                for name in ("house", "villa")
            ]
            assert named == [404, 200]
            assert [line for line in lines if line][-1] == "data: [DONE]"
        assert gateway.stop(signal.SIGTERM) == (0, [])


def test_a_broken_file_changes_nothing(start: StartGateway, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    write(config, {"anna": FIRST[1]})
    with start("--config", str(config)) as gateway:
        for broken in ("keys = ", "no_such_setting = 1", "port = 1"):
            config.write_text(broken, encoding="utf-8")
            gateway.process.send_signal(signal.SIGHUP)
            assert "nothing is reloaded" in gateway.next_line()
            assert statuses(gateway) == [200, 401]


def test_the_operators_port(start: StartGateway, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    write(config, {"anna": FIRST[1]})
    with start("--config", str(config), GATEWAY_OPERATOR_PORT="0") as gateway:
        (line,) = gateway.printed
        operators = line.rpartition(" ")[2]
        for path in ("/metrics", "/readyz", "/docs", "/openapi.json"):
            assert httpx2.get(gateway.url + path).status_code == 404
            assert httpx2.get(operators + path).status_code == 200
        assert httpx2.get(f"{gateway.url}/healthz").status_code == 200
        assert httpx2.get(f"{operators}/healthz").status_code == 200
        url = f"{operators}/v1/chat/completions"
        assert httpx2.post(url, headers=bearer(FIRST[0]), json=BODY).status_code == 404
        assert ask(gateway.url, FIRST[0], max_tokens=1).status_code == 200
