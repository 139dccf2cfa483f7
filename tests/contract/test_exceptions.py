"""Every exception of the libraries below becomes one of ours, with the original as its cause."""

from __future__ import annotations

import asyncio
import inspect
import socket
import ssl
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
import websocket
import websockets.asyncio.client
import websockets.exceptions
from websockets.datastructures import Headers
from websockets.frames import Close
from websockets.http11 import Response

from iflytek_spark.emulator import Emulator
from iflytek_spark.errors import APITimeoutError, SparkError
from iflytek_spark.transports.sockets import DeadlineSocket
from tests.contract.sockets import async_client, sync_client

ARGUMENTS: dict[str, object] = {
    "rcvd": Close(1011, "gone"),
    "sent": None,
    "rcvd_then_sent": None,
    "response": Response(503, "Service Unavailable", Headers(), b"{}"),
    "status": 503,
    "status_code": 503,
    "size_or_message": 9,
    "max_size": 8,
    "code": 1009,
    "headers": Headers(),
}
Kind: TypeAlias = type[Exception]

SYSTEM: list[Kind] = [
    OSError,
    ConnectionResetError,
    BrokenPipeError,
    ssl.SSLError,
    ssl.SSLEOFError,
    ssl.SSLCertVerificationError,
    socket.gaierror,
]


def made(kind: Kind) -> Exception:
    """An instance, with a plausible value for each argument it needs."""
    if not inspect.isfunction(kind.__init__):
        return kind("boom")
    parameters = inspect.signature(kind).parameters.values()
    needed = [p.name for p in parameters if p.name in ARGUMENTS or p.default is p.empty]
    return kind(**{name: ARGUMENTS.get(name, "boom") for name in needed})


def below(kind: Kind) -> Iterator[Kind]:
    yield kind
    for child in kind.__subclasses__():
        yield from below(child)


SYNC_ERRORS: list[Kind] = [*below(websocket.WebSocketException), *SYSTEM]
ASYNC_ERRORS: list[Kind] = [
    *below(websockets.exceptions.WebSocketException),
    *SYSTEM,
    EOFError,
]


def name(kind: Kind) -> str:
    return kind.__name__


def check(caught: SparkError, error: Exception) -> None:
    assert caught.__cause__ is error
    timeouts = TimeoutError, websocket.WebSocketTimeoutException
    assert isinstance(caught, APITimeoutError) is isinstance(error, timeouts)


def test_the_lists_are_whole() -> None:
    for known in vars(websocket).values():
        if inspect.isclass(known) and issubclass(known, websocket.WebSocketException):
            assert known in SYNC_ERRORS
    legacy = {"AbortHandshake", "InvalidStatusCode", "RedirectHandshake"}
    assert set(websockets.exceptions.__all__) - legacy <= set(map(name, ASYNC_ERRORS))


@pytest.mark.parametrize("kind", [*SYNC_ERRORS, TimeoutError], ids=name)
@pytest.mark.parametrize("place", ["send", "recv_data"])
def test_sync(place: str, kind: Kind, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    error = made(kind)

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(websocket.WebSocket, place, fail)
    with pytest.raises(SparkError) as caught:
        sync_client(emulator, max_retries=0).chat("?")
    check(caught.value, error)


@pytest.mark.parametrize("kind", [*ASYNC_ERRORS, TimeoutError], ids=name)
@pytest.mark.parametrize("place", ["handshake", "send", "recv"])
def test_async(place: str, kind: Kind, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    error = made(kind)

    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(websockets.asyncio.client.ClientConnection, place, fail)
    with pytest.raises(SparkError) as caught:
        asyncio.run(async_client(emulator, max_retries=0).chat("?"))
    if place != "recv" or kind is not websockets.exceptions.ConnectionClosedOK:
        check(caught.value, error)  # a polite end is not a failure of the library


@pytest.mark.parametrize("kind", [*SYSTEM, TimeoutError], ids=name)
def test_sync_in_the_handshake(
    kind: Kind, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = made(kind)

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(DeadlineSocket, "send_all", fail)
    with pytest.raises(SparkError) as caught:
        sync_client(emulator, max_retries=0).chat("?")
    check(caught.value, error)


@pytest.mark.parametrize("kind", SYSTEM, ids=name)
def test_sync_before_the_handshake(
    kind: Kind, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = made(kind)

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(SparkError) as caught:
        sync_client(emulator, max_retries=0).chat("?")
    check(caught.value, error)
