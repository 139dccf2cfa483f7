"""Ten honest callers stream while others hold half heads and unread answers, with few files.

Run by hand: ``python -m benchmarks.siege``. It prints what became of the honest calls.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path

from iflytek_spark.emulator import Emulator, running_emulator

FILES = 256
HONEST, CALLS = 10, 5
ATTACKERS = 1000
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
HALF = b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: "


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege", description=__doc__)
    parser.add_argument("--loop", default="uvloop", choices=("uvloop", "asyncio"))
    parser.add_argument("--attack", type=int, metavar="PORT", help="only attack what is there")
    args = parser.parse_args()
    if args.attack:
        asyncio.run(_attack_all(args.attack))
    with running_emulator(respond=lambda request: "很长" * 2000, chunk_size=1) as spark:
        few = ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh"]
        command = [*few, sys.executable, "-m", "iflytek_spark.gateway", "--port", "0"]
        with subprocess.Popen(
            [*command, "--loop", args.loop],
            env=os.environ | spark.environment | {"GATEWAY_BASE_URL": spark.base_url},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as gateway:
            try:
                asyncio.run(_besiege(gateway, spark))
            finally:
                gateway.kill()


async def _besiege(gateway: subprocess.Popen[str], spark: Emulator) -> None:
    port = _port(gateway)
    await _honest(port, 1)
    before = _kilobytes(gateway.pid)
    quiet = await _honest(port, CALLS)
    _print("quiet", quiet)
    command = ["-m", "benchmarks.siege", "--attack", str(port)]
    attackers = await asyncio.create_subprocess_exec(sys.executable, *command)
    await asyncio.sleep(5)
    _print("besieged", await _honest(port, CALLS))
    print(f"memory before and meanwhile: {before:,} KB, {_kilobytes(gateway.pid):,} KB")
    attackers.kill()
    await attackers.wait()
    await asyncio.to_thread(spark.wait_until_idle, 30)
    _print("afterwards", await _honest(port, CALLS))
    files = len(os.listdir(f"/proc/{gateway.pid}/fd"))
    print(f"memory afterwards: {_kilobytes(gateway.pid):,} KB; files: {files}")


def _port(gateway: subprocess.Popen[str]) -> int:
    if gateway.stderr is None:
        raise RuntimeError("the gateway's messages cannot be read")
    for line in gateway.stderr:
        if found := re.search(r"listening on .*:(\d+)", line):
            return int(found[1])
    raise RuntimeError("the gateway ended")


def _kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])


def _question(tokens: int) -> bytes:
    body = {"model": "4.0Ultra", "stream": True, "max_tokens": tokens}
    text = json.dumps(body | {"messages": [{"role": "user", "content": "你好"}]}).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    return head.encode() + text


async def _attack_all(port: int) -> None:
    half = (_attack(port, HALF) for _ in range(ATTACKERS))
    unread = (_attack(port, _question(8192)) for _ in range(ATTACKERS))
    await asyncio.gather(*half, *unread)


async def _attack(port: int, data: bytes) -> None:
    """Send, read nothing, and begin again when the gateway hangs up."""
    loop = asyncio.get_running_loop()
    while True:
        silent = _Silent(loop.create_future())
        with contextlib.suppress(OSError):
            transport, _ = await loop.create_connection(
                partial(_same, silent), HERE, port, local_addr=(HERE, 0)
            )
            transport.write(data)
            if data is not HALF:
                transport.pause_reading()
            try:
                await silent.gone
            finally:
                transport.abort()
        await asyncio.sleep(2)


def _same(silent: _Silent) -> _Silent:
    return silent


class _Silent(asyncio.Protocol):
    def __init__(self, gone: asyncio.Future[None]) -> None:
        self.gone = gone

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


async def _honest(port: int, calls: int) -> list[float | None]:
    """Ask, one caller beside the other, and return the seconds to each first token."""

    async def caller() -> list[float | None]:
        return [await _ask(port) for _ in range(calls)]

    callers: list[Coroutine[object, object, list[float | None]]] = [caller() for _ in range(HONEST)]
    return [seconds for result in await asyncio.gather(*callers) for seconds in result]


async def _ask(port: int) -> float | None:
    """Return the seconds to the first token of an answer that came whole, or None."""
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection(HERE, port, local_addr=(ELSEWHERE, 0))
        writer.write(_question(50))
        await reader.readuntil(b'"content":"')
        first = time.monotonic() - began
        whole = (await reader.read(-1)).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        writer.close()
    except (OSError, EOFError):
        return None
    return first if whole else None


def _print(name: str, firsts: list[float | None]) -> None:
    right = sorted(seconds for seconds in firsts if seconds is not None)
    p95 = statistics.quantiles(right, n=20)[-1] if len(right) > 1 else float("nan")
    print(f"{name}: {len(right)} of {len(firsts)} whole, first token p95 {p95:.3f} s", flush=True)


if __name__ == "__main__":
    main()
