"""SparkLLM: iFlytek Spark as a LangChain text-completion model."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.llms import BaseLLM
from langchain_core.outputs import ChatGeneration, Generation, GenerationChunk, LLMResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ContextThreadPoolExecutor
from pydantic import ConfigDict

from iflytek_spark import ChatResponse, ContentDelta, Event, Finished, Usage
from iflytek_spark.adapters import OpenAIUsage, usage_to_openai
from langchain_spark._convert import to_ai_message, to_metadata, to_usage
from langchain_spark._errors import model_errors
from langchain_spark._settings import Completion


class SparkLLM(Completion, BaseLLM):
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

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self._trace_params("llm", stop, kwargs)

    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """Ask all at once, at most ``max_concurrency`` at a time; a failure is one prompt's own."""
        return Runnable.batch(self, inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def abatch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[str]:
        """Ask all at once; see :meth:`batch`."""
        return await Runnable.abatch(
            self, inputs, config, return_exceptions=return_exceptions, **kwargs
        )

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        with model_errors():
            ask = functools.partial(self._sync_client().chat, **self._options(stop, kwargs))
            if len(prompts) == 1:
                return _result([ask(prompts[0])])
            with ContextThreadPoolExecutor() as pool:
                return _result([*pool.map(ask, prompts)])

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        with model_errors():
            ask = functools.partial(self._async_client().chat, **self._options(stop, kwargs))
            responses = await asyncio.gather(*map(ask, prompts), return_exceptions=True)
            return _result([_unless_failed(response) for response in responses])

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


def _unless_failed(response: ChatResponse | BaseException) -> ChatResponse:
    if isinstance(response, BaseException):
        raise response
    return response


def _result(responses: Sequence[ChatResponse]) -> LLMResult:
    """Translate whole answers, with the tokens of each and of all."""
    counted = [response.usage for response in responses if response.usage]
    return LLMResult(
        generations=[[_generation(response)] for response in responses],
        llm_output={"token_usage": _sum(counted), "model_name": responses[0].model},
    )


def _sum(usages: Sequence[Usage]) -> OpenAIUsage | dict[str, int]:
    """Add up token counts, in the words of OpenAI's handlers."""
    if not usages:
        return {}
    return usage_to_openai(
        Usage(
            sum(usage.prompt_tokens for usage in usages),
            sum(usage.completion_tokens for usage in usages),
            sum(usage.total_tokens for usage in usages),
        )
    )


def _generation(response: ChatResponse) -> Generation:
    """Translate a whole answer; LangChain's usage callback reads no other kind of generation."""
    message = to_ai_message(response)
    usage = {"token_usage": message.usage_metadata}
    return ChatGeneration(message=message, generation_info=message.response_metadata | usage)


def _chunk(event: Event, model: str) -> GenerationChunk:
    match event:
        case ContentDelta(text):
            return GenerationChunk(text=text)
        case Finished():
            info = {**to_metadata(event, model), "token_usage": to_usage(event.usage)}
            return GenerationChunk(text="", generation_info=info)
    return GenerationChunk(text="")
