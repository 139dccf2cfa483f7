"""Days and months on the clock of this machine, and times as people write them."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta

from iflytek_spark.errors import ConfigurationError

_FIRST_YEAR = 1970
"""Before it no clock has seconds everywhere."""
_SPAN = re.compile(r"([1-9][0-9]{0,4})([hd])")


def utc(seconds: float) -> datetime:
    """Return a moment as the database holds it: of UTC, without saying so."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def seconds_of(moment: datetime) -> float:
    """Return the seconds since 1970 of a moment that the database holds."""
    return moment.replace(tzinfo=UTC).timestamp()


def iso(moment: datetime | None) -> str | None:
    """Write a moment that the database holds, in ISO 8601."""
    return None if moment is None else f"{moment.isoformat(timespec='seconds')}Z"


def day_of(seconds: float) -> str:
    """Return the date of a moment, like ``2026-11-28``."""
    return datetime.fromtimestamp(seconds).date().isoformat()


def month_start(day: str) -> str:
    """Return the first day of a day's month."""
    return f"{day[:8]}01"


def days_before(day: str, count: int) -> str:
    """Return an earlier day."""
    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def seconds_to_next_day(now: float) -> int:
    """Return how long this day lasts, at least 1."""
    return _seconds_to(datetime.fromtimestamp(now).date() + timedelta(days=1), now)


def seconds_to_next_month(now: float) -> int:
    """Return how long this month lasts, at least 1."""
    first = datetime.fromtimestamp(now).date().replace(day=1)
    return _seconds_to((first + timedelta(days=32)).replace(day=1), now)


def expiry_of(text: str, now: float) -> float:
    """Read when a key expires: ``12h`` or ``30d`` from now, or a date, at whose beginning it does.

    Raises:
        ConfigurationError: for anything else, or a day that is over.
    """
    if span := _SPAN.fullmatch(text):
        return now + int(span[1]) * (3600 if span[2] == "h" else 86400)
    day = _date(text, "expires", "30d, 12h or 2027-01-31")
    moment = _midnight(day) if day.year > _FIRST_YEAR else 0.0
    if moment <= now:
        raise ConfigurationError(f"expires is {text}, which is over", hint="give a later day")
    return moment


def first_day(text: str, now: float) -> str:
    """Read since when usage is wanted: ``7d`` for today and the six days before, or a date.

    Raises:
        ConfigurationError: for anything else.
    """
    span = _SPAN.fullmatch(text)
    if span and span[2] == "d":
        return days_before(day_of(now), int(span[1]) - 1)
    return _date(text, "since", "7d or 2026-11-01").isoformat()


def _date(text: str, name: str, examples: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{name} is {text[:20]!r}; write it like {examples}") from None


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _seconds_to(day: date, now: float) -> int:
    return max(1, math.ceil(_midnight(day) - now))
