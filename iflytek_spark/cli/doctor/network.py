"""Reaches each host once without a key: names, proxy, connection, TLS, clock and latency."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.steps import TransportError
from iflytek_spark.protocol.wire.signing import ALLOWED_SKEW, parse_http_date
from iflytek_spark.transports.proxy import resolve_proxy
from iflytek_spark.transports.sockets import DeadlineSocket, open_socket

_CERTIFICATES = {
    9: "certificate-early",
    10: "certificate-expired",
    18: "certificate-self-signed",
    19: "certificate-self-signed",
    62: "certificate-host",
    63: "certificate-host",
    64: "certificate-host",
}
"""By OpenSSL's number; any other is a CA that is not known."""
_MAX_HEAD = 65536
_PORTAL_STATUSES = (200, 203, *range(300, 400), 511)
"""With which a network's own page comes; a page with an error's status may be the service's."""
_CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class _StepFailedError(Exception):
    """A step failed; what it was."""

    def __init__(self, problem: str, detail: object = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = str(detail)


class _Response(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def host_of(url: str) -> str:
    """Return what one host has in common: its name, with the port where it is unusual."""
    return urlsplit(url).netloc


def check_host(url: str, context: ssl.SSLContext, timeout: float) -> list[Finding]:
    """Reach the host of an address.

    Args:
        url: any address at the host.
        context: trusts the CAs that calls will trust.
        timeout: seconds for all of it.

    Returns:
        What was found; the host can be used unless one of them is wrong. A clock that is off is
        told, and does not keep calls from being made.
    """
    findings: list[Finding] = []
    host = host_of(url)
    try:
        for problem, verdict, detail in _steps(url, context, timeout):
            findings.append(Finding(Section.NETWORK, host, verdict, problem, detail))
    except _StepFailedError as failed:
        detail = failed.detail
        findings.append(Finding(Section.NETWORK, host, Verdict.WRONG, failed.problem, detail))
    return findings


def _steps(url: str, context: ssl.SSLContext, timeout: float) -> Iterator[tuple[str, Verdict, str]]:
    started = time.monotonic()
    deadline = started + timeout
    try:
        proxy = resolve_proxy(url, None)
    except ConfigurationError as error:
        raise _StepFailedError("proxy-bad", error.message) from error
    if proxy is not None:
        yield "proxy-used", Verdict.NOTE, _shown(proxy)
    else:
        _resolve(url)
    _check_ca(url)
    sock = _connect(url, deadline, proxy, context)
    connected = time.monotonic()
    try:
        response = _ask(sock, url)
    finally:
        sock.close()
    times = f"{(connected - started) * 1000:.0f} + {(time.monotonic() - connected) * 1000:.0f} ms"
    theirs = parse_http_date(response.headers.get("date", ""))
    if theirs is not None and abs(time.time() - theirs) > ALLOWED_SKEW:
        yield "clock", Verdict.WRONG, f"{time.time() - theirs:+.0f} s"
    yield "host-ok", Verdict.OK, f"{times}{_tls(url)}{_clock(theirs)}"


def _shown(proxy: str) -> str:
    """Return a proxy's address without its password."""
    return f"{urlsplit(proxy).scheme}://{proxy.rpartition('@')[2].rpartition('//')[2]}"


def _resolve(url: str) -> None:
    parts = urlsplit(url)
    try:
        socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise _StepFailedError("dns", error) from error


def _connect(
    url: str, deadline: float, proxy: str | None, context: ssl.SSLContext
) -> DeadlineSocket:
    try:
        return open_socket(url, deadline, None, context if _secure(url) else None)
    except TransportError as error:
        words = str(error).lower()
        asks = "407" in words or "auth" in words or "password" in words
        raise _StepFailedError("proxy-password" if asks else "proxy-refused", error) from error
    except ssl.SSLCertVerificationError as error:
        problem = _CERTIFICATES.get(error.verify_code, "certificate-unknown-ca")
        raise _StepFailedError(problem, error.verify_message) from error
    except ssl.SSLError as error:
        raise _StepFailedError("tls", error.reason or error) from error
    except TimeoutError as error:
        raise _StepFailedError("silence", "TCP") from error
    except OSError as error:
        closed = isinstance(error, ConnectionRefusedError)
        problem = "port-closed" if closed else "unreachable"
        raise _StepFailedError("proxy-unreachable" if proxy else problem, error) from error


def _ask(sock: DeadlineSocket, url: str) -> _Response:
    """Send a request without a key; any answer of HTTP's is good."""
    parts = urlsplit(url)
    request = (
        f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    )
    try:
        sock.send(request.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < _MAX_HEAD:
            byte = sock.recv(1)
            if not byte:
                break
            head += byte
        response = _parsed(head)
        body = sock.read_body(chunked="transfer-encoding" in response.headers)
    except TimeoutError as error:
        raise _StepFailedError("silence", "HTTP") from error
    except OSError as error:
        raise _StepFailedError("unreachable", error) from error
    _refuse_page(response._replace(body=body))
    return response


def _parsed(head: bytes) -> _Response:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    status = rest[:3]
    if not version.startswith("HTTP/") or not (status.isascii() and status.isdigit()):
        raise _StepFailedError("not-http", first[:60] if first.isprintable() else "")
    pairs = (line.partition(":") for line in lines if line)
    return _Response(int(status), {name.lower(): text.strip() for name, _, text in pairs}, b"")


def _refuse_page(response: _Response) -> None:
    page = b"<html" in response.body.lower() or b"<!doctype html" in response.body.lower()
    moved = "location" in response.headers
    if response.status in _PORTAL_STATUSES and (page or moved):
        raise _StepFailedError("captive-portal", f"HTTP {response.status}")


def _check_ca(url: str) -> None:
    """Refuse a file of CAs that is not there, which Python's ssl passes over in silence."""
    name = _CA_VARIABLES[0]
    path = os.environ.get(name, "")
    if _secure(url) and path and not Path(path).is_file():
        raise _StepFailedError("ca-missing", f"{name}={path}")


def _secure(url: str) -> bool:
    return urlsplit(url).scheme in ("wss", "https")


def _tls(url: str) -> str:
    if not _secure(url):
        return ", no TLS"
    own = [f"{name}={os.environ[name]}" for name in _CA_VARIABLES if os.environ.get(name)]
    return f", TLS verified{', '.join(['', *own])}"


def _clock(theirs: float | None) -> str:
    return ", no clock" if theirs is None else f", clock {time.time() - theirs:+.0f} s"
