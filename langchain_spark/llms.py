"""SparkLLM: iFlytek Spark as a LangChain text-completion model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.llms import LLM
from langchain_core.outputs import GenerationChunk
from pydantic import ConfigDict

from iflytek_spark import ContentDelta, Event, Finished
from langchain_spark._convert import to_metadata, to_usage
from langchain_spark._errors import model_errors
from langchain_spark._settings import Completion


class SparkLLM(Completion, LLM):
    """iFlytek Spark for chains that take and give plain text.

    New chains are better off with :class:`~langchain_spark.ChatSpark`; this class is for those
    written against ``langchain_community.llms.SparkLLM``.

    .. code-block:: python

        from langchain_spark import SparkLLM

        SparkLLM(model="4.0Ultra").invoke("写一句关于秋天的诗。")

    Setup, options and errors are those of :class:`~langchain_spark.ChatSpark`.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=False)

    @property
    def _llm_type(self) -> str:
        return "spark"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self._parameters()

    def _call(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        with model_errors():
            return self._sync_client().chat(prompt, **self._options(stop, kwargs)).text

    async def _acall(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> str:
        with model_errors():
            options = self._options(stop, kwargs)
            return (await self._async_client().chat(prompt, **options)).text

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        with (
            model_errors(),
            self._sync_client().stream(prompt, **self._options(stop, kwargs)) as stream,
        ):
            for event in stream:
                chunk = _chunk(event, stream.model)
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        with model_errors():
            options = self._options(stop, kwargs)
            async with self._async_client().stream(prompt, **options) as stream:
                async for event in stream:
                    chunk = _chunk(event, stream.model)
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk


def _chunk(event: Event, model: str) -> GenerationChunk:
    match event:
        case ContentDelta(text):
            return GenerationChunk(text=text)
        case Finished():
            info = {**to_metadata(event, model), "token_usage": to_usage(event.usage)}
            return GenerationChunk(text="", generation_info=info)
    return GenerationChunk(text="")
