"""Four kinds of calls that a user can make, and how one is read to its end."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from iflytek_spark import Credentials, Timeouts
from tests._support.service import settings_of

PROMPT = "你好"
"""What every chat asks."""


@dataclass(frozen=True)
class Target:
    """Which service is asked, as whom, and how patiently."""

    credentials: Credentials
    base_url: str
    timeout: Timeouts = field(default_factory=Timeouts)
    max_retries: int = 1
    proxy: str | None = None
    ssl_context: ssl.SSLContext | None = None

    def client_settings(self) -> dict[str, Any]:
        """Arguments of SparkClient and AsyncSparkClient."""
        return dict(vars(self))

    def model_settings(self) -> dict[str, Any]:
        """Arguments of the adapters' models."""
        settings = {**self.client_settings(), **settings_of(self)}
        del settings["credentials"]
        return settings


Make: TypeAlias = Callable[[Target], Any]


@dataclass(frozen=True)
class Call:
    """Blocks until the whole answer is there; ``make`` makes what ``use`` asks."""

    name: str
    make: Make
    use: Callable[[Any], object]

    def ask(self, target: Target) -> object:
        return self.use(self.make(target))


@dataclass(frozen=True)
class Stream:
    """Blocks for each piece; ``text`` reads one."""

    name: str
    make: Make
    use: Callable[[Any], Iterator[Any]]
    text: Callable[[Any], str] = str

    def start(self, target: Target) -> Iterator[Any]:
        return self.use(self.make(target))


@dataclass(frozen=True)
class AsyncCall:
    """Is awaited until the whole answer is there."""

    name: str
    make: Make
    use: Callable[[Any], Awaitable[object]]

    async def ask(self, target: Target) -> object:
        return await self.use(self.make(target))


@dataclass(frozen=True)
class AsyncStream:
    """Is awaited for each piece; ``text`` reads one.

    ``use`` returns an iterator, as most do, or what has to be awaited for it.
    """

    name: str
    make: Make
    use: Callable[[Any], AsyncIterator[Any] | Awaitable[AsyncIterator[Any]]]
    text: Callable[[Any], str] = str

    async def start(self, target: Target) -> AsyncIterator[Any]:
        pieces = self.use(self.make(target))
        return pieces if isinstance(pieces, AsyncIterator) else await pieces


Surface: TypeAlias = Call | Stream | AsyncCall | AsyncStream


def read(surface: Call | Stream, target: Target) -> object:
    """The whole answer; that of a stream is its text."""
    if isinstance(surface, Call):
        return surface.ask(target)
    return "".join(map(surface.text, surface.start(target)))


async def aread(surface: AsyncCall | AsyncStream, target: Target) -> object:
    """See :func:`read`."""
    if isinstance(surface, AsyncCall):
        return await surface.ask(target)
    return "".join([surface.text(piece) async for piece in await surface.start(target)])
