"""Several processes that serve one port, and the one that starts and stops them."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.middleware.metrics import shared_metrics
from iflytek_spark.gateway.server.server import GatewayServer, Launch

_SPAWN = multiprocessing.get_context("spawn")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_HANGUP = getattr(signal, "SIGHUP", signal.SIGTERM)
_STOP, _RELOAD = "stop", "reload"
"""What workers are told through their pipes."""

_ATTEND_SECONDS = 0.5
"""Between two looks at the workers."""

_END_SECONDS = 5.0
"""Beyond the time that requests have to finish; then a worker that has not ended is killed."""

_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 1.0, 30.0
"""Before it is tried again to start a worker, and at most, when that goes on failing."""


def serve_with_workers(
    launch: Launch, listeners: list[socket.socket], count: int, on_started: Callable[[], None]
) -> int:
    """Serve with so many workers until a signal comes, and return the exit status.

    Args:
        launch: what the workers are started with.
        listeners: the ports.
        count: how many workers.
        on_started: called when all of them answer.

    Raises:
        ConfigurationError: where processes cannot hold signals back.
    """
    if sys.platform == "win32":
        raise ConfigurationError("Windows allows one worker", hint="leave --workers out")
    with shared_metrics() as counts:
        supervisor = _Supervisor(launch, listeners, counts, on_started)
        handlers = {**dict.fromkeys(_SIGNALS, supervisor.handle_signal), _HANGUP: supervisor.reload}
        earlier = [(number, signal.signal(number, handler)) for number, handler in handlers.items()]
        try:
            return supervisor.run(count)
        finally:
            for number, handler in earlier:
                signal.signal(number, handler)


class _Worker:
    """A process that serves, and the pipe through which it is stopped and says that it lives."""

    def __init__(self, launch: Launch, listeners: list[socket.socket]) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self.ready = False
        self.seen = time.monotonic()
        try:
            self.process = _SPAWN.Process(target=_work, args=(launch, listeners, theirs))
            with _signals_held():
                self.process.start()
        except OSError:
            self.pipe.close()
            raise
        finally:
            theirs.close()

    def stop(self) -> None:
        self._send(_STOP)

    def reload(self) -> None:
        self._send(_RELOAD)

    def _send(self, what: str) -> None:
        with contextlib.suppress(OSError):  # it has ended by itself
            self.pipe.send(what)

    def read(self) -> None:
        """Note that it answers; a pipe that is closed says nothing."""
        with contextlib.suppress(EOFError, OSError):
            self.pipe.recv()
            self.ready, self.seen = True, time.monotonic()

    def silent_for(self, now: float) -> float:
        """Return for how many seconds its loop has not turned."""
        return now - self.seen if self.ready else 0.0


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold the signals back; what is started here holds them back for good.

    A signal may go to one process or to all of them, so workers obey their pipe alone.
    """
    resource_tracker.ensure_running()  # multiprocessing starts it once, and lets signals through
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, (*_SIGNALS, _HANGUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


class _Supervisor:
    """Keeps the workers running, and passes on once that the gateway is to stop.

    A worker that ends or hangs is replaced; when none can be started, the others go on, and it is
    tried again.
    """

    def __init__(
        self,
        launch: Launch,
        listeners: list[socket.socket],
        counts: str,
        on_started: Callable[[], None],
    ) -> None:
        settings = launch.settings()
        self._launch = launch
        self._listeners = listeners
        self._counts = counts
        self._on_started = on_started
        self._silence = settings.worker_timeout
        self._shutdown = settings.shutdown_timeout
        self._folder = Path.cwd()
        self._workers: list[_Worker] = []
        self._missing = 0
        self._retry_at = 0.0
        self._retry_seconds = _FIRST_RETRY_SECONDS
        self._reported = False
        self._stops = 0
        self._deadline = math.inf
        self._status = 0

    def run(self, count: int) -> int:
        """Start the workers, and return the exit status when none is left."""
        for _ in range(count):
            self._start()
        while self._workers or (self._missing and not self._stops):
            self._attend()
            self._end_what_hangs()
            self._start_what_is_missing()
            if len(self._workers) == count and all(worker.ready for worker in self._workers):
                self._report()
        return self._status

    def handle_signal(self, number: int, frame: FrameType | None) -> None:
        """Stop; at once if called again."""
        if self._stops:
            self._status = 128 + number
        self._stop()

    def reload(self, _number: int, _frame: FrameType | None) -> None:
        """Have every worker read keys, names of models and accounts anew."""
        for worker in self._workers:
            worker.reload()

    def _stop(self) -> None:
        seconds = 0 if self._stops else self._shutdown
        self._deadline = time.monotonic() + seconds + _END_SECONDS
        self._stops += 1
        for worker in self._workers:
            worker.stop()

    def _report(self) -> None:
        self._retry_seconds = _FIRST_RETRY_SECONDS
        if not self._reported:
            self._reported = True
            self._on_started()

    def _start(self) -> None:
        worker = _Worker(self._launch, self._listeners)
        self._workers.append(worker)
        for _ in range(self._stops):  # the signal came while it was started
            worker.stop()

    def _attend(self) -> None:
        """Wait a moment, at most, until a worker says that it lives, or ends."""
        pipes = {worker.pipe: worker for worker in self._workers}
        alive = {worker.process.sentinel: worker for worker in self._workers}
        began = time.monotonic()
        for source in wait([*pipes, *alive], _ATTEND_SECONDS):
            if isinstance(source, Connection):
                pipes[source].read()
            elif isinstance(source, int):
                self._replace(alive[source])
        if time.monotonic() - began > _ATTEND_SECONDS + 1:  # all of them were suspended
            for worker in self._workers:
                worker.seen = time.monotonic()

    def _end_what_hangs(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if now > self._deadline:
                worker.process.kill()
            elif worker.silent_for(now) > self._silence:
                _print(f"a worker has hung for {self._silence:g} s, and is ended")
                worker.process.kill()
                worker.seen = now

    def _replace(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.pipe.close()
        mark_process_dead(worker.process.pid, self._counts)
        if self._stops:
            return
        how = f"a worker ended with status {worker.process.exitcode}"
        if worker.ready:
            _print(f"{how}; another takes its place")
            self._missing += 1
        elif self._reported:
            self._missing += 1
            self._put_off(f"{how} before it answered")
        else:
            _print(f"error: {how} before it answered")
            self._status = 1
            self._stop()

    def _start_what_is_missing(self) -> None:
        if not self._missing or self._stops or time.monotonic() < self._retry_at:
            return
        try:
            self._enter_folder()
            self._start()
        except OSError as error:
            self._put_off(f"no worker can be started: {error}")
        else:
            self._missing -= 1

    def _put_off(self, why: str) -> None:
        seconds = self._retry_seconds
        _print(f"error: {why}; {len(self._workers)} go on, and it is tried again in {seconds:g} s")
        self._retry_at = time.monotonic() + seconds
        self._retry_seconds = min(2 * seconds, _LAST_RETRY_SECONDS)

    def _enter_folder(self) -> None:
        """A folder that was removed, by a new release for instance, may be there again."""
        try:
            Path.cwd()
        except FileNotFoundError:
            os.chdir(self._folder if self._folder.is_dir() else "/")


def _work(launch: Launch, listeners: list[socket.socket], pipe: Connection) -> None:
    def beat() -> None:
        with contextlib.suppress(OSError):  # the supervisor is gone, which the thread notices
            pipe.send(None)

    server = launch.server(on_started=beat, on_turn=beat)
    threading.Thread(target=_obey, args=(pipe, server), daemon=True).start()
    server.run(listeners)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _obey(pipe: Connection, server: GatewayServer) -> None:
    """Reload and stop when the supervisor says so, and stop when it is gone."""
    try:
        while True:
            if pipe.recv() == _RELOAD:
                server.reload()
            else:
                server.stop()
    except (EOFError, OSError):
        server.stop()
