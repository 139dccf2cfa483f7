"""ChatSpark: iFlytek Spark as a LangChain chat model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, Unpack

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.base import LangSmithParams, LanguageModelInput
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.utils import LC_ID_PREFIX
from langchain_protocol.protocol import MessagesData
from pydantic import ConfigDict, model_validator

from iflytek_spark import JobError, Message, __version__
from iflytek_spark.adapters import estimate_prompt_tokens
from iflytek_spark.jobs import WayOptions
from iflytek_spark.settings import CallOptions
from langchain_spark._binding import BindableChatModel
from langchain_spark._blocks import register_blocks
from langchain_spark._convert import to_ai_message, to_chunk, to_messages
from langchain_spark._errors import model_errors
from langchain_spark._events import EventWriter
from langchain_spark._profiles import profile_of
from langchain_spark._tools import AnyTool, to_tools
from langchain_spark.jobs.model import JobModel

register_blocks()


class ChatSpark(BindableChatModel):
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
        timeout: seconds for the whole call, or four :class:`~iflytek_spark.Timeouts`; also of
            one call: ``llm.invoke(…, timeout=5)``.
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
        ``model_name``, ``model_provider``, ``finish_reason``, ``sid``, ``wire``.

    Errors are both :class:`~iflytek_spark.SparkError` and LangChain's own ``Model…Error``.
    One object may be shared by threads and event loops.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=False)

    replay_reasoning: bool = False
    """Whether the reasoning in the history is sent back; Spark advises against it."""
    streaming: bool = False
    """Whether ``invoke`` streams too, so that callbacks see each token."""

    @model_validator(mode="after")
    def _set_spark_version(self) -> Self:
        self._add_version("iflytek-spark", __version__)
        return self

    @property
    def _llm_type(self) -> str:
        return "chat-spark"

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain may write this model down; secrets are written as their names."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where LangChain finds the class again."""
        return ["langchain_spark", "chat_models"]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """The environment variables that stand for the secrets."""
        return {
            "api_key": "SPARK_API_KEY",
            "api_secret": "SPARK_API_SECRET",
            "api_password": "SPARK_API_PASSWORD",
            "maas_api_key": "SPARK_MAAS_API_KEY",
        }

    def _resolve_model_profile(self) -> ModelProfile:
        return profile_of(self._spec, self.image_model, self._tools_spec.tools)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self._parameters() | {"replay_reasoning": self.replay_reasoning}

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """Name the cache entry; what serialization cannot write, a ModelSpec, counts too."""
        return f"{super()._get_llm_string(stop, **kwargs)}---{self._identifying_params}"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return self._trace_params("chat", stop, kwargs)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[AnyTool] | None = None
    ) -> int:
        """Estimate the tokens of a conversation, its images and its tools included.

        Args:
            messages: the conversation.
            tools: tools of any kind that LangChain knows.

        Returns:
            The estimate; see :func:`iflytek_spark.estimate_tokens`.
        """
        with model_errors():
            translated = to_messages(messages, replay_reasoning=self.replay_reasoning)
            return estimate_prompt_tokens(translated, to_tools(tools or ()))

    def batch_job(
        self,
        inputs: Iterable[LanguageModelInput],
        output: str | Path,
        *,
        return_exceptions: bool = False,
        **options: Unpack[WayOptions],
    ) -> list[AIMessage | JobError]:
        """Answer any number of inputs as a job, by the Batch API where that is cheaper.

        After a crash the same call goes on; a finished one makes no call.

        Args:
            inputs: as of ``batch``: texts, prompt values or lists of messages; no images.
            output: a ``.jsonl`` file for the results; inputs and journal stand beside it.
            return_exceptions: whether errors stand in the list; else the first is raised at last.
            **options: see :class:`~iflytek_spark.jobs.WayOptions`.

        Returns:
            A message for each input, in their order.

        Raises:
            JobError: see :func:`iflytek_spark.jobs.label`.
        """
        from langchain_spark.jobs.rows import answer_inputs  # most programs have no jobs

        found = answer_inputs(self.as_job_model(), inputs, Path(output), options)
        failures = [each for each in found if isinstance(each, JobError)]
        if failures and not return_exceptions:
            raise failures[0]
        return found

    def as_job_model(self) -> JobModel:
        """Return what a job needs of this model; :func:`langchain_spark.label_chain` asks."""

        def conversation(given: LanguageModelInput) -> list[Message]:
            messages = self._convert_input(given).to_messages()
            return to_messages(messages, replay_reasoning=self.replay_reasoning)

        options = partial(self._options, None)
        return JobModel(self._sync_client(), self._spec, conversation, options)

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> tuple[list[Message], CallOptions]:
        """Translate a call."""
        translated = to_messages(messages, replay_reasoning=self.replay_reasoning)
        return translated, self._options(stop, kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            response = self._sync_client().chat(translated, **options)
        return ChatResult(generations=[ChatGeneration(message=to_ai_message(response))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            response = await self._async_client().chat(translated, **options)
        return ChatResult(generations=[ChatGeneration(message=to_ai_message(response))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            with self._sync_client().stream(translated, **options) as stream:
                for event in stream:
                    yield to_chunk(event, stream.model)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            async with self._async_client().stream(translated, **options) as stream:
                async for event in stream:
                    yield to_chunk(event, stream.model)

    def _stream_chat_model_events(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[MessagesData]:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            with self._sync_client().stream(translated, **options) as stream:
                writer = EventWriter(stream.model, _message_id(run_manager))
                yield writer.start()
                for event in stream:
                    yield from writer.write(event)

    async def _astream_chat_model_events(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[MessagesData]:
        with model_errors():
            translated, options = self._request(messages, stop, kwargs)
            async with self._async_client().stream(translated, **options) as stream:
                writer = EventWriter(stream.model, _message_id(run_manager))
                yield writer.start()
                async for event in stream:
                    for written in writer.write(event):
                        yield written


def _message_id(
    run_manager: CallbackManagerForLLMRun | AsyncCallbackManagerForLLMRun | None,
) -> str:
    """Name the message as LangChain names those that it makes from chunks."""
    return f"{LC_ID_PREFIX}-{run_manager.run_id}" if run_manager else ""
