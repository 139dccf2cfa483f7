"""Every exception of httpx2 and httpcore2 becomes one of the transports' own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpcore2
import httpx2
import pytest

from iflytek_spark.emulator import Emulator
from iflytek_spark.protocol.steps import ConnectTimedOutError, TransportError
from tests.unit.transports.post_helpers import Send, both, request


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


OF_HTTPX2 = sorted(
    {*below(httpx2.TransportError), *below(httpx2.StreamError), httpx2.InvalidURL}, key=str
)
OF_HTTPCORE2 = [
    kind
    for kind in vars(httpcore2).values()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and kind is not httpcore2.ConnectionNotAvailable  # between httpcore2's pool and connections
]
OF_THE_SYSTEM = [OSError, ConnectionResetError, ssl.SSLError, ssl.SSLCertVerificationError]


SPEECHLESS = {
    httpx2.StreamConsumed,
    httpx2.StreamClosed,
    httpx2.ResponseNotRead,
    httpx2.RequestNotRead,
}


def made(kind: type[Exception]) -> Exception:
    return kind() if kind in SPEECHLESS else kind("boom")


@both
@pytest.mark.parametrize("kind", [*OF_HTTPX2, *OF_HTTPCORE2, *OF_THE_SYSTEM], ids=str)
def test_every_exception_has_its_place(
    send: Send, kind: type[Exception], monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    def fail(*arguments: object) -> None:
        raise made(kind)

    async def afail(*arguments: object) -> None:
        raise made(kind)

    if kind in OF_HTTPCORE2:
        monkeypatch.setattr(httpcore2.ConnectionPool, "handle_request", fail)
        monkeypatch.setattr(httpcore2.AsyncConnectionPool, "handle_async_request", afail)
    else:
        monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", fail)
        monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", afail)
    with pytest.raises((TimeoutError, TransportError)) as caught:
        send(request(emulator))
    assert isinstance(caught.value, TimeoutError) is ("Timeout" in kind.__name__)
    assert isinstance(caught.value, ConnectTimedOutError) is (kind.__name__ == "ConnectTimeout")
    cause = caught.value.__cause__
    assert isinstance(cause, kind) or isinstance(cause and cause.__cause__, kind)
