"""What ChatSpark, SparkLLM, SparkEmbeddings and SparkImageTool are set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import model_validator

from iflytek_spark import estimate_tokens
from iflytek_spark.adapters import choice_from_openai, web_search_from_openai
from iflytek_spark.settings import MODEL_OPTIONS, CallOptions, ChatSettings, ConnectionSettings
from langchain_spark._errors import model_errors
from langchain_spark._tools import to_tools

_USUAL_NAMES = {
    "model_name": "model",
    "request_timeout": "timeout",
    "stop_sequences": "stop",
}
"""Names that LangChain's users know from other models."""


class Connection(ConnectionSettings):
    """Who calls, and how the service is reached, in LangChain's words and with its errors."""

    @model_validator(mode="before")
    @classmethod
    def _with_own_names(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        names = {name: own for name, own in _USUAL_NAMES.items() if own not in data}
        return {names.get(name, name): value for name, value in data.items()}

    def _resolve(self) -> None:
        with model_errors():
            super()._resolve()


class Completion(Connection, ChatSettings):
    """Which model answers, and how."""

    def _parameters(self) -> dict[str, Any]:
        """Return all that changes an answer, and no secret."""
        given = {name: getattr(self, name) for name in MODEL_OPTIONS}
        given["stop_sequences"] = given.pop("stop")  # LangChain's cache key has a stop of its own
        spec = self._spec
        return {
            "domain": spec.domain,
            "url": self._resolved_endpoint().url(spec),
            "patch_id": spec.patch_id,
            "model_kwargs": dict(self.model_kwargs),
            **{name: value for name, value in given.items() if value is not None},
            "model": spec.name,
            "image_model": str(self.image_model),
        }

    def get_token_ids(self, text: str) -> list[int]:
        """Refuse: Spark's vocabulary is not public.

        Raises:
            NotImplementedError: always; :meth:`get_num_tokens` gives an estimate.
        """
        raise NotImplementedError("Spark's vocabulary is not public; use get_num_tokens")

    def get_num_tokens(self, text: str) -> int:
        """Estimate the tokens of a text; see :func:`iflytek_spark.estimate_tokens`."""
        return estimate_tokens(text)

    def _options(self, stop: list[str] | None, kwargs: Mapping[str, Any]) -> CallOptions:
        """Join the options of a call with the model's own; the call's win."""
        given = {
            **kwargs,
            "tools": to_tools(kwargs.get("tools") or ()),
            "tool_choice": choice_from_openai(kwargs.get("tool_choice")),
        }
        if search := web_search_from_openai(kwargs.get("tools")):
            given["web_search"] = search
        return self._call_options(given if stop is None else {**given, "stop": stop})
