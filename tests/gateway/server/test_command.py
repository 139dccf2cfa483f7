from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from dotenv import dotenv_values

from iflytek_spark.cli import main
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.http_helpers import BODY, ask
from tests.gateway.server.program_helpers import running

Capture = pytest.CaptureFixture[str]

_EVERYWHERE = ".".join("0000")
_HERE = "127.0.0.1"
_ALSO_HERE = "127.0.0.2"


def test_a_first_try_without_an_account(tmp_path: Path) -> None:
    with running(tmp_path, "--emulator") as gateway:
        command = next(line for line in gateway.printed if "curl" in line)
        _, url, _, header, _, data = shlex.split(command)
        name, _, value = header.partition(": ")
        response = httpx2.post(url, headers={name: value}, content=data.encode())
        assert response.json()["choices"][0]["message"]["content"]
        assert "server" not in response.headers
        assert any("emulator" in line for line in gateway.printed)
        assert gateway.stop(signal.SIGINT) == (0, [])
    (line,) = (tmp_path / "stdout").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["status"] == 200


def test_without_keys_for_it_and_for_spark(tmp_path: Path, variables: dict[str, str]) -> None:
    environ = os.environ | {"GATEWAY_BASE_URL": variables.pop("GATEWAY_BASE_URL")}
    with running(tmp_path, "--host", "localhost", "--loop", "asyncio", environ=environ) as gateway:
        here, for_callers = gateway.printed
        assert "no key is configured" in here
        with pytest.raises(ConnectionRefusedError):
            _connect(_ALSO_HERE, gateway.url)
        assert "Spark credentials are missing" in for_callers
        assert ask(gateway.url).status_code == 401
        own = {f"X_{name}": value for name, value in variables.items()}
        url = f"{gateway.url}/v1/chat/completions"
        assert httpx2.post(url, headers=own, json=BODY).status_code == 200


def test_with_keys_it_listens_where_it_is_told(
    tmp_path: Path, variables: dict[str, str], capsys: Capture
) -> None:
    assert main(["gateway", "--new-key", "anna's laptop"]) == 0
    printed = capsys.readouterr().out.splitlines()
    key, line, variable = (text.strip() for text in printed if text.startswith("    "))
    config = tmp_path / "gateway.toml"
    config.write_text(f'host = "{_EVERYWHERE}"\n[keys]\n{line}\n', encoding="utf-8")
    names = "".join(f"{name}={value}\n" for name, value in variables.items())
    (tmp_path / ".env").write_text(names, encoding="utf-8")
    with running(tmp_path, "--config", str(config)) as gateway:
        assert gateway.printed == []
        _connect(_ALSO_HERE, gateway.url)
        url = gateway.url.replace(_EVERYWHERE, _HERE)
        assert [ask(url, sent).status_code for sent in (None, "another", key)] == [401, 401, 200]
        assert gateway.stop(signal.SIGTERM) == (0, [])  # a request is logged after its answer
    logged = (tmp_path / "stdout").read_text(encoding="utf-8")
    assert json.loads(logged.splitlines()[-1])["caller"] == "anna's laptop"
    assert key not in config.read_text(encoding="utf-8") + logged
    assert variable.startswith("GATEWAY_KEYS={")


@pytest.mark.parametrize(
    "name", ["anna", "anna's laptop", "team #1 $HOME `ls`", "客服", 'a "b" \\']
)
def test_the_printed_variable_is_the_same_in_every_file_and_shell(
    name: str, tmp_path: Path, capsys: Capture
) -> None:
    """Docker's ``--env-file`` takes a line as it is, quotes too."""
    assert main(["gateway", "--new-key", name]) == 0
    line = capsys.readouterr().out.splitlines()[-1].strip()
    docker = dict([line.split("=", 1)])
    (tmp_path / ".env").write_text(line, encoding="utf-8")
    variable, _, value = line.partition("=")
    shell = subprocess.run(
        ["/bin/sh", "-c", f"export {variable}='{value}'; printenv {variable}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert docker == dotenv_values(tmp_path / ".env") == {variable: shell.stdout.rstrip("\n")}
    assert list(json.loads(docker["GATEWAY_KEYS"])) == [name]


def test_a_port_that_is_taken(capsys: Capture) -> None:
    with socket.create_server((_HERE, 0)) as taken:
        assert main(["gateway", "--port", str(taken.getsockname()[1])]) == 1
    _check_one_line(capsys, "in use")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", "nowhere.toml"], "nowhere.toml"),
        (["--config", "broken.toml"], "line 2"),
        (["--config", "unknown.toml"], "no_such_setting"),
        (["--port", "70000"], "port"),
        (["--workers", "0"], "workers"),
        (["--loop", "another"], "loop"),
        (["--host", "nowhere.invalid", "--config", "keys.toml"], "nowhere.invalid"),
        (["--host", _EVERYWHERE], "no keys"),
        (["--host", "gateway.example.com"], "no keys"),
        (["--config", "near.toml"], "did you mean requests_per_minute?"),
        (["--config", "below.toml"], "settings stand above [keys]"),
        (["--config", "images.toml"], "'lite' cannot look at images"),
        (["--config", "pages.toml"], "cors_origins is '*', but there are no keys"),
        (["--config", "page.toml"], "'chat.example.com/page' is no site"),
    ],
)
def test_what_a_user_can_put_right(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "getaddrinfo", _no_name)
    Path("broken.toml").write_text("port = 1\nhost = \n", encoding="utf-8")
    Path("unknown.toml").write_text("no_such_setting = 1\n", encoding="utf-8")
    Path("keys.toml").write_text(f'[keys]\nanna = "sha256:{"0" * 64}"\n', encoding="utf-8")
    Path("near.toml").write_text("request_per_minute = 1\n", encoding="utf-8")
    Path("below.toml").write_text("[keys]\nport = '1'\n", encoding="utf-8")
    Path("images.toml").write_text("image_model = 'lite'\n", encoding="utf-8")
    Path("pages.toml").write_text("cors_origins = ['*']\n", encoding="utf-8")
    Path("page.toml").write_text("cors_origins = ['chat.example.com/page']\n", encoding="utf-8")
    assert main(["gateway", *arguments]) == 1
    _check_one_line(capsys, words)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATEWAY_REQUEST_PER_MINUTE", "5", "did you mean GATEWAY_REQUESTS_PER_MINUTE?"),
        ("gateway_keyz", "{}", "did you mean GATEWAY_KEYS?"),
        ("GATEWAY_IMAGE_MODEL", "no-such-model", "no-such-model"),
        ("GATEWAY_HOST", _EVERYWHERE, "no keys"),
        ("GATEWAY_MAX_RETRIES", "-1", "max_retries"),
    ],
)
def test_a_variable_that_is_no_setting_stops_the_start(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["gateway", "--port", "0"]) == 1
    _check_one_line(capsys, words)


def test_what_kubernetes_writes_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY_SERVICE_HOST", "GATEWAY_SERVICE_PORT_HTTP", "GATEWAY_PORT_80_TCP_ADDR"):
        monkeypatch.setenv(name, "10.0.0.1")
    assert load_settings().port == 8000


def test_none_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text("image_model = 'none'\nrequests_per_minute = 'None'\n", encoding="utf-8")
    monkeypatch.setenv("GATEWAY_EMBEDDINGS_PER_SECOND", "none")
    settings = load_settings(config)
    assert settings.image_model is None
    assert settings.requests_per_minute is None
    assert settings.embeddings_per_second is None
    assert load_settings(host="none").host == "none"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATEWAY_BASE_URL", "spark.example.com", "ws://127.0.0.1:8765"),
        ("SPARK_BASE_URL", "ftp://spark.example.com", "'ftp://spark.example.com'"),
        ("SPARK_MODEL", "no-such-model", "no-such-model"),
    ],
)
def test_where_it_would_call_is_known_before_a_caller_asks(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["gateway", "--port", "0"]) == 1
    _check_one_line(capsys, words)


@pytest.mark.parametrize("value", ["not JSON", '{"anna": "her-plain-key"}'])
def test_a_bad_variable_is_named_but_not_shown(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GATEWAY_KEYS", value)
    assert main(["gateway"]) == 1
    assert value not in _check_one_line(capsys, "keys")


def test_without_fastapi_it_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['fastapi'] = None\n"
        "from iflytek_spark.cli import main; sys.exit(main(['gateway']))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: this command needs fastapi")
    assert 'pip install "iflytek-spark[gateway]"' in done.stderr
    assert done.stderr.count("\n") == 1


def _no_name(host: str, *more: object, **options: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _connect(host: str, url: str) -> None:
    """Connect to the port of a URL on another address."""
    socket.create_connection((host, urlsplit(url).port or 0), timeout=5).close()


def _check_one_line(capsys: Capture, words: str) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert words in err
    return err
