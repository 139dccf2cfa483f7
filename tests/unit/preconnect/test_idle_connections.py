"""Connections opened ahead: how many, how old, and what a dead one costs a call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.protocol.wire.signing import ALLOWED_SKEW
from iflytek_spark.transports.preconnect.idle import (
    IDLE_LIMIT,
    KEEP_SECONDS,
    QUIET_SECONDS,
    IdleConnections,
)
from tests.unit.protocol.flow_helpers import NOW

HERE, THERE = "wss://spark-api.xf-yun.com/v4.0/chat", "wss://spark-api.xf-yun.com/v1.1/chat"


def book_of(size: int, *opened: float) -> IdleConnections[str]:
    """A book in use, with connections that were signed at these moments after NOW."""
    book: IdleConnections[str] = IdleConnections(size)
    book.note_use(HERE, NOW)
    for number, moment in enumerate(opened, 1):
        book.opened(HERE, f"socket {number}", NOW + moment)
    return book


def test_nothing_is_opened_before_the_first_call() -> None:
    book: IdleConnections[str] = IdleConnections(2)
    assert book.start(NOW) == []
    assert book.take(HERE) is None
    assert book.ready == 0


def test_what_is_missing_is_opened_once() -> None:
    book = book_of(3)
    assert book.start(NOW) == [HERE] * 3
    assert book.start(NOW) == []
    book.opened(HERE, "socket", NOW)
    assert book.start(NOW) == []
    assert book.ready == 1


def test_each_address_in_use_has_connections_of_its_own() -> None:
    book = book_of(1)
    book.note_use(THERE, NOW)
    assert sorted(book.start(NOW)) == sorted([HERE, THERE])
    book.opened(THERE, "there", NOW)
    assert book.take(HERE) is None
    assert book.take(THERE) == "there"


def test_the_oldest_is_handed_out_first_and_replaced() -> None:
    book = book_of(2)
    for name in book.start(NOW):
        book.opened(name, f"socket {book.ready + 1}", NOW)
    assert book.take(HERE) == "socket 1"
    assert book.start(NOW) == [HERE]
    assert book.take(HERE) == "socket 2"
    assert book.take(HERE) is None


@pytest.mark.parametrize(
    ("age", "usable"),
    [(0.0, True), (KEEP_SECONDS - 0.01, True), (KEEP_SECONDS, False), (3600, False), (-1, False)],
)
def test_a_connection_is_given_up_when_it_is_too_old_or_of_the_future(
    age: float, usable: bool
) -> None:
    book = book_of(1, 0.0)
    assert book.expired(NOW + age) == ([] if usable else ["socket 1"])
    assert book.ready == usable


def test_only_the_old_ones_are_given_up() -> None:
    book = book_of(3, 0.0, 30.0, 1.0)
    assert book.expired(NOW + KEEP_SECONDS + 1) == ["socket 1", "socket 3"]
    assert book.take(HERE) == "socket 2"


def test_a_connection_goes_before_the_service_drops_it_and_its_signature_is_too_old() -> None:
    assert 0 < KEEP_SECONDS < IDLE_LIMIT < ALLOWED_SKEW


@pytest.mark.parametrize(
    ("pause", "opens"),
    [(0.0, True), (QUIET_SECONDS - 0.01, True), (QUIET_SECONDS, False), (-1, False)],
)
def test_nothing_is_opened_after_a_quiet_minute(pause: float, opens: bool) -> None:
    assert bool(book_of(1).start(NOW + pause)) is opens


def test_a_call_ends_the_quiet() -> None:
    book = book_of(1)
    book.note_use(HERE, NOW + 500)
    assert book.start(NOW + 500) == [HERE]


def test_after_a_failure_nothing_is_opened_until_the_next_call() -> None:
    book = book_of(2)
    book.start(NOW)
    book.failed(HERE)
    book.failed(HERE)
    assert book.start(NOW) == []
    book.note_use(HERE, NOW)
    assert book.start(NOW) == [HERE, HERE]


def test_a_dead_connection_takes_those_to_its_address_along() -> None:
    book = book_of(3, 0.0, 0.0)
    book.note_use(THERE, NOW)
    book.opened(THERE, "there", NOW)
    assert book.discard(HERE) == ["socket 1", "socket 2"]
    assert book.ready == 1
    assert book.drain() == ["there"]
    assert book.ready == 0


@given(st.lists(st.sampled_from(["call", "take", "open", "fail", "wait", "lose"]), max_size=60))
def test_never_more_than_the_number_and_every_connection_leaves_once(happenings: list[str]) -> None:
    numbers: IdleConnections[int] = IdleConnections(2)
    now, left, started, made = NOW, list[int](), 0, 0
    for happening in happenings:
        if happening == "call":
            numbers.note_use(HERE, now)
            started += len(numbers.start(now))
        elif happening in ("open", "fail") and started:
            started -= 1
            if happening == "open":
                made += 1
                numbers.opened(HERE, made, now)
            else:
                numbers.failed(HERE)
        elif happening == "take":
            taken = numbers.take(HERE)
            left += [] if taken is None else [taken]
        elif happening == "wait":
            now += 20
            left += numbers.expired(now)
        elif happening == "lose":
            left += numbers.discard(HERE)
        assert numbers.ready + started <= 2
    assert sorted(left + numbers.drain()) == list(range(1, made + 1))
