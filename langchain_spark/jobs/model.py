"""What a job needs of a chat model; the model itself loads no more of jobs than this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from langchain_core.language_models import LanguageModelInput

from iflytek_spark import Message, ModelSpec, SparkClient
from iflytek_spark.jobs import LabelOptions, WayOptions
from iflytek_spark.settings import CallOptions


class JobModel(NamedTuple):
    """What a job needs of a chat model.

    Attributes:
        client: who asks.
        spec: the model.
        conversation: translates an input of the model.
        options: joins the model's options with those that are bound to it.
    """

    client: SparkClient
    spec: ModelSpec
    conversation: Callable[[LanguageModelInput], list[Message]]
    options: Callable[[Mapping[str, Any]], CallOptions]

    def asked(self, bound: Mapping[str, Any], options: WayOptions) -> LabelOptions:
        """Return what a job is called with; what is not set is no part of it."""
        own = self.options(bound).items()
        given = {name: each for name, each in own if each is not None and each not in ([], {})}
        return cast("LabelOptions", {"client": self.client, **given, **options})
