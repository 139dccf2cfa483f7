"""What an examination finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from iflytek_spark.errors import SparkError


class Verdict(StrEnum):
    """How a matter stands."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    NOT_TRIED = "not tried"


class Section(StrEnum):
    """What a finding is about; they are examined in this order."""

    KEYS = "keys"
    NETWORK = "network"
    PRODUCTS = "products"
    ASSUMPTIONS = "assumptions"


@dataclass(frozen=True, slots=True)
class Finding:
    """One matter, and how it stands. It never holds a key.

    Attributes:
        section: what it is about.
        subject: the setting, host, product or assumption.
        verdict: how it stands.
        problem: the name of what was found, a key of :data:`~iflytek_spark.cli.doctor.words.WORDS`.
        detail: what the name does not say: a number, or the service's own words.
        code: Spark's error code, or None.
        sid: Spark's session id, or None.
    """

    section: Section
    subject: str
    verdict: Verdict
    problem: str
    detail: str = ""
    code: int | None = None
    sid: str | None = None


def from_error(
    section: Section, subject: str, problem: str, error: SparkError, verdict: Verdict
) -> Finding:
    """Return what an error says and what to do next, with its code and sid."""
    detail = f"{error.message} — {error.hint}" if error.hint else error.message
    return Finding(section, subject, verdict, problem, detail, error.code, error.sid)
