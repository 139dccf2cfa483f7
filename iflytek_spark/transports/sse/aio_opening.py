"""Opens the asyncio connections, directly or through a proxy; ``sockets`` does so for threads."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from urllib.parse import urlsplit

from python_socks import ProxyConnectionError, ProxyError
from python_socks.async_.asyncio import Proxy

from iflytek_spark.protocol.steps import ConnectionFailedError
from iflytek_spark.transports.proxy import proxy_login, resolve_proxy
from iflytek_spark.transports.resolver import SERVICE_RESOLVER, with_shares
from iflytek_spark.transports.sockets import PROXY_KINDS, usable_address
from iflytek_spark.transports.sse.aio_connections import Connection
from iflytek_spark.transports.sse.answer import Origin


async def open_connection(
    url: str, proxy: str | None, context: ssl.SSLContext | None, timeout: float
) -> Connection:
    """Connect the running loop to the host of a URL.

    Args:
        url: an http or https address.
        proxy: as in :class:`~iflytek_spark.transports.base.ConnectionOptions`.
        context: the TLS context of an https address, None for http.
        timeout: seconds for all of it: names, proxy and TLS too.

    Returns:
        The connection, over TLS if there is a context.

    Raises:
        TimeoutError: when it takes longer.
        OSError: when the connection or TLS fails.
        ConnectionFailedError: when the proxy refuses.
    """
    origin, chosen = Origin.of(url), resolve_proxy(url, proxy)
    deadline = time.monotonic() + timeout
    async with asyncio.timeout(timeout):
        if chosen is None:
            return await _connected(origin, context, deadline)
        sock = await _through_proxy(chosen, origin, deadline)
        name = origin.name if context else None
        _, made = await asyncio.get_running_loop().create_connection(
            Connection, sock=sock, ssl=context, server_hostname=name
        )
        return made


async def _connected(origin: Origin, context: ssl.SSLContext | None, deadline: float) -> Connection:
    """Connect to the first address that answers; each has its share of the time left."""
    addresses = await SERVICE_RESOLVER.addresses_async(origin.name, origin.port)
    loop, name = asyncio.get_running_loop(), origin.name if context else None
    for address, share in with_shares(addresses, deadline):
        try:
            async with asyncio.timeout(share):
                _, made = await loop.create_connection(
                    Connection, address, origin.port, ssl=context, server_hostname=name
                )
        except ssl.SSLError:
            raise
        except OSError:
            if address == addresses[-1]:
                raise
        else:
            return made
    raise ConnectionFailedError("the name has no address")


async def _through_proxy(proxy: str, origin: Origin, deadline: float) -> socket.socket:
    """Open a tunnel; all names are looked up here that the proxy does not look up itself."""
    parts, look_up = urlsplit(proxy), SERVICE_RESOLVER.addresses_async
    kind, remote_names = PROXY_KINDS[parts.scheme]
    at, login, host = parts.port or 0, proxy_login(proxy), origin.name
    addresses = await look_up(parts.hostname or "", at)
    if not remote_names:
        host = usable_address(await look_up(host, origin.port), kind)
    for address, share in with_shares(addresses, deadline):
        tunnel = Proxy(kind, address, at, *login, remote_names)
        try:
            return await tunnel.connect(host, origin.port, timeout=share)
        except ProxyConnectionError:
            if address == addresses[-1]:
                raise
        except ProxyError as error:
            raise ConnectionFailedError(f"the proxy refused: {error}") from error
    raise ConnectionFailedError("the proxy has no address")
