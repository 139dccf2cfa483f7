"""What the library knows of one model, as a value: its row in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    """

    tool_role: bool = False
    tool_choice: bool = False
    json_mode: bool = False
    stop: bool = False
    inline_system: bool = False
    repeated_role: bool = False
    rich_schemas: bool = False


WEBSOCKET_LACKS = Lacks(
    tool_role=True,
    tool_choice=True,
    json_mode=True,
    stop=True,
    inline_system=True,
    repeated_role=True,
    rich_schemas=True,
)
"""What the signed WebSocket lacks: all of it (PROTOCOL.md §3, §4, §9)."""


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
            flags that hold there. Nothing reads it yet: there is one dialect of chat.
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
        patch_id: the resource id of a fine-tuned model.
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
    patch_id: str | None = None
    retired: str = ""
    disputed: tuple[str, ...] = ()
    note: str = ""

    @property
    def images(self) -> bool:
        """Whether user messages may hold an image."""
        return self.kind is ModelKind.IMAGE_UNDERSTANDING
