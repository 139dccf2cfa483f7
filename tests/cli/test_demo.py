from __future__ import annotations

import subprocess
import sys

import pytest

from iflytek_spark.cli import main
from iflytek_spark.emulator import Emulator

Capture = pytest.CaptureFixture[str]


def test_without_keys_it_runs_on_the_emulator(capsys: Capture) -> None:
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "本地模拟器 (local emulator)  ws://127.0.0.1:" in out
    assert "SPARK_API_SECRET" in out
    assert out.count("月亮") >= 5
    assert "AuthenticationError + ModelAuthenticationError" in out
    assert "check that api_secret belongs to api_key" in out
    assert "chat --emulator" in out


def test_with_keys_it_asks_where_they_lead(
    keys: dict[str, str], emulator: Emulator, capsys: Capture
) -> None:
    assert main(["demo"]) == 0
    out, _ = capsys.readouterr()
    assert f"连接：设置里的地址 (SPARK_BASE_URL)  {emulator.base_url}/v4.0/chat" in out
    assert "模拟器" not in out.partition("\n\n1  ")[0]
    assert len(emulator.requests) == 4, "an answer, three answers, and a refused handshake"
    assert len(emulator.handshakes) == 5
    assert keys["SPARK_API_SECRET"] not in out
    assert keys["SPARK_API_KEY"] not in out


def test_the_emulator_on_demand(keys: dict[str, str], emulator: Emulator, capsys: Capture) -> None:
    assert main(["demo", "--emulator"]) == 0
    assert "原因：--emulator" in capsys.readouterr().out
    assert not emulator.handshakes


def test_the_real_service_is_named(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is refused here: the proxy of the environment is a closed port."""
    for name in ("SPARK_APP_ID", "SPARK_API_KEY", "SPARK_API_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert main(["demo"]) == 1
    out, err = capsys.readouterr()
    assert "讯飞星火的真实服务 (the real service)  wss://spark-api.xf-yun.com/v4.0/chat" in out
    assert err.startswith("error: no connection to spark-api.xf-yun.com")


def test_without_langchain_it_names_the_extra() -> None:
    program = (
        "import sys; sys.modules['langchain_core'] = None\n"
        "from iflytek_spark.cli import main; sys.exit(main(['demo']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert 'pip install "iflytek-spark[langchain]"' in done.stderr
    assert done.stderr.count("\n") == 1
