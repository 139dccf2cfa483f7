"""What a program tells the emulator to answer: a function from a chat to a reply.

For instance in a test of an agent, whose first question is to be answered by a call::

    def respond(request: SeenChat) -> Reply | None:
        if request.text.startswith("What is the weather"):
            return Reply(calls=(Call("weather", {"city": "Oslo"}),))
        return None  # as the emulator answers by itself


    with running_emulator(respond=respond) as spark: ...
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TypeAlias

from iflytek_spark.emulator.plan import Fault
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.messages import Citation, JSONObject, Message, Tool, Usage
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests.tokens import estimate_prompt_tokens


@dataclass(frozen=True, slots=True)
class SeenChat:
    """A chat request as the emulator saw it, after it has passed the service's checks.

    Attributes:
        spec: the model that is to answer.
        messages: the conversation, the newest last; an image is a message of its own. The
            WebSocket knows no tool messages: calls and results are lines in the texts.
        tools: the functions that the model may call.
        tool_choice: the function that must be called, or an empty string.
        tool_required: whether some function must be called.
        options: ``temperature``, ``max_tokens`` and the like, as far as they were sent.
        json_mode: whether a JSON object is demanded.
        thinking: whether the model thinks aloud.
        web_search: whether the web search is on, or None when it was not mentioned.
        citations: whether the pages found are to be named.
        uid: the end user's id, or an empty string.
    """

    spec: ModelSpec
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str = ""
    tool_required: bool = False
    options: Mapping[str, float] = field(default_factory=dict)
    json_mode: bool = False
    thinking: bool = False
    web_search: bool | None = None
    citations: bool = False
    uid: str = ""

    @property
    def model(self) -> str:
        """The catalogue's name of the model."""
        return self.spec.name

    @property
    def text(self) -> str:
        """The text of the newest message."""
        return self.messages[-1].text

    @property
    def prompt_tokens(self) -> int:
        """The estimate of all that the model reads: messages and functions."""
        return estimate_prompt_tokens(self.messages, self.tools)


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the model asks for.

    Attributes:
        name: the function's name; nothing checks that it was offered.
        arguments: its arguments, or the text that the model writes for them, which need not be
            JSON.
    """

    name: str
    arguments: JSONObject | str

    @property
    def written(self) -> str:
        """The arguments as the model writes them."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the emulator answers, word for word and whether or not the model could.

    Only the request's ``max_tokens`` holds for it as for any answer: what is longer is cut.

    Attributes:
        text: the answer.
        calls: functions that the model asks for. The WebSocket carries one, behind the text;
            HTTP any number.
        reasoning: what the model thinks before the answer.
        citations: the pages that a web search found.
        deltas: the text as it is cut into frames, in place of ``text`` in even chunks.
        usage: the token counts, in place of the emulator's estimate.
        fault: what goes wrong with the answer, beside what was scripted.

    Raises:
        ConfigurationError: when ``deltas`` are not the text, or the fault is one of handshakes.
    """

    text: str = ""
    _: KW_ONLY
    calls: Sequence[Call] = ()
    reasoning: str = ""
    citations: tuple[Citation, ...] = ()
    deltas: tuple[str, ...] = ()
    usage: Usage | None = None
    fault: Fault | None = None

    def __post_init__(self) -> None:
        """Make the text of the deltas, and check."""
        joined = "".join(self.deltas)
        if self.text and self.deltas and self.text != joined:
            raise ConfigurationError("text and deltas of a Reply differ; give one of them")
        object.__setattr__(self, "text", self.text or joined)
        object.__setattr__(self, "calls", tuple(self.calls))
        if self.fault is not None and self.fault.handshake() is not None:
            raise ConfigurationError(
                f"{self.fault!r} comes before the request; pass it to the emulator's script()"
            )


Respond: TypeAlias = Callable[[SeenChat], Reply | Call | Sequence[Call] | str | None]
"""Takes a chat and returns the reply; a text is a reply of that text alone, a list is one of calls,
and None leaves the answer to the emulator's rules. It is called on a thread, so that it may wait,
and for several chats at once; it must return, since the emulator ends after it (for silence there
are faults)."""
