"""What the library knows of one model, as a value: its row in the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal


class ModelKind(Enum):
    """What a row's service takes and gives."""

    CHAT = "chat"
    IMAGE_UNDERSTANDING = "image-understanding"


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a dialect has no field or no form for, so that it is made up for in words or here.

    Only :mod:`iflytek_spark.requests.build` reads it, in its file of fallbacks.

    Attributes:
        tool_role: no message returns a tool's result.
        tool_choice: a tool call cannot be demanded.
        json_mode: an answer cannot be held to JSON.
        stop: an answer cannot be ended at a string.
        inline_system: a system message may stand first only.
        repeated_role: turns of user and assistant must alternate, the user's first and last.
        rich_schemas: schemas of tools know types, properties and a few bounds only.
        forced_call: a tool call that is demanded is not always made.
        json_schema: an answer can be held to JSON at most, not to a schema.
        reasoning_turns: what an assistant thought is not sent back.
        chat_fields: ``chat_id`` and ``auditing`` have no field.
        free_tool_names: names of tools are letters, digits, ``_`` and ``-``, 64 at most.
        long_tool_names: they are letters, digits and ``_``, 32 at most.
    """

    tool_role: bool = False
    tool_choice: bool = False
    json_mode: bool = False
    stop: bool = False
    inline_system: bool = False
    repeated_role: bool = False
    rich_schemas: bool = False
    forced_call: bool = False
    json_schema: bool = False
    reasoning_turns: bool = False
    chat_fields: bool = False
    free_tool_names: bool = False
    long_tool_names: bool = False


WEBSOCKET_LACKS = Lacks(
    tool_role=True,
    tool_choice=True,
    json_mode=True,
    stop=True,
    inline_system=True,
    repeated_role=True,
    rich_schemas=True,
    forced_call=True,
    json_schema=True,
    reasoning_turns=True,
)
"""What the signed WebSocket lacks: nearly all of it (PROTOCOL.md §3, §4, §9)."""

MAAS_LACKS = Lacks(
    stop=True,
    inline_system=True,
    forced_call=True,
    json_schema=True,
    chat_fields=True,
    free_tool_names=True,
)
"""What the MaaS hosts lack (PROTOCOL-HTTP.md §2)."""
SPARK_OPEN_LACKS = Lacks(
    stop=True,
    inline_system=True,
    json_schema=True,
    reasoning_turns=True,
    chat_fields=True,
    long_tool_names=True,
)
"""What ``spark-api-open`` lacks (PROTOCOL-HTTP.md §2)."""
MAAS_CHAT_URL = "https://maas-api.cn-huabei-1.xf-yun.com/v2/chat/completions"
"""The MaaS host for what is paid as it is used (PROTOCOL-HTTP.md §2)."""


@dataclass(frozen=True, slots=True)
class Range:
    """The legal values of a parameter.

    Attributes:
        low: the lower bound.
        high: the upper bound, itself legal.
        exclusive_min: whether the lower bound itself is refused.
    """

    low: float
    high: float
    exclusive_min: bool = False

    def __contains__(self, value: float) -> bool:
        """Tell whether ``value`` is legal."""
        return (
            value > self.low if self.exclusive_min else value >= self.low
        ) and value <= self.high

    def __str__(self) -> str:
        """Write the interval as mathematics does: ``(0, 1]``."""
        return f"{'(' if self.exclusive_min else '['}{self.low:g}, {self.high:g}]"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """All that the library knows of one model.

    Build one yourself for a fine-tuned or MaaS model and pass it wherever a model's name
    goes (PROTOCOL.md §11)::

        ModelSpec(
            name="mine",
            domain="<service id>",
            url="wss://maas-api.cn-huabei-1.xf-yun.com/v1.1/chat",
            patch_id="<resource id>",
        )

    Attributes:
        name: the catalogue's name, echoed in responses.
        domain: the value of ``parameter.chat.domain``.
        url: the address of ``dialect``; domain and address must match.
        title: the product's name.
        aliases: other names that are accepted.
        kind: what the service takes and gives.
        dialect: the name of the dialect that is spoken at ``url``; see
            :mod:`iflytek_spark.protocol.dialects`.
        lacks: what that dialect lacks at this address.
        over: the same model at the addresses of further dialects, each with the ranges and
            flags that hold there; see :func:`~iflytek_spark.models.routes.route`.
        context_tokens: tokens of all messages together, or None when unknown.
        default_max_tokens: what the service uses when max_tokens is not sent.
        max_tokens: legal values of max_tokens, or None when unknown.
        temperature: legal values of temperature.
        default_temperature: what the service uses when temperature is not sent.
        top_k: legal values of top_k.
        default_top_k: what the service uses when top_k is not sent.
        top_p: legal values, or None when the model has no such parameter.
        presence_penalty: the same.
        frequency_penalty: the same.
        system_role: whether a system message may be sent as one.
        tools: whether function calling works over this dialect.
        web_search: whether the model can search; it does so unless it is told not to.
        citations: whether the pages found can be asked for.
        reasoning: whether the model thinks aloud and takes ``thinking``.
        search_excludes_tools: whether a call that offers functions has no web search.
        vision: whether a chat model can look at images too.
        http_keys: names that parameters have over HTTP, where they are not the usual ones.
        patch_id: the resource id of a fine-tuned model.
        batch_model: what the Batch API calls the model, or an empty string where it has it not.
        retired: since when the vendor has withdrawn the model, or an empty string.
        disputed: fields on which the sources disagree.
        note: where and how they disagree.
    """

    name: str
    domain: str
    url: str
    title: str = ""
    aliases: tuple[str, ...] = ()
    kind: ModelKind = ModelKind.CHAT
    dialect: str = "websocket"
    lacks: Lacks = WEBSOCKET_LACKS
    over: tuple[ModelSpec, ...] = ()
    context_tokens: int | None = None
    default_max_tokens: int | None = None
    max_tokens: Range | None = None
    temperature: Range = Range(0, 1, exclusive_min=True)
    default_temperature: float = 0.5
    top_k: Range = Range(1, 6)
    default_top_k: int = 4
    top_p: Range | None = None
    presence_penalty: Range | None = None
    frequency_penalty: Range | None = None
    system_role: bool = False
    tools: bool = False
    web_search: bool = False
    citations: bool = False
    reasoning: bool = False
    search_excludes_tools: bool = False
    vision: bool = False
    http_keys: Mapping[str, str] = field(default_factory=dict, hash=False)
    patch_id: str | None = None
    batch_model: str = ""
    retired: str = ""
    disputed: tuple[str, ...] = ()
    note: str = ""

    @property
    def images(self) -> bool:
        """Whether user messages may hold images."""
        return self.vision or self.kind is ModelKind.IMAGE_UNDERSTANDING

    @property
    def wire(self) -> Literal["websocket", "http"]:
        """Over which wire this row is reached: what its address says."""
        return "websocket" if self.url.startswith("ws") else "http"

    @staticmethod
    def maas(model_id: str) -> ModelSpec:
        """Return a spec for a model or a service on the MaaS hosts that the catalogue has not.

        Nothing is known of it, so that nothing is checked: it may have tools and images.

        Args:
            model_id: the id that the console shows.
        """
        return ModelSpec(
            name=model_id,
            domain=model_id,
            url=MAAS_CHAT_URL,
            dialect="maas",
            lacks=MAAS_LACKS,
            temperature=Range(0, 2),
            top_k=Range(1, 1000),
            top_p=Range(0, 1),
            presence_penalty=Range(-2, 2),
            frequency_penalty=Range(-2, 2),
            system_role=True,
            tools=True,
            reasoning=True,
            vision=True,
        )
