"""Which addresses are on the public internet, for whoever fetches what a stranger names."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_UNICAST = ipaddress.ip_network("2000::/3")
_CARRIERS = (
    ipaddress.ip_network("::ffff:0:0/96"),  # IPv4 in IPv6's clothes
    ipaddress.ip_network("64:ff9b::/96"),  # NAT64
)
_NOT_PUBLIC = (  # beyond what every release of Python's ipaddress knows
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's own services, its metadata among them
    ipaddress.ip_network("192.0.0.0/24"),  # for protocols; Oracle's metadata is at 192.0.0.192
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
    ipaddress.ip_network("2001::/32"),  # Teredo carries any IPv4 address
    ipaddress.ip_network("2002::/16"),  # and so does 6to4
    ipaddress.ip_network("3fff::/20"),  # for documentation
)


def is_public(address: IPAddress) -> bool:
    """Say whether an address is a host of the public internet.

    An IPv4 address inside an IPv6 one (mapped, NAT64) is judged as itself; 6to4 and Teredo, by
    which nobody serves anything today, are never public. A NAT64 prefix that a network chose for
    itself cannot be told from other addresses.

    Args:
        address: what a name was resolved to.

    Returns:
        False for private, loopback, link-local, shared, multicast, reserved and documentation
        addresses, and for those at which clouds keep their metadata.
    """
    actual = _unwrapped(address)
    if actual.version == 6 and actual not in _UNICAST:
        return False
    if actual.is_multicast or not actual.is_global:
        return False
    return not any(actual in network for network in _NOT_PUBLIC)


def _unwrapped(address: IPAddress) -> IPAddress:
    if any(address in network for network in _CARRIERS):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
