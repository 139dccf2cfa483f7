"""ChatSpark: iFlytek Spark as a LangChain chat model."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from functools import cached_property
from typing import Any, Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, InstanceOf, SecretStr, model_validator

from iflytek_spark import (
    AsyncSparkClient,
    Credentials,
    ModelSpec,
    SparkClient,
    Timeouts,
    __version__,
)
from iflytek_spark.catalogue import resolve
from langchain_spark._convert import PROVIDER, to_ai_message, to_chunk, to_messages
from langchain_spark._errors import model_errors

_OPTIONS = (
    "temperature",
    "top_k",
    "max_tokens",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "uid",
)


class ChatSpark(BaseChatModel):
    """iFlytek Spark (讯飞星火) as a chat model.

    Setup:
        Install ``iflytek-spark[langchain]`` and set the three values of your app in the
        console (https://console.xfyun.cn).

        .. code-block:: bash

            export SPARK_APP_ID="…" SPARK_API_KEY="…" SPARK_API_SECRET="…"

    Key init args, completion:
        model: any of a model's names, or a :class:`~iflytek_spark.ModelSpec` of your own.
        temperature: randomness; 0 is sent as the smallest value that Spark takes.
        top_k: how many candidates a token is drawn from, 1 to 6.
        max_tokens: the longest answer, in tokens.
        stop: strings at which the answer is cut.

    Key init args, client:
        app_id, api_key, api_secret: from the environment by default.
        base_url: another address; without a path it replaces scheme and host only.
        timeout: seconds for the whole call, or four :class:`~iflytek_spark.Timeouts`.
        max_retries: further tries after a failure that may pass.

    Instantiate:
        .. code-block:: python

            from langchain_spark import ChatSpark

            llm = ChatSpark(model="4.0Ultra", temperature=0)

    Invoke:
        .. code-block:: python

            llm.invoke([("system", "你是一位诗人。"), ("human", "写一句关于秋天的诗。")])

    Stream:
        .. code-block:: python

            for chunk in llm.stream("你好"):
                print(chunk.text, end="")

    Async:
        .. code-block:: python

            await llm.ainvoke("你好")

    Token usage:
        ``message.usage_metadata``; None when the answer was cut at a stop string, because
        Spark counts in its last frame only.

    Response metadata:
        ``model_name``, ``model_provider``, ``finish_reason``, ``sid``.

    Errors are both :class:`~iflytek_spark.SparkError` and LangChain's own ``Model…Error``.
    One object may be shared by threads and event loops.
    """

    model_config = ConfigDict(populate_by_name=True, arbitrary_types_allowed=True)

    model: str | InstanceOf[ModelSpec] = Field(default="", alias="model_name")
    """Any of a model's names, or a spec; ``SPARK_MODEL`` or 4.0 Ultra by default."""
    app_id: str | None = None
    """APPID of the console; from the environment by default."""
    api_key: SecretStr | None = None
    """APIKey of the console; from the environment by default."""
    api_secret: SecretStr | None = None
    """APISecret of the console; from the environment by default."""
    base_url: str | None = None
    """Another address; without a path it replaces scheme and host only."""
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
    stop: str | list[str] | None = Field(default=None, alias="stop_sequences")
    """Strings at which the answer is cut, on this side: Spark has no such option."""
    uid: str | None = None
    """An id of the end user, at most 32 characters; random for each call by default."""
    model_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Further keys for Spark's ``parameter.chat``, sent as they are."""
    timeout: float | InstanceOf[Timeouts] | None = Field(default=None, alias="request_timeout")
    """Seconds for the whole call, or the four time-outs."""
    max_retries: int = 2
    """Further tries after a failure that may pass, before the first token only."""
    streaming: bool = False
    """Whether ``invoke`` streams too, so that callbacks see each token."""
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
    def _check_spark(self) -> Self:
        """Refuse wrong settings and missing credentials now rather than at the first call."""
        self._add_version("iflytek-spark", __version__)
        with model_errors():
            default = self._sync_client.model
        self.model = self.model or default.name
        return self

    @property
    def _llm_type(self) -> str:
        return "chat-spark"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """All that changes an answer, and no secret: this is a key of LangChain's cache."""
        spec = self.model if isinstance(self.model, ModelSpec) else resolve(self.model)
        options = {name: getattr(self, name) for name in _OPTIONS}
        given = {name: value for name, value in options.items() if value is not None}
        given["stop_sequences"] = given.pop("stop", None)  # LangChain's key has a stop of its own
        return {
            "model": spec.name,
            "domain": spec.domain,
            "patch_id": spec.patch_id,
            "base_url": self.base_url,
            "model_kwargs": dict(self.model_kwargs),
            **given,
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        model = kwargs.get("model", self.model)
        options = self._options(stop, {**kwargs})
        params = LangSmithParams(
            ls_provider=PROVIDER,
            ls_model_name=model.name if isinstance(model, ModelSpec) else model,
            ls_model_type="chat",
        )
        if options.get("temperature") is not None:
            params["ls_temperature"] = options["temperature"]
        if options.get("max_tokens") is not None:
            params["ls_max_tokens"] = options["max_tokens"]
        if options.get("stop"):
            params["ls_stop"] = options["stop"]
        return params

    @cached_property
    def _sync_client(self) -> SparkClient:
        return self.client or SparkClient(**self._client_settings())

    @cached_property
    def _aio_client(self) -> AsyncSparkClient:
        return self.async_client or AsyncSparkClient(**self._client_settings())

    def _client_settings(self) -> dict[str, Any]:
        key, secret = self.api_key, self.api_secret
        return {
            "credentials": Credentials.resolve(
                self.app_id,
                key.get_secret_value() if key else None,
                secret.get_secret_value() if secret else None,
            ),
            "model": self.model or None,
            "base_url": self.base_url,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
            "proxy": self.proxy,
            "ssl_context": self.ssl_context,
        }

    def _options(self, stop: list[str] | None, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Join the options of a call with the model's own; the call's win."""
        options: dict[str, Any] = {name: getattr(self, name) for name in _OPTIONS}
        extra = {**self.model_kwargs, **kwargs.pop("model_kwargs", {})}
        options.update(kwargs, extra=extra)
        if stop is not None:
            options["stop"] = stop
        options.setdefault("model", self.model)
        return options

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            response = self._sync_client.chat(to_messages(messages), **self._options(stop, kwargs))
        return ChatResult(generations=[ChatGeneration(message=to_ai_message(response))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            response = await self._aio_client.chat(
                to_messages(messages), **self._options(stop, kwargs)
            )
        return ChatResult(generations=[ChatGeneration(message=to_ai_message(response))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with (
            model_errors(),
            self._sync_client.stream(
                to_messages(messages), **self._options(stop, kwargs)
            ) as stream,
        ):
            for event in stream:
                chunk = to_chunk(event, stream.model)
                if chunk is not None:
                    yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with model_errors():
            async with self._aio_client.stream(
                to_messages(messages), **self._options(stop, kwargs)
            ) as stream:
                async for event in stream:
                    chunk = to_chunk(event, stream.model)
                    if chunk is not None:
                        yield chunk
