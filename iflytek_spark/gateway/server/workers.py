"""Several processes that serve one port, and the one that starts and stops them."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.metrics import shared_metrics
from iflytek_spark.gateway.server.server import GatewayServer, Launch

_SPAWN = multiprocessing.get_context("spawn")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def serve_with_workers(
    launch: Launch, listener: socket.socket, count: int, on_started: Callable[[], None]
) -> int:
    """Serve with so many workers until a signal comes, and return the exit status.

    Args:
        launch: what the workers are started with.
        listener: the port.
        count: how many workers.
        on_started: called when all of them answer.

    Raises:
        ConfigurationError: where processes cannot hold signals back.
    """
    if sys.platform == "win32":
        raise ConfigurationError("Windows allows one worker", hint="leave --workers out")
    with shared_metrics() as counts:
        supervisor = _Supervisor(launch, listener, counts, on_started)
        earlier = [signal.signal(number, supervisor.handle_signal) for number in _SIGNALS]
        try:
            return supervisor.run(count)
        finally:
            for number, handler in zip(_SIGNALS, earlier):
                signal.signal(number, handler)


class _Worker:
    """A process that serves, and the pipe through which it is stopped."""

    def __init__(self, launch: Launch, listener: socket.socket) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self.ready = False
        self.process = _SPAWN.Process(target=_work, args=(launch, listener, theirs))
        with _signals_held():
            self.process.start()
        theirs.close()

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it has ended by itself
            self.pipe.send(None)

    def read(self) -> None:
        """Note that it answers; a pipe that is closed says nothing."""
        with contextlib.suppress(EOFError, OSError):
            self.pipe.recv()
            self.ready = True


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold the signals back; what is started here holds them back for good.

    A signal may go to one process or to all of them, so workers obey their pipe alone.
    """
    resource_tracker.ensure_running()  # multiprocessing starts it once, and lets signals through
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


class _Supervisor:
    """Keeps the workers running, and passes on once that the gateway is to stop."""

    def __init__(
        self, launch: Launch, listener: socket.socket, counts: str, on_started: Callable[[], None]
    ) -> None:
        self._launch = launch
        self._listener = listener
        self._counts = counts
        self._on_started = on_started
        self._workers: list[_Worker] = []
        self._stops = 0
        self._status = 0

    def run(self, count: int) -> int:
        """Start the workers, and return the exit status when none is left."""
        for _ in range(count):
            self._start()
        reported = False
        while self._workers:
            self._attend()
            if not reported and len(self._workers) == count and all(w.ready for w in self._workers):
                reported = True
                self._on_started()
        return self._status

    def handle_signal(self, number: int, frame: FrameType | None) -> None:
        """Stop; at once if called again."""
        if self._stops:
            self._status = 128 + number
        self._stop()

    def _stop(self) -> None:
        self._stops += 1
        for worker in self._workers:
            worker.stop()

    def _start(self) -> None:
        worker = _Worker(self._launch, self._listener)
        self._workers.append(worker)
        for _ in range(self._stops):  # the signal came while it was started
            worker.stop()

    def _attend(self) -> None:
        """Wait until a worker answers or ends."""
        starting = {worker.pipe: worker for worker in self._workers if not worker.ready}
        alive = {worker.process.sentinel: worker for worker in self._workers}
        for source in wait([*starting, *alive]):
            if isinstance(source, Connection):
                starting[source].read()
            elif isinstance(source, int):
                self._replace(alive[source])

    def _replace(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.pipe.close()
        mark_process_dead(worker.process.pid, self._counts)
        if self._stops:
            return
        how = f"a worker ended with status {worker.process.exitcode}"
        if worker.ready:
            print(f"{how}; another takes its place", file=sys.stderr, flush=True)
            self._start()
        else:
            print(f"error: {how} before it answered", file=sys.stderr, flush=True)
            self._status = 1
            self._stop()


def _work(launch: Launch, listener: socket.socket, pipe: Connection) -> None:
    server = launch.server(on_started=lambda: pipe.send(None))
    threading.Thread(target=_obey, args=(pipe, server), daemon=True).start()
    server.run([listener])


def _obey(pipe: Connection, server: GatewayServer) -> None:
    """Stop the server when its supervisor says so, or is gone."""
    try:
        while True:
            pipe.recv()
            server.stop()
    except (EOFError, OSError):
        server.stop()
