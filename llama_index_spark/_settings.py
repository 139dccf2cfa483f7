"""What SparkLLM and SparkEmbedding are set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr, model_validator

from iflytek_spark.adapters import choice_from_openai, tools_from_openai, web_search_from_openai
from iflytek_spark.settings import CallOptions, ChatSettings, ConnectionSettings


def _not_written(name: str) -> Any:
    """Declare a setting again as one that LlamaIndex does not write down."""
    description = ConnectionSettings.model_fields[name].description
    return Field(default=None, description=description, exclude=True, repr=False)


class Connection(ConnectionSettings):
    """Who calls, and how the service is reached, as LlamaIndex writes it down: without keys."""

    api_key: SecretStr | None = _not_written("api_key")
    api_secret: SecretStr | None = _not_written("api_secret")

    @model_validator(mode="before")
    @classmethod
    def _without_class_name(cls, data: Any) -> Any:
        """Pass over the class's name, which LlamaIndex writes beside the fields."""
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if key != "class_name"}
        return data


class Completion(Connection, ChatSettings):
    """Which model answers, and how."""

    def _options(self, given: Mapping[str, Any]) -> CallOptions:
        """Join the options of a call with the model's own; the call's win."""
        translated = {
            **given,
            "tools": tools_from_openai(given.get("tools")),
            "tool_choice": choice_from_openai(given.get("tool_choice")),
        }
        if search := web_search_from_openai(given.get("tools")):
            translated["web_search"] = search
        return self._call_options(translated)
