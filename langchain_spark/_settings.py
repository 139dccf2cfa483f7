"""What ChatSpark, SparkLLM and SparkEmbeddings are set up with."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any, Self

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    model_validator,
)

from iflytek_spark import (
    AsyncSparkClient,
    ModelSpec,
    SparkClient,
    Timeouts,
    WebSearch,
)
from iflytek_spark.adapting import (
    MODEL_OPTIONS,
    client_of,
    client_settings,
    credentials_of,
    join_options,
    without_keys,
)
from iflytek_spark.catalogue import resolve
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.messages import Thinking
from iflytek_spark.tokens import estimate_tokens
from langchain_spark._errors import model_errors
from langchain_spark._tools import to_choice, to_tools


class Connection(BaseModel):
    """Who calls, and how the service is reached."""

    model_config = ConfigDict(
        populate_by_name=True,
        arbitrary_types_allowed=True,
        defer_build=True,  # of no use by itself: building validators takes ms of each import
    )

    app_id: str | None = None
    """APPID of the console; from the environment by default."""
    api_key: SecretStr | None = None
    """APIKey of the console; from the environment by default."""
    api_secret: SecretStr | None = None
    """APISecret of the console; from the environment by default."""
    base_url: str | None = None
    """Another address; without a path it replaces scheme and host only."""
    timeout: float | InstanceOf[Timeouts] | None = Field(
        default=None, validation_alias=AliasChoices("timeout", "request_timeout")
    )
    """Seconds for the whole call, or the four time-outs."""
    max_retries: int = 2
    """Further tries after a failure that may pass, before the first token only."""
    proxy: str | None = Field(default=None, repr=False, exclude=True)
    """``http://…`` or ``socks5h://…``; by default what the environment says."""
    ssl_context: InstanceOf[ssl.SSLContext] | None = Field(default=None, repr=False, exclude=True)
    """Your own CA; certificates are always verified."""
    client: InstanceOf[SparkClient] | None = Field(default=None, repr=False, exclude=True)
    """A client of your own for sync calls."""
    async_client: InstanceOf[AsyncSparkClient] | None = Field(
        default=None, repr=False, exclude=True
    )
    """A client of your own for async calls."""

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        """Refuse wrong settings and missing credentials now rather than at the first call."""
        self._checked_client()
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the keys out of a pickle."""
        return without_keys(super().__getstate__())

    def __setstate__(self, state: dict[Any, Any]) -> None:
        """Read the keys from the environment; where they are not set, the first call says so."""
        super().__setstate__(state)
        if not (self.client or self.async_client):
            with contextlib.suppress(MissingCredentialsError):
                self._resolve_credentials()

    def _checked_client(self) -> SparkClient | AsyncSparkClient:
        with model_errors():
            given = self.client or self.async_client
            if given is None:
                self._resolve_credentials()
            return given or self._sync_client

    def _resolve_credentials(self) -> None:
        found = credentials_of(self)
        self.app_id = found.app_id
        self.api_key, self.api_secret = SecretStr(found.api_key), SecretStr(found.api_secret)

    @property
    def _sync_client(self) -> SparkClient:
        return self.client or client_of(self, SparkClient, self._client_settings())

    @property
    def _aio_client(self) -> AsyncSparkClient:
        return self.async_client or client_of(self, AsyncSparkClient, self._client_settings())

    def _client_settings(self) -> dict[str, Any]:
        return client_settings(self)


class Completion(Connection):
    """Which model answers, and how."""

    model: str | InstanceOf[ModelSpec] = Field(
        default="", validation_alias=AliasChoices("model", "model_name")
    )
    """Any of a model's names, or a spec; ``SPARK_MODEL`` or 4.0 Ultra by default."""
    preconnect: int = 0
    """Connections that are kept open ahead of calls, while there are any; 0 for none."""
    temperature: float | None = None
    """Randomness; each model's range stands in the catalogue."""
    top_k: int | None = None
    """How many candidates a token is drawn from, 1 to 6."""
    max_tokens: int | None = None
    """The longest answer, in tokens."""
    top_p: float | None = None
    """Nucleus sampling, X models only."""
    presence_penalty: float | None = None
    """X models only."""
    frequency_penalty: float | None = None
    """X models only."""
    stop: str | list[str] | None = Field(
        default=None, validation_alias=AliasChoices("stop", "stop_sequences")
    )
    """Strings at which the answer is cut, on this side: Spark has no such option."""
    uid: str | None = None
    """An id of the end user, at most 32 characters; random for each call by default."""
    web_search: bool | WebSearch | dict[str, Any] = False
    """Whether the model searches the web: True, or ``{"mode": "deep"}``. Spark searches by default
    on Pro, Max and Ultra; this class does not, so that prompts stay where they are sent, and
    time and tokens are what the prompt asks for."""
    thinking: Thinking | None = None
    """Whether an X model thinks before it answers: ``enabled``, ``disabled`` or ``auto``."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further keys for Spark's ``parameter.chat``, sent as they are."""

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        """Refuse wrong settings now, and name the model that the environment chose."""
        default = self._checked_client().model
        self.model = self.model or default.name
        return self

    @property
    def _spec(self) -> ModelSpec:
        return resolve(self.model)

    def _client_settings(self) -> dict[str, Any]:
        return {**super()._client_settings(), "model": self.model or None}

    def _parameters(self) -> dict[str, Any]:
        """Return all that changes an answer, and no secret."""
        given = {name: getattr(self, name) for name in MODEL_OPTIONS}
        given["stop_sequences"] = given.pop("stop")  # LangChain's cache key has a stop of its own
        spec = self._spec
        return {
            "model": spec.name,
            "domain": spec.domain,
            "url": spec.url,
            "patch_id": spec.patch_id,
            "base_url": self.base_url,
            "model_kwargs": dict(self.model_kwargs),
            **{name: value for name, value in given.items() if value is not None},
        }

    def get_token_ids(self, text: str) -> list[int]:
        """Refuse: Spark's vocabulary is not public.

        Raises:
            NotImplementedError: always; :meth:`get_num_tokens` gives an estimate.
        """
        raise NotImplementedError("Spark's vocabulary is not public; use get_num_tokens")

    def get_num_tokens(self, text: str) -> int:
        """Estimate the tokens of a text; see :func:`iflytek_spark.tokens.estimate_tokens`."""
        return estimate_tokens(text)

    def _options(self, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Join the options of a call with the model's own; the call's win."""
        given = kwargs if stop is None else {**kwargs, "stop": stop}
        return join_options(self, given, to_tools, to_choice)
