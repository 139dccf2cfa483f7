"""What the emulator saw and what it is to do, shared between its thread and the tests'."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from iflytek_spark.emulator.plan import Fault
from iflytek_spark.messages import JSONObject

_OBJECT: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@dataclass(frozen=True, slots=True)
class SeenHandshake:
    """A handshake that reached the emulator, accepted or not.

    Attributes:
        number: counts the emulator's handshakes from 1.
        path: the path without the query.
        headers: the request's headers, names in lower case; never printed, since over HTTP
            there is a key among them.
    """

    number: int
    path: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that reached the emulator, valid or not.

    Attributes:
        handshake: the handshake that came before it.
        data: the message as it came.
    """

    handshake: SeenHandshake
    data: bytes

    @property
    def number(self) -> int:
        """The number of the handshake."""
        return self.handshake.number

    @property
    def path(self) -> str:
        """The path of the handshake, without the query."""
        return self.handshake.path

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the handshake, names in lower case."""
        return self.handshake.headers

    @property
    def body(self) -> JSONObject:
        """The message's JSON object.

        Raises:
            ValueError: when the message is not a JSON object.
        """
        return _OBJECT.validate_json(self.data)


class RequestLog:
    """Notes of all connections, safe to use from several threads."""

    def __init__(self) -> None:
        """Start empty."""
        self._changed = threading.Condition()
        self._handshakes: list[SeenHandshake] = []
        self._requests: list[SeenRequest] = []
        self._faults: deque[tuple[Fault, ...]] = deque()
        self._open = 0

    @property
    def handshakes(self) -> tuple[SeenHandshake, ...]:
        """The handshakes seen so far."""
        with self._changed:
            return tuple(self._handshakes)

    @property
    def requests(self) -> tuple[SeenRequest, ...]:
        """The requests seen so far."""
        with self._changed:
            return tuple(self._requests)

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        with self._changed:
            return self._open

    def script(self, faults: Iterable[tuple[Fault, ...]]) -> None:
        """Queue faults."""
        with self._changed:
            self._faults.extend(faults)

    def opened(self) -> None:
        """Count a connection."""
        with self._changed:
            self._open += 1
            self._changed.notify_all()

    def closed(self) -> None:
        """Discount a connection."""
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def handshake(
        self, path: str, headers: Mapping[str, str]
    ) -> tuple[SeenHandshake, tuple[Fault, ...]]:
        """Note a handshake, and return it with the faults of its connection."""
        with self._changed:
            seen = SeenHandshake(len(self._handshakes) + 1, path, headers)
            self._handshakes.append(seen)
            self._changed.notify_all()
            return seen, self._faults.popleft() if self._faults else ()

    def request(self, request: SeenRequest) -> None:
        """Note a request."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[RequestLog], bool], timeout: float) -> bool:
        """Wait until a condition holds, which is asked after every change.

        Returns:
            Whether it holds, when ``timeout`` seconds are over at the latest.
        """
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), timeout)
