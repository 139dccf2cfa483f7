"""Looks up names, and connects to them, within a time-out: the system's resolver knows none."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeAlias

_MAX_THREADS = 16
_POLL = 0.05
"""Seconds between two looks of an event loop at whether a thread is to be had."""

LookUp: TypeAlias = Callable[[str, int], Sequence[str]]
"""How a host and a port become addresses; it raises OSError when there is none."""


def resolve_name(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host, each once, in the order in which to try them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Asks in daemon threads, of which there are only so many, however long they are kept.

    Those who ask for the same name at the same time share an answer, so that a name server that
    hangs keeps one thread for a name and not one for each call.
    """

    def __init__(self, max_threads: int = _MAX_THREADS) -> None:
        """Start no thread yet."""
        self._max_threads = max_threads
        self.reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Start anew, in a process that was forked off: the parent's threads are not there."""
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(self._max_threads)
        self._pending: dict[tuple[str, int, LookUp], Future[Sequence[str]]] = {}

    def addresses(
        self, host: str, port: int, timeout: float, look_up: LookUp = resolve_name
    ) -> Sequence[str]:
        """Look up a name.

        Args:
            host: a name, or an address, which is returned as it is.
            port: the port.
            timeout: seconds.
            look_up: what is asked.

        Returns:
            The addresses in the order in which to try them.

        Raises:
            TimeoutError: when there is no answer in time.
            OSError: when the name has no address.
        """
        if look_up is resolve_name and is_address(host):
            return [host]
        deadline, key = time.monotonic() + timeout, (host, port, look_up)
        with self._lock:
            pending = self._pending.get(key)
        if pending is None:
            if not self._slots.acquire(timeout=max(timeout, 0)):
                raise TimeoutError
            pending = self._begin(key)
        return pending.result(max(deadline - time.monotonic(), 0))

    async def addresses_async(self, host: str, port: int) -> Sequence[str]:
        """Look up a name as :meth:`addresses` does, until the caller's task is cancelled.

        The threads that asyncio would ask in are waited for when a loop ends, however long.
        """
        if is_address(host):
            return [host]
        key = (host, port, resolve_name)
        while (pending := self._pending.get(key)) is None:
            if self._slots.acquire(blocking=False):
                pending = self._begin(key)
                break
            await asyncio.sleep(_POLL)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def wake() -> None:
            if not done.done():
                done.set_result(None)

        def from_thread(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(wake)

        pending.add_done_callback(from_thread)
        await done
        return pending.result()

    def _begin(self, key: tuple[str, int, LookUp]) -> Future[Sequence[str]]:
        with self._lock:
            pending = self._pending.get(key)
            if pending is not None:  # somebody was faster
                self._slots.release()
                return pending
            pending = self._pending[key] = Future()
        work = key, pending, self._slots
        threading.Thread(target=self._work, args=work, name="spark-resolve", daemon=True).start()
        return pending

    def _work(
        self,
        key: tuple[str, int, LookUp],
        pending: Future[Sequence[str]],
        slots: threading.BoundedSemaphore,
    ) -> None:
        host, port, look_up = key
        try:
            found = look_up(host, port)
        except (OSError, ValueError) as error:  # ValueError: a name that IDNA cannot write
            self._forget(key, slots)
            pending.set_exception(error)
        else:
            self._forget(key, slots)
            pending.set_result(found)

    def _forget(self, key: tuple[str, int, LookUp], slots: threading.BoundedSemaphore) -> None:
        with self._lock:
            self._pending.pop(key, None)
        slots.release()


SERVICE_RESOLVER = Resolver()
"""For the service and the proxies: names that the program's owner has chosen."""


def connect(host: str, port: int, deadline: float) -> socket.socket:
    """Connect to the first address of a host that answers; each has its share of the time left.

    Raises:
        TimeoutError: at the deadline, in seconds of the monotonic clock.
        OSError: when there is no address, or none that answers.
    """
    addresses = SERVICE_RESOLVER.addresses(host, port, seconds_left(deadline))
    return connect_to(addresses, port, deadline)


def connect_to(addresses: Sequence[str], port: int, deadline: float) -> socket.socket:
    """Connect to the first of some addresses that answers; see :func:`connect`."""
    failure: OSError = socket.gaierror(socket.EAI_NONAME, "the name has no address")
    for address, share in with_shares(addresses, deadline):
        try:
            return socket.create_connection((address, port), share)
        except OSError as error:
            failure = error
    raise failure


def with_shares(addresses: Sequence[str], deadline: float) -> Iterator[tuple[str, float]]:
    """Yield each address with its share of the time that is left when its turn comes."""
    for index, address in enumerate(addresses):
        yield address, seconds_left(deadline) / (len(addresses) - index)


def seconds_left(deadline: float) -> float:
    """Return the seconds until a deadline, or raise TimeoutError when it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def is_address(host: str) -> bool:
    """Return whether a host is written as an address, which nobody looks up."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
