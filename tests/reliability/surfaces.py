"""What a surface is: one way for a user to ask, and how its outcome is named."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from iflytek_spark import Credentials, Timeouts
from iflytek_spark.errors import SparkError

Service: TypeAlias = Literal["chat", "post"]
Kind: TypeAlias = type[SparkError]


@dataclass(frozen=True)
class Target:
    """Which service a surface asks, and how patiently."""

    credentials: Credentials
    base_url: str
    timeout: Timeouts
    max_retries: int = 1
    proxy: str | None = None
    ssl_context: ssl.SSLContext | None = None

    def client_settings(self) -> dict[str, Any]:
        """Arguments of SparkClient and AsyncSparkClient."""
        return dict(vars(self))

    def model_settings(self) -> dict[str, Any]:
        """Arguments of the adapters' models."""
        settings = self.client_settings()
        given: Credentials = settings.pop("credentials")
        secrets = {"api_key": given.api_key, "api_secret": given.api_secret}
        return {**settings, **secrets, "app_id": given.app_id}


@dataclass(frozen=True)
class Call:
    """Blocks until the whole answer is there."""

    name: str
    ask: Callable[[Target], object]


@dataclass(frozen=True)
class Stream:
    """Blocks for each piece; ``text`` reads one."""

    name: str
    start: Callable[[Target], Iterator[Any]]
    text: Callable[[Any], str] = str


@dataclass(frozen=True)
class AsyncCall:
    """Is awaited until the whole answer is there."""

    name: str
    ask: Callable[[Target], Awaitable[object]]


@dataclass(frozen=True)
class AsyncStream:
    """Is awaited for each piece; ``text`` reads one."""

    name: str
    start: Callable[[Target], Awaitable[AsyncIterator[Any]]]
    text: Callable[[Any], str] = str


Surface: TypeAlias = Call | Stream | AsyncCall | AsyncStream


def core_name(kind: Kind) -> str:
    """The core's exceptions are its own."""
    return kind.__name__


def class_name(error: BaseException) -> str:
    return type(error).__name__


def _nothing(target: Target) -> None:
    """Set up nothing."""


@dataclass(frozen=True)
class Column:
    """A column of the matrix: surfaces of which all must do the same.

    Attributes:
        name: its heading.
        surfaces: the ways to ask.
        whole: tells the whole answer from anything less.
        service: the chat's WebSocket, or a signed POST.
        named: what a failure of the core is called here.
        named_inside: what it is called after a part of the answer; as ``named`` by default.
        told: what an exception is called that comes out.
        prepare: sets up what outlives a call, a server for instance.
        drains: whether an answer that is left is first read to its end, or to a time-out, by a
            framework that does not let go of it.
        remote: whether another process than the caller's asks the service, so that a caller who
            exits just hangs up.
    """

    name: str
    surfaces: tuple[Surface, ...]
    whole: Callable[[object], bool]
    service: Service = "chat"
    named: Callable[[Kind], str] = core_name
    named_inside: Callable[[Kind], str] | None = None
    told: Callable[[BaseException], str] = class_name
    prepare: Callable[[Target], None] = _nothing
    drains: bool = False
    remote: bool = False
