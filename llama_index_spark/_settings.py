"""What SparkLLM and SparkEmbedding are set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llama_index.core.schema import BaseComponent
from pydantic import (
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from iflytek_spark.adapters import (
    Secret,
    choice_from_openai,
    place_of,
    tools_from_openai,
    vector_namespace,
    web_search_from_openai,
)
from iflytek_spark.settings import CallOptions, ChatSettings, ConnectionSettings

_WRITTEN_BESIDE = ("class_name", "address")


def _not_written(name: str) -> Any:
    """Declare a setting again as one that LlamaIndex does not write down."""
    description = ConnectionSettings.model_fields[name].description
    return Field(default=None, description=description, exclude=True, repr=False)


class Connection(ConnectionSettings, BaseComponent):
    """Who calls, and how the service is reached, as LlamaIndex writes it down: without keys."""

    api_key: Secret | None = _not_written("api_key")
    api_secret: Secret | None = _not_written("api_secret")
    api_password: Secret | None = _not_written("api_password")
    maas_api_key: Secret | None = _not_written("maas_api_key")

    @model_validator(mode="before")
    @classmethod
    def _without_class_name(cls, data: Any) -> Any:
        """Pass over what is written beside the fields: the class's name, and who answered."""
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if key not in _WRITTEN_BESIDE}
        return data

    @model_serializer(mode="wrap")
    def custom_model_dump(
        self, handler: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> dict[str, Any]:
        """Write who answers too: LlamaIndex's caches know a model by what is written of it."""
        return {**super().custom_model_dump(handler, info), "address": self._address()}

    def _address(self) -> str:
        """Return the place from which answers or vectors come; no setting pins it."""
        return vector_namespace(self._resolved_endpoint(), "document")


class Completion(Connection, ChatSettings):
    """Which model answers, and how."""

    def _address(self) -> str:
        return place_of(self._resolved_endpoint().url(self._spec))

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
