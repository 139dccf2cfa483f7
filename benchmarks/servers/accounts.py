"""Accounts that enforce their limits, and a Redis that can be restarted, as processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import subprocess
import time
from multiprocessing.connection import Connection

from iflytek_spark import Credentials
from iflytek_spark.emulator import running_emulator
from iflytek_spark.rates import Limit

_PATIENCE = 60.0


class Account:
    """An account that enforces its limit, in a process of its own so that its clock is its own.

    Attributes:
        credentials: its keys.
        base_url: where it is.
    """

    def __init__(self, rate: int) -> None:
        """Start it."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve_account, args=(rate, theirs), daemon=True)
        self._process.start()
        self.base_url, *keys = self._pipe.recv()
        self.credentials = Credentials(*keys)

    def withdraw(self) -> None:
        """Take its right to chat away."""
        self._pipe.send("withdraw")

    def times(self) -> tuple[float, ...]:
        """Return when it was asked."""
        self._pipe.send("times")
        times: tuple[float, ...] = self._pipe.recv()
        return times

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join()


def _serve_account(rate: int, pipe: Connection) -> None:
    with contextlib.suppress(PermissionError):  # a judge who is late sees what was not
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    with running_emulator(limits={"chat": Limit(rate)}) as spark:
        known = spark.credentials
        pipe.send((spark.base_url, known.app_id, known.api_key, known.api_secret))
        while True:
            if pipe.recv() == "times":
                pipe.send(spark.account.times("chat"))
            else:
                spark.account.withdrawn = frozenset({"chat"})


class Redis:
    """A server that can be restarted."""

    def __init__(self) -> None:
        """Start it on a free port."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._port = server.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}"
        self._start()

    def restart(self) -> None:
        """Kill it, and start it with nothing in its memory."""
        self.close()
        self._start()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _start(self) -> None:
        command = ["redis-server", "--port", str(self._port), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port)):
                return
