"""Finds the reply to a chat: the program's own function is asked first, then the rules."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from iflytek_spark.emulator import assumptions, rules
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.replies import Call, Reply, Respond, SeenChat
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.messages import Message
from iflytek_spark.requests.tool_text import write_tools


class Responder:
    """Asks a function of the program's, and keeps what it raises for the program.

    Attributes:
        respond: the function, or None for the rules alone; may be changed at any time.
        failure: the first thing that the function raised, or None.
    """

    def __init__(self, respond: Respond | None) -> None:
        """Set up with a function, or None for the rules alone."""
        self.respond = respond
        self.failure: BaseException | None = None

    async def reply(self, request: SeenChat, *, max_calls: int) -> Reply:
        """Return the reply to a chat of a client to which ``max_calls`` calls can be carried.

        Raises:
            RequestRefusedError: when the program's function raises, or returns what cannot be
                answered with.
        """
        if self.respond is None:
            return _by_rules(request)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(None, _ask, self.respond, request, max_calls)
        await asyncio.wait((asked,))
        error = asked.exception()
        if error is not None:
            self.note(error)
            raise refused(assumptions.RESPOND_FAILED, repr(error))
        return asked.result() or _by_rules(request)

    def reply_now(self, request: SeenChat, *, max_calls: int) -> Reply:
        """Return the reply in the caller's thread; what the program's function raises goes on."""
        found = None if self.respond is None else _ask(self.respond, request, max_calls)
        return found or _by_rules(request)

    def note(self, error: BaseException) -> None:
        """Keep what the program's function has raised, if it is the first."""
        self.failure = self.failure or error


def _ask(respond: Respond, request: SeenChat, max_calls: int) -> Reply | None:
    """Call the program's function, and check what it returns."""
    try:
        found = respond(request)
    except StopIteration as error:  # which no future can hold
        raise RuntimeError("respond has no further reply: its iterator has ended") from error
    reply = _reply(found)
    if reply is not None and len(reply.calls) > max_calls:
        raise ConfigurationError(
            f"the Reply has {len(reply.calls)} calls; the WebSocket carries {max_calls} an answer"
        )
    return reply


def _reply(found: object) -> Reply | None:
    """Make a reply of all that may be returned in place of one."""
    match found:
        case None | Reply():
            return found
        case Call():
            return Reply(calls=(found,))
        case str():
            return Reply(found)
        case list() | tuple() if found and all(isinstance(item, Call) for item in found):
            return Reply(calls=found)
    raise TypeError(
        f"respond returned {found!r}; it returns a Reply, a Call, a list of them, a str or None"
    )


def _by_rules(request: SeenChat) -> Reply:
    """Answer by the rules, which read calls and results in texts, as the WebSocket has them."""
    called = {call.id for message in request.messages for call in message.tool_calls}
    messages = [
        Message("user", message.text)
        if message.role == "tool" and message.tool_call_id not in called
        else message
        for message in request.messages
    ]
    return rules.respond(replace(request, messages=tuple(write_tools(messages))))
