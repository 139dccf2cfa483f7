"""An image goes to a model that can look at it. Until SparkClient takes ``image_model`` itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iflytek_spark.catalogue import resolve
from iflytek_spark.messages import Message
from iflytek_spark.model_spec import ModelSpec


def route_images(
    options: dict[str, Any],
    image_model: str | ModelSpec | None,
    messages: str | Sequence[Message],
) -> None:
    """Send a call with an image to a model that can look at it.

    Args:
        options: the call's options with its ``model``, changed in place: web search and thinking
            are abilities of the text model and do not go along.
        image_model: what answers in place of a model that cannot look at images; None keeps it,
            so that the call is refused.
        messages: a prompt, or the conversation.
    """
    if image_model is None or isinstance(messages, str) or resolve(options["model"]).images:
        return
    if any(message.images for message in messages):
        options |= {"model": image_model, "web_search": False, "thinking": None}
