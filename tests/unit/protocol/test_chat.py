"""The state machine of one exchange, pair by pair, and the rules of its events."""

from __future__ import annotations

import itertools

import pytest

from iflytek_spark.errors import (
    InternalServerError,
    ProtocolError,
    SparkError,
    StreamInterruptedError,
)
from iflytek_spark.protocol.chat import TRANSITIONS, ChatProtocol, Signal, State
from iflytek_spark.protocol.events import (
    Event,
    Finished,
)
from iflytek_spark.protocol.wire.chat_client import decode_frame
from tests._support.frames import SID, USAGE, error, last, piece

STOPPED = Finished("stop", USAGE, SID)


def signal(protocol: ChatProtocol, name: str) -> tuple[Event, ...]:
    """Let one signal reach the machine, with the next number where it is a piece."""
    seq = 0 if protocol.state is State.WAITING else 1
    if name == "CLOSED":
        protocol.closed()
        return ()
    raw = {"DELTA": piece(seq, "二"), "LAST": last(seq, "二"), "ERROR": error(10110, "busy")}
    return protocol.receive(decode_frame(raw[name]))


def machine(state: str) -> ChatProtocol:
    """A machine that was brought to a state by frames alone."""
    protocol = ChatProtocol()
    ways = {"WAITING": [], "ANSWERING": [piece(0, "一")], "FINISHED": [last(0, "一")]}
    for raw in ways.get(state, []):
        protocol.receive(decode_frame(raw))
    if state == "FAILED":
        with pytest.raises(StreamInterruptedError):
            protocol.closed()
    assert protocol.state.name == state
    return protocol


FINE = {
    ("WAITING", "DELTA"): "ANSWERING",
    ("WAITING", "LAST"): "FINISHED",
    ("ANSWERING", "DELTA"): "ANSWERING",
    ("ANSWERING", "LAST"): "FINISHED",
    ("FINISHED", "CLOSED"): "FINISHED",
}
"""What may happen. Everything else is a failure, and stays one."""

PAIRS = list(itertools.product(State.__members__, Signal.__members__))


@pytest.mark.parametrize(("state", "name"), PAIRS)
def test_every_pair_of_state_and_signal(state: str, name: str) -> None:
    protocol = machine(state)
    if (state, name) in FINE:
        signal(protocol, name)
        assert protocol.state.name == FINE[state, name]
    else:
        with pytest.raises(SparkError):
            signal(protocol, name)
        assert protocol.state is State.FAILED


def test_the_table_has_every_pair() -> None:
    assert {(state.name, name.name) for state, name in TRANSITIONS} == set(PAIRS)


@pytest.mark.parametrize(
    ("state", "name", "kind"),
    [
        ("WAITING", "CLOSED", StreamInterruptedError),
        ("ANSWERING", "CLOSED", StreamInterruptedError),
        ("FAILED", "CLOSED", StreamInterruptedError),
        ("WAITING", "ERROR", InternalServerError),
        ("ANSWERING", "ERROR", InternalServerError),
        ("FINISHED", "ERROR", InternalServerError),
        ("FINISHED", "DELTA", ProtocolError),
        ("FINISHED", "LAST", ProtocolError),
        ("FAILED", "DELTA", ProtocolError),
    ],
)
def test_a_failure_says_what_it_is(state: str, name: str, kind: type[SparkError]) -> None:
    with pytest.raises(kind):
        signal(machine(state), name)


def test_a_closed_connection_names_the_session() -> None:
    protocol = machine("ANSWERING")
    with pytest.raises(StreamInterruptedError) as caught:
        protocol.closed()
    assert caught.value.sid == SID
    with pytest.raises(StreamInterruptedError) as caught:
        ChatProtocol().closed()
    assert caught.value.sid is None
