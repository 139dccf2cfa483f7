"""Ten honest callers stream while others hold half heads, unread answers or bombs, with few files.

Run by hand: ``python -m benchmarks.siege``. It prints what became of the honest calls. Gateway,
service and attackers are processes of their own, the attackers with the lowest priority: on a
machine of two cores they would otherwise measure who gets the processor.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path

from tests.gateway.openai import bombs

FILES = 256
HONEST, CALLS = 10, 5
ATTACKERS, BOMBS = 1000, 200
WARM_SECONDS, IDLE_SECONDS, READER_SECONDS = 8, 30, 8
PATIENCE = 60
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
KEYS = {"SPARK_APP_ID": "app", "SPARK_API_KEY": "key", "SPARK_API_SECRET": "secret"}
HALF = b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: "
KINDS = ("heads", "readers", "bombs")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.siege", description=__doc__)
    parser.add_argument("--loop", default="uvloop", choices=("uvloop", "asyncio"))
    parser.add_argument("--kind", choices=KINDS, action="append", help="of attackers; all of them")
    parser.add_argument("--attack", metavar="PORT", help="only attack what is there")
    parser.add_argument("--pace", type=float, default=0.02, help="seconds between two chunks")
    args = parser.parse_args()
    kinds = args.kind or list(KINDS)
    if args.attack:
        asyncio.run(_attack_all(args.attack, kinds))
    else:
        _measure(args.loop, kinds, args.pace)


def _measure(loop: str, kinds: list[str], pace: float) -> None:
    here = [sys.executable, "-m", "benchmarks.siege"]
    few = ["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh"]
    command = [*few, sys.executable, "-m", "iflytek_spark.gateway", "--port=0", f"--loop={loop}"]
    attack = [*here, *(f"--kind={kind}" for kind in kinds), "--attack"]
    with _running([sys.executable, "-m", "benchmarks.servers.siege", str(pace)]) as service:
        os.environ |= KEYS | {
            "GATEWAY_BASE_URL": f"ws://{HERE}:{_line(service.stdout, '([0-9]+)')}"
        }
        with _gateway(command) as gateway, _gateway(command) as other:
            _besiege(gateway, other, attack)


class Gateway:
    """A gateway, and what it takes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.port = _line(process.stderr, r"listening on .*:(\d+)")
        self._pid = process.pid
        asyncio.run(_honest(self.port, 1))

    @property
    def kilobytes(self) -> int:
        status = Path(f"/proc/{self._pid}/status").read_text(encoding="ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    @property
    def files(self) -> int:
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    def report(self, name: str) -> None:
        """Call, and print how that went."""
        began, cpu = time.monotonic(), self._cpu_seconds()
        firsts = asyncio.run(_honest(self.port, CALLS))
        used = (self._cpu_seconds() - cpu) / (time.monotonic() - began)
        right = sorted(seconds for seconds in firsts if seconds is not None)
        p50, p95 = (statistics.quantiles(right, n=20)[at] for at in (9, -1))
        print(f"{name}: {len(right)} of {len(firsts)} whole, first token {p50:.3f} s,", end=" ")
        print(f"p95 {p95:.3f} s; its gateway's share of a processor {used:.0%}", end="; ")
        print(f"memory {self.kilobytes:,} KB, files {self.files}", flush=True)

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text(encoding="ascii").rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _besiege(gateway: Gateway, other: Gateway, attack: list[str]) -> None:
    files = gateway.files
    gateway.report("quiet")
    with _attacked(other, attack):
        gateway.report("while another gateway is besieged, which is the machine's share")
    with _attacked(gateway, attack):
        gateway.report("besieged")
    over = time.monotonic() + IDLE_SECONDS
    while gateway.files > files and time.monotonic() < over:
        time.sleep(0.1)
    gateway.report("afterwards")


@contextlib.contextmanager
def _attacked(gateway: Gateway, attack: list[str]) -> Iterator[None]:
    with _running([*attack, gateway.port]) as attackers:
        _line(attackers.stdout, "(begun)")
        yield
        attackers.terminate()
        print(_line(attackers.stdout, "(.* a second)"))


@contextlib.contextmanager
def _gateway(command: list[str]) -> Iterator[Gateway]:
    with _running(command, subprocess.DEVNULL) as process:
        yield Gateway(process)


@contextlib.contextmanager
def _running(command: list[str], out: int = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    err = subprocess.PIPE if out == subprocess.DEVNULL else subprocess.DEVNULL
    with subprocess.Popen(command, stdout=out, stderr=err, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(lines: Iterable[str] | None, pattern: str) -> str:
    """Return what a pattern finds in the first line that it fits."""
    for line in lines or ():
        if found := re.search(pattern, line):
            return found[1]
    raise RuntimeError("the process ended")


def _question(tokens: int) -> bytes:
    text = {"messages": [{"role": "user", "content": "你好"}]}
    return _post(
        json.dumps(text | {"model": "4.0Ultra", "stream": True, "max_tokens": tokens}).encode()
    )


def _post(body: bytes) -> bytes:
    head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _attack_all(port: str, kinds: list[str]) -> None:
    """Attack until a signal comes, and print how often it was tried."""
    counts = Counter[str]()
    attacks: list[Coroutine[object, object, None]] = []
    if "heads" in kinds:
        attacks += (_attack(port, HALF, counts) for _ in range(ATTACKERS))
    if "readers" in kinds:
        attacks += (_attack(port, _question(8192), counts) for _ in range(ATTACKERS))
    if "bombs" in kinds:
        attacks.append(_throw(port, counts))
    running, stopped = asyncio.gather(*attacks), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await asyncio.sleep(WARM_SECONDS)
    print("begun", flush=True)
    counts.clear()
    began = time.monotonic()
    await stopped.wait()
    seconds = time.monotonic() - began
    rates = (f"{count / seconds:.1f} {name}" for name, count in sorted(counts.items()))
    print(", ".join(rates), "a second", flush=True)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _throw(port: str, counts: Counter[str]) -> None:
    """Send one bomb after the other."""
    for data in islice(cycle(bombs.BOMBS.values()), BOMBS):
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(HERE, port, local_addr=(HERE, 0))
            writer.write(_post(data))
            await reader.read(-1)
            writer.close()
            counts["bombs"] += 1


async def _attack(port: str, data: bytes, counts: Counter[str]) -> None:
    """Send, read nothing, and begin again when the gateway hangs up, or after a while."""
    loop = asyncio.get_running_loop()
    while True:
        silent = _Silent(loop.create_future())
        with contextlib.suppress(OSError, TimeoutError):
            transport, _ = await loop.create_connection(
                partial(_same, silent), HERE, port, local_addr=(HERE, 0)
            )
            counts["connections"] += 1
            transport.write(data)
            if data is not HALF:
                transport.pause_reading()  # and so it is not told that the gateway has hung up
            try:
                async with asyncio.timeout(None if data is HALF else READER_SECONDS):
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


async def _honest(port: str, calls: int) -> list[float | None]:
    """Ask, one caller beside the other, and return the seconds to each first token."""

    async def caller() -> list[float | None]:
        return [await _ask(port) for _ in range(calls)]

    callers: list[Coroutine[object, object, list[float | None]]] = [caller() for _ in range(HONEST)]
    return [seconds for result in await asyncio.gather(*callers) for seconds in result]


async def _ask(port: str) -> float | None:
    """Return the seconds to the first token of an answer that came whole, or None."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(HERE, port, local_addr=(ELSEWHERE, 0))
            writer.write(_question(50))
            await reader.readuntil(b'"content":"')
            first = time.monotonic() - began
            whole = (await reader.read(-1)).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
            writer.close()
    except (OSError, EOFError):
        return None
    return first if whole else None


if __name__ == "__main__":
    main()
