"""The two clients, one for threads and one for event loops, over one flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from iflytek_spark.client_base import BaseClient
from iflytek_spark.messages import ChatResponse, Message
from iflytek_spark.models.services import (
    IMAGE_GENERATION,
    EmbedOptions,
    GeneratedImage,
    RankedDocument,
    RerankOptions,
    Vector,
)
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.options import ChatOptions
from iflytek_spark.streams import AsyncChatStream, ChatStream
from iflytek_spark.transports.base import AsyncTransport, Transport
from iflytek_spark.transports.opening import ASYNC, BLOCKING, load_off_the_loop


class SparkClient(BaseClient[Transport]):
    """iFlytek Spark in the caller's thread."""

    _kind = BLOCKING

    def chat(
        self,
        messages: str | Sequence[Message],
        *,
        model: str | ModelSpec | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatResponse:
        """Ask, and wait for the whole answer.

        Args:
            messages: a prompt, or messages with the newest last.
            model: a name or a spec; the client's own by default.
            **options: see :class:`~iflytek_spark.ChatOptions`.

        Returns:
            The whole answer.

        Raises:
            SparkError: see :mod:`iflytek_spark.errors`; never a part of an answer instead.
        """
        with self.stream(messages, model=model, **options) as stream:
            return stream.response()

    def stream(
        self,
        messages: str | Sequence[Message],
        *,
        model: str | ModelSpec | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatStream:
        """Ask, and read the answer as it comes.

        Args:
            messages: a prompt, or messages with the newest last.
            model: a name or a spec; the client's own by default.
            **options: see :class:`~iflytek_spark.ChatOptions`.

        Returns:
            The events. The connection is opened at the first one, and closed when the stream
            ends, is closed, or is left.

        Raises:
            InvalidRequestError: at once, for a request that Spark would refuse.
        """
        return ChatStream(*self._asked(messages, model, options))

    def embed(self, texts: Sequence[str], **options: Unpack[EmbedOptions]) -> list[Vector]:
        """Turn texts into vectors: of 2,560 numbers, or by a model on a MaaS host.

        Args:
            texts: any number, none of them empty.
            **options: see :class:`~iflytek_spark.EmbedOptions`.

        Returns:
            A vector for each text, in the same order.

        Raises:
            InvalidRequestError: before anything is sent, for a text that is empty or no text, and
                for dimensions that the model does not make.
            MissingCredentialsError: when the kind of key is missing that the model needs.
            ContextLengthError: for a text that is too long.
            ProtocolError: when not every text got one vector, of the dimensions asked for.
            SparkError: the first failure that retries did not mend; what else runs is stopped.
        """
        from iflytek_spark.embeddings.embed import CheckedOptions, embed  # loads httpx2

        checked = CheckedOptions(**options)
        return embed(*self._service(checked.row.service, "embeddings"), texts, checked)

    def rerank(
        self, query: str, documents: Sequence[str], **options: Unpack[RerankOptions]
    ) -> list[RankedDocument]:
        """Sort documents by how well they answer a query; it needs a MaaS key.

        Args:
            query: the question.
            documents: any number, none of them empty; for none at all nothing is sent.
            **options: see :class:`~iflytek_spark.RerankOptions`.

        Returns:
            The documents with their scores, the best first.

        Raises:
            InvalidRequestError: before anything is sent, for a text that is empty or no text.
            MissingCredentialsError: when there is no MaaS key.
            ContextLengthError: for a document that is too long.
            ProtocolError: when not every document got one score.
            SparkError: the first failure that retries did not mend.
        """
        from iflytek_spark.embeddings.rerank import CheckedRerank, rerank  # loads httpx2

        checked = CheckedRerank(**options)
        return rerank(*self._service(checked.service, "rerank"), query, documents, checked)

    def generate_image(self, prompt: str, *, width: int = 512, height: int = 512) -> GeneratedImage:
        """Make an image.

        Args:
            prompt: what it is to show, at most 1,000 characters.
            width: pixels.
            height: pixels. Spark makes only the sizes of
                :data:`~iflytek_spark.models.services.IMAGE_SIZES`.

        Returns:
            The image.

        Raises:
            InvalidRequestError: before anything is sent; it names the legal sizes.
            SparkError: see :mod:`iflytek_spark.errors`.
        """
        from iflytek_spark.image_generation import generate_image  # loads httpx2

        return generate_image(*self._service(IMAGE_GENERATION, "images"), prompt, width, height)


class AsyncSparkClient(BaseClient[AsyncTransport]):
    """iFlytek Spark in the caller's event loop, whichever it is."""

    _kind = ASYNC

    async def chat(
        self,
        messages: str | Sequence[Message],
        *,
        model: str | ModelSpec | None = None,
        **options: Unpack[ChatOptions],
    ) -> ChatResponse:
        """Ask, and wait for the whole answer; see :meth:`SparkClient.chat`."""
        async with self.stream(messages, model=model, **options) as stream:
            return await stream.response()

    def stream(
        self,
        messages: str | Sequence[Message],
        *,
        model: str | ModelSpec | None = None,
        **options: Unpack[ChatOptions],
    ) -> AsyncChatStream:
        """Ask, and read the answer as it comes; see :meth:`SparkClient.stream`."""
        return AsyncChatStream(*self._asked(messages, model, options))

    async def embed(self, texts: Sequence[str], **options: Unpack[EmbedOptions]) -> list[Vector]:
        """Turn texts into vectors; see :meth:`SparkClient.embed`."""
        await load_off_the_loop("iflytek_spark.embeddings.embed")
        from iflytek_spark.embeddings.embed import CheckedOptions, aembed

        checked = CheckedOptions(**options)
        return await aembed(*self._service(checked.row.service, "embeddings"), texts, checked)

    async def rerank(
        self, query: str, documents: Sequence[str], **options: Unpack[RerankOptions]
    ) -> list[RankedDocument]:
        """Sort documents by how well they answer a query; see :meth:`SparkClient.rerank`."""
        await load_off_the_loop("iflytek_spark.embeddings.rerank")
        from iflytek_spark.embeddings.rerank import CheckedRerank, arerank

        checked = CheckedRerank(**options)
        return await arerank(*self._service(checked.service, "rerank"), query, documents, checked)

    async def generate_image(
        self, prompt: str, *, width: int = 512, height: int = 512
    ) -> GeneratedImage:
        """Make an image; see :meth:`SparkClient.generate_image`."""
        await load_off_the_loop("iflytek_spark.image_generation")
        from iflytek_spark.image_generation import agenerate_image

        return await agenerate_image(
            *self._service(IMAGE_GENERATION, "images"), prompt, width, height
        )
