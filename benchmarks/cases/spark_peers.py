"""The other public clients of Spark, as they are installed: they only get another address."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from benchmarks.cases import Place, count

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from sparkai.llm.llm import ChatSparkLLM as Vendor

_KEYS = {"spark_app_id": "app", "spark_api_key": "key", "spark_api_secret": "secret"}


def make_community(place: Place, **keys: str) -> BaseChatModel:
    """Make langchain-community's ChatSparkLLM."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from langchain_community.chat_models.sparkllm import ChatSparkLLM

        url, domain = f"{place.spark}/v3.5/chat", "generalv3.5"
        settings = {**_KEYS, **keys, "spark_api_url": url, "spark_llm_domain": domain}
        model: BaseChatModel = ChatSparkLLM.model_validate(settings)
    return model


def community_stream(place: Place) -> int:
    return sum(1 for chunk in make_community(place).stream(place.conversation()) if chunk.content)


async def community_astream(place: Place) -> int:
    model = make_community(place)
    return await count(
        chunk async for chunk in model.astream(place.conversation()) if chunk.content
    )


def make_vendor(place: Place, **keys: str) -> Vendor:
    """Make spark-ai-python's ChatSparkLLM."""
    from sparkai.llm.llm import ChatSparkLLM

    url, domain = f"{place.spark}/v4.0/chat", "4.0Ultra"
    settings: dict[str, Any] = {**_KEYS, **keys, "spark_api_url": url, "spark_llm_domain": domain}
    return ChatSparkLLM(**settings, streaming=True)


def _vendor_messages(place: Place) -> list[Any]:
    from sparkai.core.messages import ChatMessage

    return [ChatMessage(role=role, content=text) for role, text in place.conversation()]


def vendor_stream(place: Place) -> int:
    stream = make_vendor(place).stream(_vendor_messages(place))
    return sum(1 for chunk in stream if chunk.content)


async def vendor_astream(place: Place) -> int:
    stream = make_vendor(place).astream(_vendor_messages(place))
    return await count(chunk async for chunk in stream if chunk.content)
