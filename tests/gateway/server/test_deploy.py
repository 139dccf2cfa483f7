"""What can be tested of the deployment without Docker and without a host."""

from __future__ import annotations

import importlib
import json
import logging.config
import os
import re
import runpy
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx2
import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.gateway.accounts.settings import RoutingSettings
from iflytek_spark.gateway.middleware.auth import new_key
from iflytek_spark.gateway.responses.settings import ResponsesStoreSettings
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from tests.gateway.http_helpers import ask
from tests.gateway.server.program_helpers import running
from tests.gateway.serving import serving

_ROOT = Path(__file__).parents[3]
_DEPLOY = _ROOT / "deploy"


@pytest.mark.exhaustive
@pytest.mark.slow("a package missing from the lock shows only when all are installed")
def test_the_steps_of_the_image(tmp_path: Path) -> None:
    """From the package index, as the image does; the packages are those of the lock."""
    made = tmp_path / "gateway"
    steps = [str(_DEPLOY / "install.sh"), str(made), str(_ROOT)]
    done = subprocess.run(steps, env=os.environ | {"PYTHON": sys.executable}, check=False)
    assert done.returncode == 0
    with running(tmp_path, "--emulator", python=str(made / "bin" / "python")) as gateway:
        assert ask(gateway.url).status_code == 200
        assert gateway.stop(signal.SIGTERM) == (0, [])


def test_the_image_copies_what_is_there_and_runs_the_steps() -> None:
    text = (_DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, flags=re.MULTILINE)
    sources = [name for line in copied for name in line.split()]
    assert "deploy/install.sh" in sources
    assert not [name for name in sources if not (_ROOT / name).exists()]
    assert 0 < text.index("USER 10001:10001") < text.index("ENTRYPOINT")


def test_the_compose_file_names_what_is_there() -> None:
    services = _compose()["services"]
    gateway = services["gateway"]
    build = gateway["build"]
    context = _DEPLOY / build["context"]
    assert (context / build["dockerfile"]).is_file()
    for volume in gateway["volumes"]:
        assert (_DEPLOY / volume.partition(":")[0]).is_file()
    assert (_DEPLOY / f"{gateway['env_file']}.example").is_file()
    assert set(gateway["depends_on"]) < set(services)
    assert f"//{next(iter(gateway['depends_on']))}:" in gateway["environment"]["GATEWAY_REDIS_URL"]


def test_compose_opens_the_gateway_to_this_machine_alone() -> None:
    services = _compose()["services"]
    assert [port.rpartition(":8000:")[0] for port in services["gateway"]["ports"]] == ["127.0.0.1"]
    assert "ports" not in services["redis"]
    caddy = services["caddy"]
    assert caddy["profiles"] == ["tls"]  # only when it is wanted
    assert (_DEPLOY / caddy["volumes"][0].partition(":")[0]).is_file()
    assert "{$GATEWAY_UPSTREAM:gateway:8000}" in (_DEPLOY / "Caddyfile").read_text(encoding="utf-8")


def test_compose_waits_longer_than_answers_may_take_to_finish() -> None:
    period = _compose()["services"]["gateway"]["stop_grace_period"]
    timeout = load_settings(_DEPLOY / "gateway.example.toml").shutdown_timeout
    assert int(period.removesuffix("s")) > timeout


def test_the_example_shows_every_setting_and_its_default() -> None:
    path = _DEPLOY / "gateway.example.toml"
    assert load_settings(path).requests_per_minute
    text = path.read_text(encoding="utf-8")
    shown = tomllib.loads(re.sub(r"^# (?=\S+ = |\[)", "", text, flags=re.MULTILINE))
    assert set(shown) == set(GatewaySettings.model_fields)
    usual = load_settings()
    examples = {"base_url", "redis_url", "store_url", "requests_per_minute", "concurrent_requests"}
    examples |= {"max_connections", "max_connections_per_address", "responses_store"}
    assert ResponsesStoreSettings(**shown["responses_store"]) == ResponsesStoreSettings()
    routing = {**shown["routing"], "fallbacks": {}}
    assert RoutingSettings.model_validate(routing) == RoutingSettings.model_validate({})
    tables = {"keys", "models", "operator_keys", "routing"}
    for name in set(shown) - examples - tables:
        read = load_settings(**{name: shown[name]})
        assert getattr(read, name) == getattr(usual, name), name


def test_the_hosts_file_sends_the_app_what_is_for_callers() -> None:
    host = json.loads((_DEPLOY / "vercel.json").read_text(encoding="utf-8"))
    (build,), (hidden, route) = host["builds"], host["routes"]
    assert build["src"] == route["dest"]
    assert (_ROOT / build["src"]).is_file()  # it is deployed from the project's folder
    excluded = build["config"]["excludeFiles"].removesuffix("/**").strip("{}").split(",")
    assert not {"deploy", "iflytek_spark", "requirements"} & set(excluded)
    assert [name for name in excluded if not (_ROOT / name).is_dir()] == []
    for path in ("/", "/v1/chat/completions", "/page/main.js", "/healthz", "/docsify"):
        assert re.fullmatch(route["src"], path)
        assert not re.fullmatch(hidden["src"], path)
    for path in ("/metrics", "/readyz", "/docs", "/openapi.json", "/operator/keys"):
        assert re.fullmatch(hidden["src"], path)


def test_what_the_host_installs_is_what_is_locked() -> None:
    """The source itself goes with the function, since the package is on no index."""
    written = (_DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    lock = (_ROOT / "requirements" / "gateway.txt").read_text(encoding="utf-8")
    pins = [line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"\w.*==", line)]
    assert written.splitlines()[1:] == pins
    assert "iflytek" not in written


@pytest.mark.parametrize("with_key", [False, True])
def test_the_serverless_app(
    with_key: bool, emulator: Emulator, spark_keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open to everyone, for want of a key, it does not spend its own credentials."""
    key, known = new_key()
    monkeypatch.setenv("GATEWAY_BASE_URL", emulator.base_url)
    monkeypatch.setenv("GATEWAY_KEYS", json.dumps({"anna": known} if with_key else {}))
    monkeypatch.setattr(logging.config, "dictConfig", dict)  # the tests' own stays
    with serving(runpy.run_path(str(_DEPLOY / "serverless.py"))["app"]) as url:
        assert httpx2.get(f"{url}/healthz").json() == {"status": "ok"}
        assert httpx2.get(f"{url}/readyz").status_code == 200
        refused, answered = ask(url), ask(url, key)
    assert refused.status_code == 401
    assert answered.status_code == (200 if with_key else 401)


def _compose() -> dict[str, Any]:
    yaml = importlib.import_module("yaml")  # it comes without types
    text = (_DEPLOY / "docker-compose.yml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed
