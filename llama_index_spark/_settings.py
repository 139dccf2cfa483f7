"""What SparkLLM and SparkEmbedding are set up with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    SecretStr,
    model_validator,
)
from pydantic_core import to_jsonable_python

from iflytek_spark import (
    AsyncSparkClient,
    ModelSpec,
    SparkClient,
    Timeouts,
    WebSearch,
)
from iflytek_spark.adapting import client_of, client_settings, join_options, without_keys
from iflytek_spark.catalogue import resolve
from iflytek_spark.messages import Thinking
from llama_index_spark._tools import to_choice, to_tools

_SHARED = ("ssl_context", "client", "async_client")

Model: TypeAlias = Annotated[str | ModelSpec, PlainSerializer(to_jsonable_python)]


class Connection(BaseModel):
    """Who calls, and how the service is reached."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid", defer_build=True)

    app_id: str | None = Field(
        default=None, description="APPID of the console; from the environment by default."
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="APIKey of the console; from the environment by default.",
        exclude=True,
        repr=False,
    )
    api_secret: SecretStr | None = Field(
        default=None,
        description="APISecret of the console; from the environment by default.",
        exclude=True,
        repr=False,
    )
    base_url: str | None = Field(
        default=None,
        description="Another address; without a path it replaces scheme and host only.",
    )
    timeout: float | Timeouts | None = Field(
        default=None, description="Seconds for the whole call, or the four time-outs."
    )
    max_retries: int = Field(
        default=2,
        description="Further tries after a failure that may pass, before the first token only.",
    )
    proxy: str | None = Field(
        default=None,
        description="http://… or socks5h://…; by default what the environment says.",
        exclude=True,
        repr=False,
    )
    ssl_context: InstanceOf[ssl.SSLContext] | None = Field(
        default=None,
        description="Your own CA; certificates are always verified. It cannot be pickled.",
        exclude=True,
        repr=False,
    )
    client: InstanceOf[SparkClient] | None = Field(
        default=None, description="A client of your own for sync calls.", exclude=True, repr=False
    )
    async_client: InstanceOf[AsyncSparkClient] | None = Field(
        default=None, description="A client of your own for async calls.", exclude=True, repr=False
    )

    @model_validator(mode="before")
    @classmethod
    def _without_class_name(cls, data: Any) -> Any:
        """Pass over the class's name, which LlamaIndex writes beside the fields."""
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if key != "class_name"}
        return data

    @model_validator(mode="after")
    def _check_connection(self) -> Self:
        """Refuse wrong settings and missing credentials now rather than at the first call."""
        if self.async_client is None:
            self._sync_client()
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Leave the keys out of a pickle."""
        return without_keys(super().__getstate__())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; what opens connections is shared, because it cannot be copied."""
        memo = {} if memo is None else memo
        for shared in filter(None, (getattr(self, name) for name in _SHARED)):
            memo[id(shared)] = shared
        return super().__deepcopy__(memo)

    def _sync_client(self) -> SparkClient:
        """Make a client; it holds nothing open, so that a model has no state of its own."""
        return self.client or client_of(self, SparkClient, self._client_settings())

    def _aio_client(self) -> AsyncSparkClient:
        return self.async_client or client_of(self, AsyncSparkClient, self._client_settings())

    def _client_settings(self) -> dict[str, Any]:
        return client_settings(self)


class Completion(Connection):
    """Which model answers, and how."""

    model: Model = Field(
        default="",
        description="Any of a model's names, or a spec; SPARK_MODEL or 4.0 Ultra by default.",
    )
    preconnect: int = Field(
        default=0,
        description="Connections that are kept open ahead of calls, while there are any.",
    )
    temperature: float | None = Field(
        default=None, description="Randomness; each model's range stands in the catalogue."
    )
    top_k: int | None = Field(
        default=None, description="How many candidates a token is drawn from, 1 to 6."
    )
    max_tokens: int | None = Field(default=None, description="The longest answer, in tokens.")
    top_p: float | None = Field(default=None, description="Nucleus sampling, X models only.")
    presence_penalty: float | None = Field(default=None, description="X models only.")
    frequency_penalty: float | None = Field(default=None, description="X models only.")
    stop: str | list[str] | None = Field(
        default=None,
        description="Strings at which the answer is cut, on this side: Spark has no such option.",
    )
    uid: str | None = Field(
        default=None, description="An id of the end user, at most 32 characters."
    )
    web_search: bool | WebSearch = Field(
        default=False,
        description="Whether the model searches the web: True, or a WebSearch. Spark itself "
        "searches by default on Pro, Max and Ultra; this class does not.",
    )
    thinking: Thinking | None = Field(
        default=None, description="Whether an X model thinks before it answers."
    )
    model_kwargs: dict[str, Any] = Field(
        default_factory=dict,
        description="Further keys for Spark's parameter.chat, sent as they are.",
    )
    image_model: Model | None = Field(
        default="image",
        description="The model that answers messages with an image when `model` cannot look at "
        "images; None refuses them.",
    )

    @model_validator(mode="after")
    def _check_completion(self) -> Self:
        """Name the model that the environment or the library chose."""
        client = self.client or self.async_client or self._sync_client()
        self.model = self.model or client.model.name
        resolve(self.model)
        return self

    @property
    def _spec(self) -> ModelSpec:
        return resolve(self.model)

    def _client_settings(self) -> dict[str, Any]:
        return {**super()._client_settings(), "model": self.model or None}

    def _options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Join the options of a call with the model's own; the call's win."""
        return join_options(self, given, to_tools, to_choice)
