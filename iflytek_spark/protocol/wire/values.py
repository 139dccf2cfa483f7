"""The values that the service's half of the chat frames reads and writes (PROTOCOL.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from iflytek_spark.messages import Tool


class RequestRefusedError(Exception):
    """A request that the service answers with an error frame.

    Attributes:
        code: the service's error code (§10).
        name: the error's name, the first word of the message.
        detail: the rest of the message.
    """

    def __init__(self, code: int, name: str, detail: str) -> None:
        """Keep the refusal."""
        super().__init__(f"{code} {name}: {detail}")
        self.code = code
        self.name = name
        self.detail = detail


class Turn(NamedTuple):
    """One item of ``payload.message.text``.

    Attributes:
        role: whatever the client sent as one.
        content: the text, or an image in base64.
        image: whether the content is an image (§6).
    """

    role: str
    content: str
    image: bool = False


class WebSearchSwitch(NamedTuple):
    """The ``web_search`` tool of a request (§4)."""

    enabled: bool = True
    shows_pages: bool = False


class FunctionCall(NamedTuple):
    """A function that the model asks for; ``arguments`` is a JSON text (§3)."""

    name: str
    arguments: str


class Delta(NamedTuple):
    """What one frame of an answer carries.

    Attributes:
        content: text of the answer.
        reasoning: text of the thoughts, or None.
        call: a function call, or None.
    """

    content: str = ""
    reasoning: str | None = None
    call: FunctionCall | None = None


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it stands on the wire (§2.2): its form is right, its values are unchecked.

    Attributes:
        app_id: the app's id.
        uid: the user's id, or None.
        patch_ids: the resource ids of fine-tuned models.
        domain: the model's name on the wire.
        numbers: the sampling parameters that were sent, by their names.
        search: the search tool, or None when it was not mentioned.
        thinking: ``enabled``, ``disabled`` or ``auto``, or None.
        wants_json: whether ``response_format`` asks for a JSON object.
        turns: the messages.
        tools: the functions; None when there is no ``payload.functions`` at all.
        forced_tool: the function named by the undocumented ``function_choice``, or None.
    """

    app_id: str
    uid: str | None
    patch_ids: tuple[str, ...]
    domain: str
    numbers: Mapping[str, float]
    search: WebSearchSwitch | None
    thinking: str | None
    wants_json: bool
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...] | None
    forced_tool: str | None
