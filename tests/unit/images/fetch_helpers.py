"""Names, URLs and rules for the tests of the guarded fetch."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any, TypeAlias

from iflytek_spark.images.addresses import IPAddress, is_public
from iflytek_spark.images.fetch import fetch_public

Contacts: TypeAlias = list[tuple[str, int]]
"""The addresses and ports to which a connection was tried."""

HERE = "127.0.0.1"
NAMES = {
    "site.test": [HERE],
    "xn--fsqu00a.test": [HERE],
    "private.test": ["10.0.0.1"],
    "mixed.test": ["8.8.8.8", "10.0.0.1"],
    "mixed6.test": ["2400:3200::1", "::1"],
    "localhost": [HERE, "::1"],
    "nobody.test": [],
}
PRIVATE = [
    "http://private.test/",
    "https://private.test/",
    "http://mixed.test/",
    "http://mixed6.test/",
    "http://10.0.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::a00:1]/",
    "http://[2002:a00:1::]/",
    "http://[fd00:ec2::254]/",
    "http://0x0a000001/",
    "http://0xa.0.0.1/",
    "http://167772161/",
    "http://012.0.0.1/",
    "http://10.1/",
    "http://10。0。0。1/",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://100.100.100.200/",
    "http://255.255.255.255/",
]
LOOPBACK = [
    "http://localhost/",
    "http://127.0.0.1/",
    "http://127.0.0.1:11434/",
    "http://[::ffff:127.0.0.1]/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://127.1/",
]
NOT_WEB = [
    "file:///etc/passwd",
    "file://site.test/etc/passwd",
    "ftp://site.test/",
    "gopher://site.test/_GET",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "ws://site.test/",
]
BROKEN = [
    "http://",
    "http:///path",
    "http://[::1",
    "http://user:marker@[::1",
    "http://site.test:99999/?token=marker",
    "http://site.test:marker/",
    "http://site test/",
    "http://site.test\\.private.test/",
    "http://site..test/",
    "http://site.test\0/",
    "http://[fe80::1%25lo]/",
    "http://%31%30.0.0.1/",
    f"http://{'a' * 64}.test/",
    f"http://{'a.' * 200}test/",
    "http://site.test/\ud800",
    "http://℀.test/",
    "http://user@site.test/",
    "http://user:marker@site.test/",
    "http://10.0.0.1@site.test/",
    "http://site.test@10.0.0.1/",
]


def look_up(host: str, port: int) -> Sequence[str]:
    """Resolve as the system would: odd spellings of addresses, and the names of these tests."""
    if host in NAMES:
        return NAMES[host]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [str(ip_address(host))]


def is_here_or_public(address: IPAddress) -> bool:
    return address == ip_address(HERE) or is_public(address)


def fetch(url: str, **options: Any) -> bytes:
    """Fetch at most 1000 bytes, with this machine for a part of the internet."""
    defaults: dict[str, Any] = {
        "max_bytes": 1000,
        "resolve": look_up,
        "allowed": is_here_or_public,
    }
    return fetch_public(url, **defaults | options)


def always(*pieces: bytes) -> Callable[[str], Iterable[bytes]]:
    return lambda path: pieces
