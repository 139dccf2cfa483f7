"""What both transports of signed POST have in common: one request, one message as the answer.

httpx2's clients are not used: they write each address to the log at INFO, and a signed URL is a
secret. One transport serves one call after the other on one connection, which it keeps open
between them; connecting, sending and receiving are one exchange, which ``receive`` carries out.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2

from iflytek_spark.assumptions import MAX_MESSAGE_BYTES
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.protocol.secrets.log_filter import HTTP_LOGGERS, filter_logs, redacted_logs
from iflytek_spark.protocol.steps import (
    ConnectionFailedError,
    ConnectTimedOutError,
    HTTPStatusError,
    MessageTooLargeError,
    NotConnectedError,
    Opening,
    RedirectedError,
)
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.tls import checked_context

filter_logs(HTTP_LOGGERS)

_HEADERS = {"Accept-Encoding": "identity"}


class Exchange(NamedTuple):
    """What the next exchange sends, and how long its parts may take.

    Attributes:
        opening: where it goes.
        connect_timeout: seconds until a connection must be open.
        body: the request's body.
    """

    opening: Opening
    connect_timeout: float
    body: bytes = b""

    def request(
        self, timeout: float, address: str | None = None, **extensions: Any
    ) -> httpx2.Request:
        """Return the request.

        Args:
            timeout: seconds that it may take, once it is connected.
            address: what the host's name was found to be; None has it looked up.
            **extensions: further ones of httpx2.
        """
        seconds = dict.fromkeys(("read", "write", "pool"), timeout)
        timeouts = {"connect": self.connect_timeout, **seconds}
        url, headers = self.opening.url, self.opening.headers
        host = {"Host": urlsplit(url).netloc}  # what the signature covers
        target = httpx2.URL(url)
        if address is not None:
            extensions["sni_hostname"] = target.host  # which the certificate is for
            target = target.copy_with(host=address)
        return httpx2.Request(
            "POST",
            target,
            headers={**host, **_HEADERS, **headers},
            content=self.body,
            extensions={"timeout": timeouts, **extensions},
        )


class HttpCalls:
    """What a transport knows between its steps."""

    def __init__(self, route: ConnectionOptions) -> None:
        """Prepare without connecting."""
        self._route = route
        self._next: Exchange | None = None

    def close(self) -> None:
        """End a call; the connection is kept for the next one, until the ``with`` block ends."""
        self._next = None

    def _noted(self, answer: bytes) -> bytes:
        if self._route.on_answer is not None:
            self._route.on_answer(answer)
        return answer

    def _add_body(self, data: str | bytes) -> None:
        if self._next is None:
            raise ConnectionFailedError("the connection is closed")
        self._next = self._next._replace(body=data.encode() if isinstance(data, str) else data)

    def _logged(self, exchange: Exchange) -> AbstractContextManager[None]:
        return redacted_logs(exchange.opening, self._route.proxies, exchange.body)

    def _take_next(self) -> Exchange | None:
        exchange, self._next = self._next, None
        return exchange


def pool_settings(proxy: str | None, route: ConnectionOptions) -> dict[str, Any]:
    """Return the arguments of httpx2's transports, or refuse a proxy that they cannot use."""
    scheme = urlsplit(proxy or "").scheme
    if scheme.startswith("socks4"):
        raise ConfigurationError(
            f"httpx2, which sends this request, cannot use a {scheme} proxy",
            hint="name an http:// or socks5h:// proxy",
        )
    if scheme.startswith("socks5") and importlib.util.find_spec("socksio") is None:
        raise ConfigurationError(
            f"a {scheme} proxy needs a further package here", hint="pip install 'httpx2[socks]'"
        )
    return {
        "verify": checked_context(route.ssl_context),
        "proxy": proxy,
        "trust_env": False,
        "limits": httpx2.Limits(max_connections=1, keepalive_expiry=None),
    }


class Body(bytearray):
    """A response's body as it comes."""

    def add(self, chunk: bytes) -> None:
        """Add a chunk, unless the body becomes too large."""
        self += chunk
        if len(self) > MAX_MESSAGE_BYTES:
            raise MessageTooLargeError(f"more than {MAX_MESSAGE_BYTES} bytes")

    def checked(self, response: httpx2.Response) -> bytes:
        """Return the whole body, if the response's status is 200."""
        status = response.status_code
        if 300 <= status < 400:
            raise RedirectedError("the service answered with a redirect, which is not followed")
        if status != 200:
            raise HTTPStatusError(status, dict(response.headers), bytes(self))
        return bytes(self)


@contextlib.contextmanager
def http_failures() -> Iterator[None]:
    """Give every exception of httpx2 its place among the transports' own."""
    try:
        yield
    except httpx2.ConnectTimeout as error:
        raise ConnectTimedOutError from error
    except httpx2.TimeoutException as error:
        raise TimeoutError from error
    except (httpx2.ConnectError, httpx2.ProxyError, httpx2.InvalidURL) as error:
        raise NotConnectedError(str(error) or type(error).__name__) from error
    except TimeoutError:
        raise
    except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
        raise ConnectionFailedError(str(error) or type(error).__name__) from error
