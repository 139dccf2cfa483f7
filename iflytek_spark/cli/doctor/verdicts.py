"""What the error of a call says about the product, the key or the line."""

from __future__ import annotations

from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict, from_error
from iflytek_spark.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    ClockSkewError,
    EmptyResponseError,
    MissingCredentialsError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    SparkError,
)
from iflytek_spark.messages import Wire

_CODES = {
    10015: "not-entitled",
    10016: "not-entitled",
    11200: "not-entitled",
    11221: "not-entitled",
    11201: "quota",
    10404: "unknown-model",
}
_WORDS = (
    ("header.app_id", "wrong-app-id"),
    ("tokens.total", "quota"),
    ("does not match", "wrong-secret"),
    ("retrieve credential", "wrong-key"),
    ("invalid param model", "unknown-model"),
    ("invalid model domain", "unknown-model"),
    ("<html", "captive-portal"),
    ("<!doctype html", "captive-portal"),
)
"""The service's words, which say more than its codes (PROTOCOL.md §2.1, §2.3, §9)."""
_KINDS: tuple[tuple[type[SparkError], str], ...] = (
    (ClockSkewError, "clock"),
    (AuthenticationError, "wrong-http-key"),
    (PermissionDeniedError, "not-entitled"),
    (RateLimitError, "rate"),
    (NotFoundError, "unknown-model"),
    (APITimeoutError, "silence"),
    (APIConnectionError, "connection-lost"),
)
KEY_REFUSED = frozenset({"wrong-secret", "wrong-key", "wrong-http-key", "wrong-app-id", "clock"})
"""After which further calls with the key say nothing new."""


def read_error(product: str, wire: Wire | None, error: SparkError) -> Finding:
    """Return the finding for a call that failed.

    Args:
        product: what was asked.
        wire: over which wire; the words about a key mean another one over HTTP.
        error: what the client raised.
    """
    if isinstance(error, EmptyResponseError):
        return Finding(Section.PRODUCTS, product, Verdict.OK, "works", "0 tokens", sid=error.sid)
    if isinstance(error, MissingCredentialsError):
        return from_error(Section.PRODUCTS, product, "no-key-for-it", error, Verdict.NOT_TRIED)
    problem = _problem(error)
    if wire == "http" and isinstance(error, AuthenticationError):
        problem = "wrong-http-key"
    finding = from_error(Section.PRODUCTS, product, problem, error, Verdict.WRONG)
    return _with_skew(finding, error) if isinstance(error, ClockSkewError) else finding


def _problem(error: SparkError) -> str:
    if isinstance(error, ClockSkewError):
        return "clock"
    message = error.message.lower()
    if isinstance(error, APIError):
        for words, problem in _WORDS:
            if words in message:
                return problem
    if error.code in _CODES:
        return _CODES[error.code]
    return next((name for kind, name in _KINDS if isinstance(error, kind)), "other-error")


def _with_skew(finding: Finding, error: ClockSkewError) -> Finding:
    measured = "> 300 s" if error.skew is None else f"{error.skew:+.0f} s"
    return Finding(finding.section, finding.subject, finding.verdict, "clock", measured)
