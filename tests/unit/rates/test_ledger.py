"""Turns that are taken: spaced evenly, none too early, those of the dead given back."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.rates import Limit
from iflytek_spark.rates.ledger import POLL_SECONDS, Ledger

TWO = Limit(2)
INTERVAL = TWO.interval
LAPSE = 6.0


class Book:
    """A ledger with a clock that a test moves."""

    def __init__(self, limit: Limit, delay: float = 0.0) -> None:
        self.ledger = Ledger()
        self.limit = limit
        self.delay = delay
        self.now = 0.0
        self._names = map(str, itertools.count())

    def ask(self, ticket: str | None = None) -> float:
        return self.ledger.take(self.now, ticket or next(self._names), self.limit, LAPSE)

    def turn(self, connecting: float = 0.0) -> float:
        """Wait for a turn, connect for some seconds, send; when the turn came."""
        ticket = next(self._names)
        while wait := self.ask(ticket):
            self.now += wait
        taken = self.now
        self.now += connecting
        self.ledger.sent(self.now, ticket, connecting)
        return taken


def test_the_first_turn_is_free() -> None:
    book = Book(TWO)
    book.now = -1e9
    assert book.ask() == 0


def test_turns_at_one_moment_are_spaced_evenly() -> None:
    book = Book(TWO)
    assert [book.turn() for _ in range(4)] == pytest.approx([INTERVAL * n for n in range(4)])


def test_a_second_holds_fewer_turns_than_the_limit_by_a_little() -> None:
    """Requests are late by some ms each, so that those of one second arrive in less."""
    book = Book(Limit(50))
    taken = [book.turn() for _ in range(200)]
    for one, other in zip(taken, taken[50:], strict=False):
        assert 1.01 < other - one < 1.03


def test_time_that_passes_is_counted() -> None:
    book = Book(TWO)
    book.turn()
    book.now = 0.2
    assert book.ask() == pytest.approx(INTERVAL - 0.2)
    book.now = INTERVAL
    assert book.ask() == 0


def test_idle_time_is_not_saved_up_for_a_burst() -> None:
    book = Book(TWO)
    book.turn()
    book.now = 1000
    assert [book.turn() - 1000 for _ in range(3)] == pytest.approx([0, INTERVAL, 2 * INTERVAL])


def test_one_who_looks_late_keeps_nobody_back() -> None:
    book = Book(Limit(10))
    for number in range(100):
        book.now = max(book.now, number * book.limit.interval + 0.03)
        assert book.turn() == pytest.approx(number * book.limit.interval + 0.03)


def test_a_request_that_is_sent_late_counts_from_then() -> None:
    """The service counts what it receives, and a connection may take its time to open."""
    book = Book(TWO)
    book.turn(connecting=0.9)
    sent = book.now
    book.turn()
    assert book.turn() >= sent + 1


def test_connections_that_all_take_their_time_to_open_cost_none() -> None:
    """They are opened side by side, so that a test does it by hand: each takes 0.2 s."""
    ledger, limit, moments = Ledger(lead=0.2), Limit(10), [0.0]
    for number in range(100):
        now = moments[-1]
        while wait := ledger.take(now, str(number), limit, LAPSE):
            now += wait
            for earlier, moment in enumerate(moments[1:]):
                if moment + 0.2 <= now and ledger.counted.get(str(earlier), -1) > now:
                    ledger.sent(moment + 0.2, str(earlier), 0.2)
        moments.append(now)
    assert moments[-1] < 100 * limit.interval * 1.05


def test_a_request_that_is_not_sent_yet_counts_for_as_long_as_its_holder_lives() -> None:
    book = Book(Limit(1))
    assert book.ask("connecting") == 0
    book.now = 5.0
    assert book.ask() == POLL_SECONDS
    book.ledger.renew(book.now, "connecting", LAPSE)
    book.now = 9.0
    assert book.ask() == POLL_SECONDS
    book.now = 5.0 + LAPSE + book.limit.window
    assert book.ask() == 0


def test_a_turn_that_was_not_used_is_free_again() -> None:
    book = Book(Limit(1))
    assert book.ask("left") == 0
    book.ledger.release(0.5, "left")
    book.now = book.limit.interval
    assert book.ask() == 0


def test_requests_at_once_wait_for_an_end() -> None:
    book = Book(Limit(at_once=2))
    assert [book.ask(name) for name in "ab"] == [0, 0]
    assert book.ask("c") == POLL_SECONDS
    book.ledger.release(book.now, "a")
    assert [book.ask("c"), book.ask("d")] == [0, POLL_SECONDS]


def test_a_dead_holder_gives_its_slots_back() -> None:
    book = Book(Limit(at_once=2))
    assert [book.ask(name) for name in "ab"] == [0, 0]
    book.now = 5
    book.ledger.renew(book.now, "b", LAPSE)
    book.now = LAPSE
    assert [book.ask("c"), book.ask("d")] == [0, POLL_SECONDS]


def test_what_an_earlier_clock_counted_is_forgotten() -> None:
    """A machine's clock begins anew when it starts; the file is older."""
    book = Book(TWO)
    book.now = 1e6
    book.ask()
    book.now = 3.0
    assert book.ask() == 0


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2)), min_size=1, max_size=60),
    st.sampled_from([0.5, 1.0, 2.0, 2.5, 7.0, 50.0]),
)
def test_no_second_holds_too_many_whenever_requests_set_out(
    calls: list[tuple[float, float]], rate: float
) -> None:
    """Each call comes after some seconds, and takes some to connect, in which others come."""
    ledger, now = Ledger(), 0.0
    limit, sent = Limit(rate), list[float]()
    connecting: list[tuple[float, str]] = []
    for number, (gap, takes) in enumerate(calls):
        now += gap
        while True:
            for moment, ticket in [each for each in connecting if each[0] <= now]:
                connecting.remove((moment, ticket))
                ledger.sent(moment, ticket, 0.0)
                sent.append(moment)
            wait = ledger.take(now, str(number), limit, LAPSE)
            if not wait:
                break
            now += wait
        connecting.append((now + takes, str(number)))
    sent = sorted([*sent, *(moment for moment, _ in connecting)])
    for place, moment in enumerate(sent):
        inside = [other for other in sent[place:] if other < moment + 1 - 1e-6]
        assert len(inside) <= max(math.ceil(rate), 1)


@given(st.lists(st.floats(0, 0.4), min_size=1, max_size=60))
def test_a_queue_loses_no_time(gaps: list[float]) -> None:
    """Calls that come faster than the limit finish exactly at the limit's pace."""
    book, came = Book(TWO), 0.0
    for gap in gaps:
        book.now = max(book.now, came)
        last = book.turn()
        came += gap
    assert last == pytest.approx((len(gaps) - 1) * INTERVAL)


@pytest.mark.parametrize(
    "limit",
    [
        {"per_second": 0}, {"per_second": -1}, {"per_second": math.inf}, {"per_second": math.nan},
        {"per_second": "2"}, {"per_second": True}, {"at_once": 0}, {"at_once": 1.5},
        {"at_once": True},
    ],
)  # fmt: skip
def test_what_limits_nothing_or_everything_is_no_limit(limit: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=r"per_second|at_once"):
        Limit(**limit)  # type: ignore[arg-type]
