"""What ChatSpark, SparkLLM, SparkEmbeddings and SparkImageTool are set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.language_models.base import LangSmithParams
from pydantic import model_validator

from iflytek_spark import ModelSpec, Timeouts, estimate_tokens
from iflytek_spark.adapters import choice_from_openai, web_search_from_openai
from iflytek_spark.settings import MODEL_OPTIONS, CallOptions, ChatSettings, ConnectionSettings
from langchain_spark._convert import PROVIDER
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

    if TYPE_CHECKING:  # what type checkers see of the usual names; each is the setting itself
        request_timeout: float | Timeouts | None = None
    else:
        request_timeout = property(lambda self: self.timeout)

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

    if TYPE_CHECKING:
        model_name: str | ModelSpec = ""
        stop_sequences: str | list[str] | None = None
    else:
        model_name = property(lambda self: self.model)
        stop_sequences = property(lambda self: self.stop)

    def _parameters(self) -> dict[str, Any]:
        """Return all that an answer depends on, who is asked and where too, and no secret."""
        given = {name: getattr(self, name) for name in MODEL_OPTIONS}
        given["stop_sequences"] = given.pop("stop")  # LangChain's cache key has a stop of its own
        spec, endpoint = self._spec, self._resolved_endpoint()
        own_clients = [repr(client) for client in (self.client, self.async_client) if client]
        return {
            "domain": spec.domain,
            "url": endpoint.url(spec),
            "base_url": endpoint.base_url,  # of a model that a call names, or its image
            "clients": own_clients,
            "app_id": self.app_id,
            "patch_id": spec.patch_id,
            "model_kwargs": dict(self.model_kwargs),
            **{name: value for name, value in given.items() if value is not None},
            "model": spec.name,
            "image_model": str(self.image_model),
        }

    def _trace_params(
        self, kind: Literal["chat", "llm"], stop: list[str] | None, given: Mapping[str, Any]
    ) -> LangSmithParams:
        """Return what traces know a call by, in LangChain's standard names."""
        model = given.get("model", self.model)
        params = LangSmithParams(
            ls_provider=PROVIDER,
            ls_model_name=model.name if isinstance(model, ModelSpec) else model,
            ls_model_type=kind,
        )
        temperature = given.get("temperature", self.temperature)
        if temperature is not None:
            params["ls_temperature"] = temperature
        max_tokens = given.get("max_tokens", self.max_tokens)
        if max_tokens is not None:
            params["ls_max_tokens"] = max_tokens
        strings = stop or self.stop
        if strings:
            params["ls_stop"] = [strings] if isinstance(strings, str) else strings
        return params

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
