"""What can be bound to a chat model: tools, and the form of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable

from iflytek_spark import find_model
from iflytek_spark.adapters import check_tools, choice_from_openai, tools_from_openai
from langchain_spark._errors import model_errors
from langchain_spark._settings import Completion
from langchain_spark._structured import (
    Method,
    Schema,
    StructuredOutput,
    bind_schema,
    checker,
    default_method,
)
from langchain_spark._tools import AnyChoice, AnyTool, to_openai_tools


class BindableChatModel(Completion, BaseChatModel):
    """A chat model that tools and a schema may be bound to."""

    def bind_tools(
        self,
        tools: Sequence[AnyTool],
        *,
        tool_choice: AnyChoice = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model.

        Args:
            tools: tools of any kind that LangChain knows. A web search among them, in the
                words of another vendor (``{"type": "web_search"}``), means ``web_search``.
            tool_choice: None or ``auto``; ``none``; ``any``, ``required`` or True; a tool's name;
                or a dict of OpenAI's form. Spark cannot be forced: only the tools in question
                are offered, the model is told in words, and told once more when it answers
                in text; then a :class:`~iflytek_spark.ToolNotCalledError` is raised.
            strict: kept in the tools' JSON; Spark has no such option.
            parallel_tool_calls: accepted; how many calls an answer has is Spark's choice: one at
                most over the WebSocket.
            **kwargs: further options of the calls.

        Returns:
            The model with the tools bound.

        Raises:
            InvalidRequestError: when the model cannot call tools, or the tools' schemas are no
                objects, or too large. What Spark's function calling has no words for is told
                the model in the description, and checked when the call comes.
        """
        with model_errors():
            written = to_openai_tools(tools, strict)
            model = find_model(kwargs.get("model", self.model))
            unsupported = kwargs.get("unsupported") or self._unsupported
            wire = kwargs.get("wire") or self._wire
            check_tools(model, tools_from_openai(written), unsupported, wire)
            choice = choice_from_openai(tool_choice)
        if written:
            kwargs["tools"] = written
        if choice is not None:
            kwargs["tool_choice"] = choice
        if parallel_tool_calls is not None:
            kwargs["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(**kwargs)

    def with_structured_output(
        self,
        schema: Schema | None = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Make the model answer with an object of a schema.

        The answer is validated; one that does not fit is shown to the model with the reason,
        once. ``stream`` therefore gives one object, at the end. Options of a call, bound or
        given (``stop``, ``temperature``, …), go to the model.

        Args:
            schema: a pydantic class of version 2 or 1, a TypedDict, or a JSON schema; None with
                ``json_mode`` for any JSON object.
            method: ``function_calling`` (the default where the model has tools, and a tool's
                parameters can say the whole schema), ``json_schema`` (the schema is told in
                words; the default otherwise: for choices between objects, classes that
                contain themselves, …) or ``json_mode`` (the prompt must name the keys).
            include_raw: whether to return ``{"raw", "parsed", "parsing_error"}`` and raise
                nothing for an answer that does not fit.
            strict: kept in the tool's JSON; Spark has no such option.
            **kwargs: further options of the calls.

        Returns:
            A runnable that gives an instance of a pydantic class, else a dict.

        Raises:
            ValueError: for an unknown method, or no schema where one is needed.
        """
        check = checker(schema)
        if method is None:
            model = find_model(kwargs.get("model", self.model))
            method = default_method(model, schema, kwargs.get("wire") or self._wire)
        bound = bind_schema(self, schema, method, strict, kwargs)
        from_tool = method == "function_calling"
        output = StructuredOutput(bound, check, from_tool=from_tool, include_raw=include_raw)
        return output.runnable()
