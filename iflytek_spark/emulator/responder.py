"""Finds the reply to a chat: the program's own function is asked first, then the rules."""

from __future__ import annotations

import asyncio

from iflytek_spark.emulator import assumptions, rules
from iflytek_spark.emulator.checks import refused
from iflytek_spark.emulator.replies import Call, Reply, Respond, SeenChat
from iflytek_spark.errors import ConfigurationError


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
            return rules.respond(request)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(None, _ask, self.respond, request, max_calls)
        await asyncio.wait((asked,))
        error = asked.exception()
        if error is not None:
            self.failure = self.failure or error
            raise refused(assumptions.RESPOND_FAILED, repr(error))
        return asked.result() or rules.respond(request)


def _ask(respond: Respond, request: SeenChat, max_calls: int) -> Reply | None:
    """Call the program's function, and check what it returns."""
    try:
        found = respond(request)
    except StopIteration as error:  # which no future can hold
        raise RuntimeError("respond has no further reply: its iterator has ended") from error
    reply = Reply(calls=(found,)) if isinstance(found, Call) else found
    reply = Reply(reply) if isinstance(reply, str) else reply
    if reply is not None and not isinstance(reply, Reply):
        raise TypeError(f"respond returned {found!r}; it returns a Reply, a Call, a str or None")
    if reply is not None and len(reply.calls) > max_calls:
        raise ConfigurationError(
            f"the Reply has {len(reply.calls)} calls; the WebSocket carries {max_calls} an answer"
        )
    return reply
