"""What the models of every AI framework are set up with, as pydantic mixins.

An adapter's model inherits :class:`ChatSettings`, one of embeddings :class:`ConnectionSettings`;
both give it a client, and the first one the options of a call::

    options = self._call_options(kwargs)
    response = self._sync_client().chat(messages, **options)

Keys, address and default model are found once, when the object is made: what the environment says
later changes nothing, for copies and pickles neither. Keys are never pickled.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from pydantic import Field, InstanceOf, model_validator

from iflytek_spark.adapters.clients import kept_client
from iflytek_spark.adapters.fields import (
    Model,
    check_names,
    hidden_field,
    option_field,
    read_web_search,
)
from iflytek_spark.adapters.keys import KEYS, KeySettings
from iflytek_spark.assumptions import MAX_RESPONSE_BYTES
from iflytek_spark.client import AsyncSparkClient, SparkClient
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.messages import Thinking, WebSearch
from iflytek_spark.models.catalogue import find_model, list_models
from iflytek_spark.models.routes import WireChoice, may_use_http, route
from iflytek_spark.models.services import Service
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.rates import Turns
from iflytek_spark.requests.options import OPTIONS, ChatOptions, checked_options
from iflytek_spark.requests.unsupported import Unsupported
from iflytek_spark.timeouts import Timeouts
from iflytek_spark.transports.proxy import resolve_proxy

__all__ = ["MODEL_OPTIONS", "CallOptions", "ChatSettings", "ConnectionSettings", "Model"]

_Client = TypeVar("_Client", SparkClient, AsyncSparkClient)
_OF_CLIENTS = (
    "timeout", "max_retries", "proxy", "ssl_context", "strict", "max_response_bytes", "rate",
)  # fmt: skip
_SHARED_BY_COPIES = ("ssl_context", "client", "async_client")


class CallOptions(ChatOptions, total=False):
    """All keyword arguments of :meth:`iflytek_spark.SparkClient.stream`."""

    model: str | ModelSpec


class ConnectionSettings(KeySettings):
    """Who calls, and how the service is reached."""

    base_url: str | None = Field(
        default=None,
        description="Another address; without a path it replaces scheme and host only. "
        "`SPARK_BASE_URL` by default.",
    )
    timeout: float | Timeouts | None = Field(
        default=None, description="Seconds for the whole call, or the four time-outs."
    )
    max_retries: int = Field(
        default=2,
        description="Further tries after a failure that may pass, before the first token only.",
    )
    proxy: str | None = hidden_field(
        "`http://…` or `socks5h://…`; by default what the environment says."
    )
    ssl_context: InstanceOf[ssl.SSLContext] | None = hidden_field(
        "Your own CA; certificates are always verified. It cannot be pickled."
    )
    strict: bool = hidden_field(
        "Whether an answer that is not as documented, but understood, is an error.", False
    )
    max_response_bytes: int = hidden_field(
        "The most bytes that one answer may have.", MAX_RESPONSE_BYTES
    )
    rate: InstanceOf[Turns] | None = hidden_field(
        "What the account may ask in a second and at once; a `Rate` of `iflytek_spark.rates`."
    )
    client: InstanceOf[SparkClient] | None = hidden_field("A client of your own for sync calls.")
    async_client: InstanceOf[AsyncSparkClient] | None = hidden_field(
        "A client of your own for async calls."
    )
    endpoint: InstanceOf[Endpoint] | None = hidden_field(
        "Where calls go, as it was found when the object was made; leave it alone."
    )

    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, data: Any) -> Any:
        """Refuse unknown settings by name, with the nearest that exists."""
        if isinstance(data, Mapping):
            check_names(data, cls.model_fields)
        return data

    @model_validator(mode="after")
    def _resolve_settings(self) -> Self:
        """Refuse wrong settings and missing credentials now rather than at the first call."""
        self._resolve()
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the keys out of a pickle. What a framework has taken out before is None in it."""
        state = super().__getstate__()
        removed = dict.fromkeys(_SHARED_BY_COPIES)
        fields = {**removed, **state["__dict__"], **dict.fromkeys(KEYS)}
        return {**state, "__dict__": fields}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Read the keys from the environment; where they are not set, the first call says so."""
        super().__setstate__(state)
        with contextlib.suppress(MissingCredentialsError):
            self._resolve_credentials()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; what opens connections is shared, because it cannot be copied."""
        memo = {} if memo is None else memo
        for shared in filter(None, (getattr(self, name) for name in _SHARED_BY_COPIES)):
            memo[id(shared)] = shared
        return super().__deepcopy__(memo)

    @property
    def _own_client(self) -> SparkClient | AsyncSparkClient | None:
        return self.client or self.async_client

    def _resolve(self) -> None:
        """Find the keys and the address, and try whether a client can be made of the settings."""
        try:
            self._resolve_credentials()
        except MissingCredentialsError:
            if self._own_client is None:
                raise
        self.endpoint = self._resolved_endpoint()
        if self.proxy:
            resolve_proxy("", self.proxy)
        if self._own_client is None:
            asked = self._asked
            client = self._sync_client()
            if asked is not None:
                client.check_keys(asked)

    @property
    def _asked(self) -> ModelSpec | Service | None:
        """What calls are sure to ask, so that a key for it must be there."""
        return None

    def _resolved_endpoint(self) -> Endpoint:
        """Return where calls go; a client of one's own knows it."""
        if self._own_client is not None:
            return Endpoint.from_env(self._model_setting(), self._own_client.endpoint)
        known = self.endpoint or Endpoint.from_env(self._model_setting(), self.base_url)
        return Endpoint.from_env(self._model_setting(), known.at(self.base_url))

    def _model_setting(self) -> str | ModelSpec | None:
        return None

    @property
    def _keeps_connections(self) -> bool:
        """Whether calls may go over HTTP, whose connections are kept for the next call."""
        return False

    def _sync_client(self) -> SparkClient:
        """Return the client of a sync call."""
        return self.client or self._client_of(SparkClient)

    def _async_client(self) -> AsyncSparkClient:
        """Return the client of an async call."""
        return self.async_client or self._client_of(AsyncSparkClient)

    def _client_settings(self) -> dict[str, Any]:
        known = {"credentials": self._credentials(), "base_url": self._resolved_endpoint()}
        return known | {name: getattr(self, name) for name in _OF_CLIENTS}

    def _client_of(self, client_class: type[_Client]) -> _Client:
        """Make a client for a call; only one that keeps connections open is state to be kept."""
        settings = self._client_settings()
        kept = settings.get("preconnect") or self._keeps_connections
        return kept_client(self, client_class, settings) if kept else client_class(**settings)


class ChatSettings(ConnectionSettings):
    """Which model answers, and how."""

    model: Model = Field(
        default="",
        description="Any of a model's names, or a spec; `SPARK_MODEL` or 4.0 Ultra by default.",
    )
    image_model: Model | None = option_field("image_model", "image")
    preconnect: int = Field(
        default=0, description="Connections to keep open ahead of calls, while there are any."
    )
    temperature: float | None = option_field("temperature")
    top_k: int | None = option_field("top_k")
    max_tokens: int | None = option_field("max_tokens")
    top_p: float | None = option_field("top_p")
    presence_penalty: float | None = option_field("presence_penalty")
    frequency_penalty: float | None = option_field("frequency_penalty")
    stop: str | list[str] | None = option_field("stop")
    uid: str | None = option_field("uid")
    web_search: bool | WebSearch = option_field("web_search", False)
    thinking: Thinking | None = option_field("thinking")
    wire: WireChoice | None = option_field("wire")
    unsupported: Unsupported | None = option_field("unsupported")
    model_kwargs: dict[str, Any] = Field(
        default_factory=dict,
        description="Further keys for Spark's `parameter.chat`, sent as they are.",
    )

    def _resolve(self) -> None:
        """Name the model too that the environment or the client chose, and check its options."""
        super()._resolve()
        if not self.model:
            default = self._resolved_endpoint().model
            self.model = default.name if default in list_models() else default
        self._check_options()

    @property
    def _asked(self) -> ModelSpec:
        return self._spec

    def _check_options(self) -> None:
        """Refuse now what every call would be refused for."""
        options = self._call_options({})
        options.pop("model")
        options["unsupported"] = self._unsupported
        checked_options(route(self._spec, self._wire, tools=False), options)

    def _model_setting(self) -> str | ModelSpec | None:
        return self.model or None

    def _client_settings(self) -> dict[str, Any]:
        own = {"preconnect": self.preconnect, "wire": self._wire}
        return {**super()._client_settings(), **own}

    @property
    def _spec(self) -> ModelSpec:
        """The model that answers calls which name none."""
        return find_model(self.model or self._resolved_endpoint().model)

    @property
    def _wire(self) -> WireChoice:
        """Over which wire calls go that do not say it."""
        own = self._own_client
        return self.wire or (own.wire if own else "auto")

    @property
    def _tools_spec(self) -> ModelSpec:
        """The model as calls with tools reach it."""
        return route(self._spec, self._wire, tools=True)

    @property
    def _keeps_connections(self) -> bool:
        return may_use_http(self._spec, self._wire)

    @property
    def _unsupported(self) -> Unsupported:
        """What is done with what the model lacks, in calls that do not say it."""
        own = self._own_client
        return self.unsupported or (own.unsupported if own else "refuse")

    def _call_options(self, given: Mapping[str, object]) -> CallOptions:
        """Join the options of a call with the model's own; the call's win.

        Args:
            given: the options of the call; tools and their choice in the core's form.

        Returns:
            Keyword arguments for :meth:`iflytek_spark.SparkClient.stream`, which checks them.

        Raises:
            InvalidRequestError: for a web search with unknown keys.
        """
        options: dict[str, Any] = {name: getattr(self, name) for name in MODEL_OPTIONS}
        extra = cast("Mapping[str, object]", given.get("model_kwargs") or {})
        options["extra"] = {**self.model_kwargs, **extra}
        options |= {name: value for name, value in given.items() if name not in _NOT_SENT}
        options["web_search"] = read_web_search(options["web_search"])
        return cast("CallOptions", options)


MODEL_OPTIONS = (
    "model",
    *(name for name, row in OPTIONS.items() if row.setting and name != "timeout"),
)
"""The options of a call that are fields of :class:`ChatSettings`; a client has the time-outs."""

_NOT_SENT = ("model_kwargs", "parallel_tool_calls", "strict")
"""Options of other providers that change nothing here: how many tools an answer calls is Spark's
choice, and their arguments are validated by the caller."""
