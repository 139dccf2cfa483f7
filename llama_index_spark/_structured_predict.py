"""The four ways of ``structured_predict``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, TypeVar

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictInProgressEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.utils import FlexibleModel
from llama_index.core.prompts import BasePromptTemplate
from llama_index_instrumentation import get_dispatcher
from pydantic import BaseModel

from llama_index_spark._structured import StructuredCall

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T", bound=BaseModel)
_dispatcher = get_dispatcher(__name__)


class StructuredPrediction(FunctionCallingLLM):
    """Predicts objects: always forced, with the system prompt, validated, and repaired once.

    LlamaIndex's own forms leave the streamed ones unforced and drop the system prompt in the
    async ones.
    """

    def _by_tool(
        self,
        output_cls: type[BaseModel],
        messages: Sequence[ChatMessage],
        options: Mapping[str, Any],
    ) -> bool:
        """Return whether the object is to come as a tool call, rather than as JSON text.

        No abstract method: LlamaIndex makes a span in every trace of what implements one.
        """
        raise NotImplementedError

    def structured_predict(
        self,
        output_cls: type[M],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> M:
        """Predict an object.

        Args:
            output_cls: the pydantic class of the object.
            prompt: the prompt.
            llm_kwargs: options of the call, as :meth:`SparkLLM.chat` takes them.
            **prompt_args: what the prompt is filled with.

        Returns:
            The object.

        Raises:
            InvalidResponseError: when the answer does not fit, nor the second one; it is a
                SparkError and a ValueError.
            ToolNotCalledError: when the model insists on answering in text.
        """
        call = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        while not call.request.done:
            call.request.receive(self.chat(call.request.messages, **call.options))
        return _ended(call.request.value)

    async def astructured_predict(
        self,
        output_cls: type[M],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> M:
        """Predict an object; see :meth:`structured_predict`."""
        call = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        while not call.request.done:
            call.request.receive(await self.achat(call.request.messages, **call.options))
        return _ended(call.request.value)

    def stream_structured_predict(
        self,
        output_cls: type[M],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[M | FlexibleModel, None, None]:
        """Predict an object, and yield what is known of it so far.

        A tool call comes from Spark in one piece, so there is often one object only. The last
        one is whole; see :meth:`structured_predict`.
        """
        call = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        with closing(self.stream_chat(call.request.messages, **call.options)) as responses:
            for response in responses:
                for partial in call.partial(response):
                    yield _in_progress(partial)
        call.request.receive(response)
        while not call.request.done:
            call.request.receive(self.chat(call.request.messages, **call.options))
        yield _in_progress(call.request.value)
        _ended(call.request.value)

    async def astream_structured_predict(
        self,
        output_cls: type[M],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[M | FlexibleModel, None]:
        """Predict an object; see :meth:`stream_structured_predict`."""
        call = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        return self._aobjects(call)

    async def _aobjects(self, call: StructuredCall[M]) -> AsyncGenerator[M | FlexibleModel, None]:
        stream = await self.astream_chat(call.request.messages, **call.options)
        async with aclosing(stream) as responses:
            async for response in responses:
                for partial in call.partial(response):
                    yield _in_progress(partial)
        call.request.receive(response)
        while not call.request.done:
            call.request.receive(await self.achat(call.request.messages, **call.options))
        yield _in_progress(call.request.value)
        _ended(call.request.value)

    def _structured_call(
        self,
        output_cls: type[M],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None,
        prompt_args: dict[str, Any],
    ) -> StructuredCall[M]:
        _dispatcher.event(
            LLMStructuredPredictStartEvent(
                output_cls=output_cls, template=prompt, template_args=prompt_args
            )
        )
        messages = self._extend_messages(prompt.format_messages(llm=self, **prompt_args))
        options = llm_kwargs or {}
        by_tool = self._by_tool(output_cls, messages, options)
        return StructuredCall(output_cls, messages, options, by_tool=by_tool)


def _in_progress(found: T) -> T:
    """Report an object, whole or not, to event handlers."""
    _dispatcher.event(LLMStructuredPredictInProgressEvent(output=found))
    return found


def _ended(found: T) -> T:
    """Report the object that was asked for to event handlers."""
    _dispatcher.event(LLMStructuredPredictEndEvent(output=found))
    return found
