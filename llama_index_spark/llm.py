"""SparkLLM: iFlytek Spark for LlamaIndex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.constants import DEFAULT_NUM_OUTPUTS
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools.types import BaseTool
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, ConfigDict

from iflytek_spark import AsyncChatStream, ChatStream, Message
from iflytek_spark.adapters import SAFE_CONTEXT_TOKENS, answering_model
from iflytek_spark.settings import CallOptions
from llama_index_spark._messages import to_messages
from llama_index_spark._responses import ResponseBuilder, to_chat_response, to_completion_response
from llama_index_spark._settings import Completion
from llama_index_spark._streams import aclosing_stream, aread, closing_stream, read
from llama_index_spark._structured import callable_schema
from llama_index_spark._structured_predict import StructuredPrediction
from llama_index_spark._tools import (
    Choice,
    NoToolCallError,
    keep_first_call,
    resolve_choice,
    to_openai_tools,
    tool_selections,
)


class SparkLLM(Completion, StructuredPrediction):
    """iFlytek Spark (讯飞星火), over its signed WebSocket.

    One object may be shared by threads and event loops. Errors are
    :class:`~iflytek_spark.SparkError`.

    Examples:
        `pip install "iflytek-spark[llama-index]"`

        ```python
        from llama_index.core import Settings
        from llama_index_spark import SparkLLM

        # SPARK_APP_ID, SPARK_API_KEY and SPARK_API_SECRET stand in the environment
        llm = SparkLLM(model="4.0Ultra", temperature=0)
        Settings.llm = llm

        print(llm.complete("写一句关于秋天的诗。"))

        for response in llm.stream_complete("你好"):
            print(response.delta, end="")
        ```
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @classmethod
    def class_name(cls) -> str:
        """The name by which LlamaIndex writes the class down."""
        return "SparkLLM"

    @property
    def metadata(self) -> LLMMetadata:
        """The model's limits and abilities.

        LlamaIndex takes ``num_output`` off ``context_window``, so it is at most half of it: what
        an X model may answer is as long as all it may read.
        """
        spec = self._spec
        window = spec.context_tokens or SAFE_CONTEXT_TOKENS
        longest = self.max_tokens or spec.default_max_tokens or DEFAULT_NUM_OUTPUTS
        return LLMMetadata(
            context_window=window,
            num_output=min(longest, window // 2),
            is_chat_model=True,
            is_function_calling_model=self._tools_spec.tools,
            model_name=spec.name,
            system_role=MessageRole.SYSTEM if spec.system_role else MessageRole.USER,
        )

    def to_payload(self) -> dict[str, Any]:
        """Describe the model for events and traces, without any secret."""
        return {
            **super().to_payload(),
            "model": self._spec.name,
            "temperature": self.temperature,
            "address": self._address(),
        }

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Ask, and wait for the whole answer.

        Args:
            messages: the conversation, the newest message last.
            **kwargs: options of this call, named as the fields of the class (``temperature``,
                ``timeout``, …), and ``tools``,
                ``tool_choice`` and ``response_format`` in OpenAI's form.

        Returns:
            The answer, with ``prompt_tokens``, ``completion_tokens`` and ``total_tokens`` in
            ``additional_kwargs``.

        Raises:
            SparkError: see :mod:`iflytek_spark.errors`; never a part of an answer instead.
        """
        translated, options = self._request(messages, kwargs)
        return to_chat_response(self._sync_client().chat(translated, **options))

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Ask, and wait for the whole answer; see :meth:`chat`."""
        translated, options = self._request(messages, kwargs)
        return to_chat_response(await self._async_client().chat(translated, **options))

    @closing_stream
    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Ask, and read the answer as it comes; see :meth:`chat`.

        Returns:
            A generator of the response so far, with the newest text as ``delta``. The model's
            reasoning comes as a ThinkingBlock and as
            ``additional_kwargs["thinking_delta"]``. Closing it closes the socket.
        """
        stream = self._stream(messages, kwargs)
        return read(stream, ResponseBuilder(stream.model).chat)

    @aclosing_stream
    @llm_chat_callback()
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Ask, and read the answer as it comes; see :meth:`stream_chat`."""
        stream = self._astream(messages, kwargs)
        return aread(stream, ResponseBuilder(stream.model).chat)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Complete a prompt, which becomes a user message; see :meth:`chat`."""
        translated, options = self._request(self._prompt_messages(prompt, formatted), kwargs)
        return to_completion_response(self._sync_client().chat(translated, **options))

    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Complete a prompt; see :meth:`complete`."""
        translated, options = self._request(self._prompt_messages(prompt, formatted), kwargs)
        return to_completion_response(await self._async_client().chat(translated, **options))

    @closing_stream
    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Complete a prompt, and read the answer as it comes; see :meth:`stream_chat`."""
        stream = self._stream(self._prompt_messages(prompt, formatted), kwargs)
        return read(stream, ResponseBuilder(stream.model).completion)

    @aclosing_stream
    @llm_completion_callback()
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Complete a prompt, and read the answer as it comes; see :meth:`stream_chat`."""
        stream = self._astream(self._prompt_messages(prompt, formatted), kwargs)
        return aread(stream, ResponseBuilder(stream.model).completion)

    def _prompt_messages(self, prompt: str, formatted: bool) -> list[ChatMessage]:
        write = self.completion_to_prompt
        return [ChatMessage(prompt if formatted or write is None else write(prompt))]

    def _request(
        self, messages: Sequence[ChatMessage], kwargs: Mapping[str, Any]
    ) -> tuple[list[Message], CallOptions]:
        """Translate a call."""
        return to_messages(messages), self._options(kwargs)

    def _stream(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> ChatStream:
        translated, options = self._request(messages, kwargs)
        return self._sync_client().stream(translated, **options)

    def _astream(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> AsyncChatStream:
        translated, options = self._request(messages, kwargs)
        return self._async_client().stream(translated, **options)

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        tool_choice: Choice | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Write the arguments of a call with tools.

        Spark cannot be forced: only the tools in question are offered, the model is told in
        words, and told once more when it answers in text; then a
        :class:`~iflytek_spark.ToolNotCalledError` is raised.
        """
        newest = ChatMessage(user_msg) if isinstance(user_msg, str) else user_msg
        specs = to_openai_tools(tools)
        prepared = {
            "messages": [*(chat_history or ()), *([newest] if newest else ())],
            "tools": specs or None,
            "tool_choice": resolve_choice(tool_choice, tool_required) if specs else None,
            **kwargs,
        }
        if specs:
            prepared["parallel_tool_calls"] = allow_parallel_tool_calls
        return prepared

    def _validate_chat_with_tools_response(
        self,
        response: ChatResponse,
        tools: Sequence[BaseTool],
        allow_parallel_tool_calls: bool = False,
        **kwargs: Any,
    ) -> ChatResponse:
        if not allow_parallel_tool_calls:
            keep_first_call(response)
        return response

    def _by_tool(
        self,
        output_cls: type[BaseModel],
        messages: Sequence[ChatMessage],
        options: Mapping[str, Any],
    ) -> bool:
        if self.pydantic_program_mode == PydanticProgramMode.LLM:
            return False
        translated, resolved = self._request(messages, options)
        model = answering_model(resolved["model"], translated, resolved["image_model"])
        return callable_schema(model, output_cls, resolved.get("wire"))

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Read the tool calls of an answer.

        Args:
            response: the answer.
            error_on_no_tool_call: whether an answer without a call is an error.
            **kwargs: not used.

        Returns:
            The calls; over the WebSocket Spark gives at most one.

        Raises:
            NoToolCallError: when there is none; it is a ValueError and a SparkError.
            InvalidToolCallError: for a call that is cut off, or whose arguments are not an
                object; it is a ValueError and a SparkError.
        """
        found = tool_selections(response)
        if not found and error_on_no_tool_call:
            raise NoToolCallError("expected at least one tool call, but got 0 tool calls")
        return found
