"""``python -m iflytek_spark.emulator``, as a program of its own."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
import time

import pytest
import websocket

from iflytek_spark import Credentials
from iflytek_spark.emulator import running_emulator
from iflytek_spark.emulator.__main__ import main
from iflytek_spark.protocol.wire.signing import sign_url


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-W", "error", "-m", "iflytek_spark.emulator", *arguments)
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def _exports(program: asyncio.subprocess.Process) -> dict[str, str]:
    assert program.stdout
    lines = [shlex.split((await program.stdout.readline()).decode()) for _ in range(5)]
    assert all(word == "export" for word, _ in lines)
    return {name: value for _, line in lines for name, value in [line.split("=", 1)]}


async def test_it_prints_what_a_client_needs_and_ends_with_ctrl_c() -> None:
    program = await _start("--port", "0", "--api-secret", "a secret", "--api-password", "a word")
    environ = await _exports(program)
    assert program.stdout
    shown = [await program.stdout.readline() for _ in range(2)]
    assert shown[0].decode().strip().endswith(environ["SPARK_BASE_URL"].replace("ws://", "http://"))
    assert shown[1].decode() == "# its APIPassword is a word\n"
    assert environ["SPARK_MAAS_API_KEY"]
    credentials = Credentials.from_env(environ)
    assert credentials.api_secret == "a secret"
    url = sign_url(f"{environ['SPARK_BASE_URL']}/v4.0/chat", credentials, time.time())
    connection = await asyncio.to_thread(websocket.create_connection, url)
    program.send_signal(signal.SIGINT)
    _, errors = await asyncio.wait_for(program.communicate(), 10)
    assert (program.returncode, errors) == (0, b"")
    connection.shutdown()


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with running_emulator() as spark:
        assert main(["--port", spark.base_url.rpartition(":")[2]]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "already in use" in shown.err


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--app-id", "中文"]])
def test_what_a_user_can_put_right(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("error: ")
