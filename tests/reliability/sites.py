"""Where calls go: one emulator that all share, and places where there is no service to reach."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self
from unittest import mock

import trustme

from iflytek_spark import Credentials, Timeouts
from iflytek_spark.emulator import Emulator, running_emulator
from tests._support.calls import Target
from tests.contract.proxies import running_proxy
from tests.reliability.targets import HTTP_KEYS

ME = Credentials("app1", "key1", "secret1")
UNKNOWN = "spark.invalid"


@dataclass(frozen=True)
class Site:
    """A place to call.

    Attributes:
        spark: sees who is still connected, and is told what to do.
        reached: whether a call gets as far as the emulator's handshake.
        target: how surfaces come here.
    """

    spark: Emulator
    reached: bool
    target: Target


class World:
    """All sites; they are set up once, when they are first needed."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @cached_property
    def spark(self) -> Emulator:
        return self._stack.enter_context(running_emulator(credentials=ME, http_keys=HTTP_KEYS))

    def site(self, name: str, timeout: Timeouts) -> Site:
        """The site of that name, for calls with these time-outs."""
        target = Target(ME, self.spark.base_url, timeout)
        if name == "emulator":
            return Site(self.spark, True, target)
        return self._sites[name](Site(self.spark, False, target))

    @cached_property
    def _sites(self) -> dict[str, Callable[[Site], Site]]:
        return {
            "an unknown host": lambda site: at(site, base_url=f"ws://{UNKNOWN}"),
            "an impossible host name": lambda site: at(site, base_url=f"ws://{'a' * 64}.com"),
            "a refused connection": lambda site: at(site, base_url=f"ws://{self._closed}"),
            "a proxy that refuses": lambda site: through(site, self._refusing_proxy),
            "no proxy at its port": lambda site: through(site, f"http://{self._closed}"),
            "a certificate for another host": lambda site: self._over_tls(site, self._elsewhere),
            "an expired certificate": lambda site: self._over_tls(site, self._expired),
        }

    @cached_property
    def _closed(self) -> str:
        """An address at which nobody listens, and nobody will: its port stays bound."""
        bound = self._stack.enter_context(socket.socket())
        bound.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{bound.getsockname()[1]}"

    @cached_property
    def _refusing_proxy(self) -> str:
        address = self.spark.base_url.removeprefix("ws://")
        return self._stack.enter_context(running_proxy(address, "403 Forbidden")).url

    @cached_property
    def _authority(self) -> trustme.CA:
        return trustme.CA()

    @cached_property
    def _trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self._authority.configure_trust(context)
        return context

    @cached_property
    def _elsewhere(self) -> Emulator:
        return self._secure(self._authority.issue_cert("spark.example.com"))

    @cached_property
    def _expired(self) -> Emulator:
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.UTC)
        ended = self._authority.issue_cert(
            "127.0.0.1", not_before=now - 2 * day, not_after=now - day
        )
        return self._secure(ended)

    def _secure(self, certificate: trustme.LeafCert) -> Emulator:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        emulator = running_emulator(credentials=ME, http_keys=HTTP_KEYS, ssl_context=context)
        return self._stack.enter_context(emulator)

    def _over_tls(self, site: Site, spark: Emulator) -> Site:
        there = at(site, base_url=spark.base_url, ssl_context=self._trusting)
        return replace(there, spark=spark)


def at(site: Site, **changes: Any) -> Site:
    return replace(site, target=replace(site.target, **changes))


def through(site: Site, proxy: str) -> Site:
    """By way of a proxy, which is asked for a tunnel, since the address is secure."""
    return at(site, proxy=proxy, base_url=f"wss://{UNKNOWN}")


@contextlib.contextmanager
def no_such_host() -> Iterator[None]:
    """Have the lookup of one name fail as it does for a name that nobody has."""
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **options: Any) -> Any:
        if host in (UNKNOWN, UNKNOWN.encode()):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *more, **options)

    with mock.patch.object(socket, "getaddrinfo", getaddrinfo):
        yield
