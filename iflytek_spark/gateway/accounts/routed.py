"""Requests that go to the least busy account; what :class:`AsyncSparkClient` does, over several."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Unpack

from iflytek_spark import (
    AsyncChatStream,
    ChatOptions,
    ChatResponse,
    EmbedOptions,
    Event,
    GeneratedImage,
    Message,
    ModelSpec,
    RankedDocument,
    RerankOptions,
    SparkError,
    Vector,
)
from iflytek_spark.errors import APITimeoutError, InvalidRequestError
from iflytek_spark.gateway.accounts.account import Account
from iflytek_spark.gateway.accounts.accounts import Accounts
from iflytek_spark.gateway.accounts.fallbacks import cause_of
from iflytek_spark.gateway.middleware.request_log_record import current_record
from iflytek_spark.gateway.openai.errors import GatewayError
from iflytek_spark.gateway.openai.model_names import EMBEDDING_MODEL, IMAGE_MODEL

_LOG = logging.getLogger("iflytek_spark.gateway")


class RoutedClient:
    """Asks by the accounts of the gateway."""

    def __init__(self, accounts: Accounts) -> None:
        """Set up over the accounts."""
        self._accounts = accounts

    def stream(
        self, messages: Sequence[Message], *, model: ModelSpec, **options: Unpack[ChatOptions]
    ) -> RoutedStream:
        """Ask, and read the answer as it comes; see :meth:`iflytek_spark.SparkClient.stream`."""
        return RoutedStream(self._accounts, messages, model, options)

    async def embed(self, texts: Sequence[str], **options: Unpack[EmbedOptions]) -> list[Vector]:
        """Turn texts into vectors; see :meth:`iflytek_spark.SparkClient.embed`."""
        model = options.get("model") or EMBEDDING_MODEL
        return await self._accounts.ask(
            "embeddings", model, lambda account: account.client.embed(texts, **options)
        )

    async def rerank(
        self, query: str, documents: Sequence[str], **options: Unpack[RerankOptions]
    ) -> list[RankedDocument]:
        """Sort documents; see :meth:`iflytek_spark.SparkClient.rerank`."""
        model = options.get("model") or "rerank"
        return await self._accounts.ask(
            "rerank", model, lambda account: account.client.rerank(query, documents, **options)
        )

    async def generate_image(self, prompt: str, *, width: int, height: int) -> GeneratedImage:
        """Make an image; see :meth:`iflytek_spark.SparkClient.generate_image`."""
        return await self._accounts.ask(
            "images",
            IMAGE_MODEL,
            lambda account: account.client.generate_image(prompt, width=width, height=height),
        )


class RoutedStream:
    """An answer of whichever account and model can give it; once begun it is a plain stream.

    Attributes:
        model: the catalogue's name of the model that is asked first.
        ignored: the names of options that were left out or brought into range.
    """

    def __init__(
        self,
        accounts: Accounts,
        messages: Sequence[Message],
        model: ModelSpec,
        options: ChatOptions,
    ) -> None:
        """Check the request; it is sent when the first event is awaited.

        Raises:
            InvalidRequestError: at once, for a request that Spark would refuse.
        """
        self._accounts = accounts
        self._messages = messages
        self._model = model
        self._options = options
        self._stream: AsyncChatStream | None = None
        self._checked_by = accounts.any()
        self._checked = self._asked(self._checked_by, model)
        self.model, self.ignored = self._checked.model, self._checked.ignored

    async def open(self) -> tuple[Event, AsyncChatStream]:
        """Ask, and return the first event, with the stream of those that follow.

        Raises:
            SparkError: when neither another account nor another model can answer; APITimeoutError
                when all tries together take too long.
            GatewayError: when no account may be asked, or its turn does not come.
        """
        seconds = self._accounts.begin_timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._open()
        except TimeoutError:
            raise APITimeoutError(
                f"no account's answer began within {seconds:g} s, all tries together",
                hint="ask again; the gateway's operator can allow more time",
            ) from None

    async def _open(self) -> tuple[Event, AsyncChatStream]:
        try:
            return await self._ask(self._model, self.model)
        except (SparkError, GatewayError) as error:
            if cause_of(error) not in self._accounts.fallback_on:
                raise
            return await self._fall_back(error)

    async def response(self) -> ChatResponse:
        """Read what is left, and return the whole answer."""
        if self._stream is None:
            await self.open()
        return await self._opened.response()

    async def aclose(self) -> None:
        """Close the stream, if it was begun; see :meth:`AsyncChatStream.aclose`."""
        if self._stream is not None:
            await self._stream.aclose()

    async def __anext__(self) -> Event:
        if self._stream is None:
            return (await self.open())[0]
        return await anext(self._stream)

    @property
    def sid(self) -> str:
        """The service's id of the answer, or an empty string until it is known."""
        return self._stream.sid if self._stream else ""

    @property
    def received(self) -> str:
        """The text that has come so far."""
        return self._stream.received if self._stream else ""

    @property
    def _opened(self) -> AsyncChatStream:
        if self._stream is None:
            raise RuntimeError("the stream was not opened")
        return self._stream

    def _asked(self, account: Account, model: ModelSpec) -> AsyncChatStream:
        return account.client.stream(self._messages, model=model, **self._options)

    async def _ask(self, model: ModelSpec, name: str) -> tuple[Event, AsyncChatStream]:
        async def begin(account: Account) -> tuple[Event, AsyncChatStream]:
            mine = account is self._checked_by and model is self._model
            stream = self._checked if mine and self._stream is None else self._asked(account, model)
            self._stream = stream
            return await anext(stream), stream

        return await self._accounts.ask("chat", name, begin)

    async def _fall_back(self, failure: SparkError | GatewayError) -> tuple[Event, AsyncChatStream]:
        """Ask the models that answer in place of this one; raise the first failure otherwise."""
        record = current_record()
        for model in self._accounts.fallbacks.of(self.model):
            if not record.may_use(model.name):
                continue
            try:
                opened = await self._ask(model, model.name)
            except (SparkError, GatewayError) as error:
                if cause_of(error) or isinstance(error, InvalidRequestError):
                    continue
                raise
            record.use_model(model.name)
            record.answered_by = model.name
            self._accounts.metrics.fallbacks.labels(model.name).inc()
            _LOG.info("%s answers in place of %s: %s", model.name, self.model, failure)
            return opened
        raise failure
