"""Where a call goes: the model and the address, from arguments and the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit, urlunsplit

from iflytek_spark.credentials import OWN_FAMILY, environment, environment_family
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.messages import Wire
from iflytek_spark.models.catalogue import DEFAULT_MODEL, find_model
from iflytek_spark.models.http_models import (
    CHAT_PATH,
    EMBEDDINGS_PATH,
    MAAS_HOSTS,
    OPEN_HOST,
    RERANK_PATH,
)
from iflytek_spark.models.services import Service
from iflytek_spark.models.spec import ModelSpec

_OPEN_NAME = urlsplit(OPEN_HOST).hostname
_HTTP_HOSTS = {_OPEN_NAME, *(urlsplit(host).hostname for host in MAAS_HOSTS)}
_VERSION = "/v2"
_TAILS = (CHAT_PATH, EMBEDDINGS_PATH.removeprefix(_VERSION), RERANK_PATH.removeprefix(_VERSION))
"""What the address of a request over HTTP ends in, behind its version."""
_DOUBLED = re.compile(r"(/v\d+|/x2|/agent/v1)(?:/v1)+$")
"""``/v1`` behind a path that has its version already, as clients append it."""
_USUAL_PORT = {"ws": 80, "wss": 443, "http": 80, "https": 443}
_SCHEMES = {  # by whether it is a WebSocket, and whether it is secure
    (True, True): "wss",
    (True, False): "ws",
    (False, True): "https",
    (False, False): "http",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A client's defaults for model and address.

    Attributes:
        model: the model of calls that name none.
        base_url: an address that replaces the catalogue's, or None.
        base_model: the only model that ``base_url`` is for, or None when it is for all.
    """

    model: ModelSpec
    base_url: str | None = None
    base_model: ModelSpec | None = None

    @classmethod
    def from_env(
        cls,
        model: str | ModelSpec | None = None,
        base_url: str | Endpoint | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Endpoint:
        """Combine explicit values with the environment; explicit ones win.

        Other clients' variables name a whole address and its domain (SPARKAI_URL with
        SPARKAI_DOMAIN): such an address is used for that model alone, because an address and
        a domain that do not belong together are refused (PROTOCOL.md §1).

        Args:
            model: the default model.
            base_url: an address as in :func:`address`; or an endpoint that was found before,
                for which no environment is read.
            environ: the variables; the process's own by default.

        Returns:
            The endpoint.

        Raises:
            UnknownModelError: for an unknown model.
            ConfigurationError: for an unusable address.
        """
        if isinstance(base_url, Endpoint):
            return base_url if model is None else replace(base_url, model=find_model(model))
        environ = environment(environ)
        family = environment_family(environ)
        named = environ.get(OWN_FAMILY.model, "").strip() or environ.get(family.model, "").strip()
        url = base_url or environ.get(OWN_FAMILY.url, "").strip()
        only_for: ModelSpec | None = None
        if not url and family is not OWN_FAMILY and named:
            url, only_for = environ.get(family.url, "").strip(), find_model(named)
        if url:
            _parse(url)
        return cls(find_model(model or named or DEFAULT_MODEL), url or None, only_for)

    def at(self, base_url: str | None) -> Endpoint:
        """Return this endpoint at another address; None keeps its own."""
        return replace(self, base_url=base_url, base_model=None) if base_url else self

    def url(self, spec: ModelSpec) -> str:
        """Return the address for ``spec``."""
        if self.base_model is not None and self.base_model != spec:
            return spec.url
        return address(spec.url, self.base_url)

    @property
    def only_wire(self) -> Wire | None:
        """The wire that ``base_url`` is surely for, or None when it may be for both."""
        if self.base_url is None or self.base_model is not None:
            return None
        parts = urlsplit(self.base_url)
        if parts.path.rstrip("/").endswith(CHAT_PATH) or parts.hostname in _HTTP_HOSTS:
            return "http"
        has_path = bool(parts.path.strip("/"))
        return "websocket" if has_path and parts.scheme in ("ws", "wss") else None

    def service_url(self, service: Service) -> str:
        """Return the address of a service of signed POST.

        An address that is for one model alone is not for a service; see :meth:`from_env`.
        """
        return address(service.url, None if self.base_model is not None else self.base_url)

    def batch_url(self) -> str:
        """Return the base of the addresses of the Batch API; see :meth:`service_url`."""
        own = f"{OPEN_HOST}/v1{CHAT_PATH}"
        base_url = None if self.base_model is not None else self.base_url
        return address(own, base_url).removesuffix(CHAT_PATH)


def address(own: str, base_url: str | None) -> str:
    """Return the address of a model or a service.

    Args:
        own: the catalogue's address.
        base_url: None for the catalogue's address; without a path (``ws://127.0.0.1:8765``) it
            replaces scheme and host; with a path it is used as it is. Its scheme may be that of
            a WebSocket or of HTTP: what counts is whether it is secure.

    Returns:
        An address of the catalogue's kind: ws or wss, http or https. That of a chat over HTTP ends
        in ``/chat/completions`` once, and has one version: what is doubled is put right; those of
        hosted vectors and ranks likewise. On ``spark-api-open`` the path is the model's own.

    Raises:
        ConfigurationError: when ``base_url`` is not an address, or one of a WebSocket's with a path
            where the model is asked over HTTP.
    """
    if not base_url:
        return own
    base, mine = _parse(base_url), urlsplit(own)
    path = base.path if base.path.strip("/") else mine.path
    tail = next(filter(mine.path.endswith, _TAILS), None)
    if tail:
        path = _http_path(base, mine, tail)
    scheme = _SCHEMES[mine.scheme.startswith("ws"), base.scheme in ("wss", "https")]
    return urlunsplit((scheme, _host(base), path, "", ""))


def _http_path(base: SplitResult, mine: SplitResult, tail: str) -> str:
    given = base.path.rstrip("/")
    if given and base.scheme in ("ws", "wss"):
        raise ConfigurationError(
            "base_url is the address of a WebSocket, and this call goes over HTTP",
            hint="give base_url without a path, or wire='websocket'",
        )
    while given.endswith(_TAILS):
        given = given.removesuffix(next(filter(given.endswith, _TAILS))).rstrip("/")
    given = _DOUBLED.sub(r"\1", given)
    own_path = not given or base.hostname == _OPEN_NAME
    return mine.path if own_path else given + tail


def _host(base: SplitResult) -> str:
    """Write the host as the Host header will have it, since it is signed."""
    name = base.hostname or ""
    name = f"[{name}]" if ":" in name else name
    return name if base.port in (None, _USUAL_PORT[base.scheme]) else f"{name}:{base.port}"


def _parse(url: str) -> SplitResult:
    """Split an address of which only scheme, host, port and path may be given."""
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and url.isprintable() and url.isascii()
        (parts.hostname or "").encode("idna")  # fails as the look-up would
        extra = parts.query or parts.fragment or "@" in parts.netloc or " " in url
    except (ValueError, AttributeError, TypeError):
        usable, extra = False, ""
    if not usable or extra or parts.scheme not in _USUAL_PORT:
        raise ConfigurationError(
            f"base_url {str(url).rpartition('@')[2]!r} is not an address of the service",
            hint="write it like wss://spark-api.xf-yun.com or ws://127.0.0.1:8765",
        )
    return parts
