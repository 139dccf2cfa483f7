"""What goes wrong before there is an answer; part of :mod:`~iflytek_spark.emulator.faults`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iflytek_spark.emulator.plan import Fault, Hang, Refuse

_PAGE = "<html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1></body></html>"


@dataclass(frozen=True, slots=True)
class RefuseHandshake(Fault):
    """Answer the handshake, or the request over HTTP, with a status (PROTOCOL.md §2.1).

    Attributes:
        status: the HTTP status.
        body: the response's body.
        headers: further headers; ``Date`` replaces the emulator's own.
    """

    status: int = 503
    body: str = '{"message":"Service Unavailable"}'
    headers: Mapping[str, str] = field(default_factory=dict)

    def handshake(self) -> Refuse:
        """Refuse."""
        return Refuse(self.status, self.body, self.headers)


@dataclass(frozen=True, slots=True)
class HtmlPage(Fault):
    """Answer with a page of HTML, as proxies do.

    Attributes:
        status: the HTTP status, which may be 200.
        title: what the page says.
    """

    status: int = 502
    title: str = "Bad Gateway"

    def handshake(self) -> Refuse:
        """Refuse."""
        body = _PAGE.format(self.status, self.title)
        return Refuse(self.status, body, {"Content-Type": "text/html; charset=utf-8"})


@dataclass(frozen=True, slots=True)
class HangHandshake(Fault):
    """Never answer the handshake, or the request over HTTP."""

    def handshake(self) -> Hang:
        """Hang."""
        return Hang()
