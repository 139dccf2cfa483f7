"""Which lines of the two files of assumptions a few cheap chats have shown to hold."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import NamedTuple

from iflytek_spark import assumptions
from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict
from iflytek_spark.cli.doctor.products import MAX_TOKENS, Product
from iflytek_spark.emulator import assumptions as emulated
from iflytek_spark.errors import SparkError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.protocol.deviations import Deviation


class Evidence(NamedTuple):
    """What one call has shown.

    Attributes:
        product: what was asked.
        response: the answer to a chat, or None.
        error: why there is none, or None.
        sizes: bytes of each message that came.
    """

    product: Product
    response: ChatResponse | None
    error: SparkError | None
    sizes: tuple[int, ...] = ()


class Shown(NamedTuple):
    """Whether a line holds, as far as one call shows, and by what."""

    held: bool
    by: str


_SEQ = {Deviation.SEQ_START, Deviation.SEQ_GAP, Deviation.SEQ_BACK, Deviation.SEQ_UNUSUAL}
_NAME = re.compile(r"^([A-Z][A-Z_]*)(?::[^=]+)? = ", re.MULTILINE)
_IMAGE_PROMPT_TOKENS = 100
"""No question about an image that is asked here has more."""


def _counts(evidence: Evidence) -> tuple[int, int]:
    usage = evidence.response.usage if evidence.response else None
    return (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)


def _temperature(evidence: Evidence) -> Shown | None:
    row = evidence.product.model
    if row is None or evidence.product.wire != "websocket" or 0 in row.temperature:
        return None
    if evidence.response:
        return Shown(True, f"{assumptions.SMALLEST_TEMPERATURE} was taken")
    refused = evidence.error is not None and "temperature" in evidence.error.message
    return Shown(False, str(evidence.error)) if refused else None


def _message_size(evidence: Evidence) -> Shown | None:
    largest = max(evidence.sizes, default=0)
    held = largest <= assumptions.MAX_MESSAGE_BYTES
    return Shown(held, f"the longest message had {largest} bytes") if largest else None


def _response_size(evidence: Evidence) -> Shown | None:
    size = sum(evidence.sizes)
    held = size <= assumptions.MAX_RESPONSE_BYTES
    return Shown(held, f"an answer of {MAX_TOKENS} tokens had {size} bytes") if size else None


def _image_tokens(evidence: Evidence) -> Shown | None:
    row, (prompt, _) = evidence.product.model, _counts(evidence)
    if row is None or evidence.product.wire != "websocket" or not row.images or not prompt:
        return None
    most = assumptions.IMAGE_TOKENS + _IMAGE_PROMPT_TOKENS
    return Shown(assumptions.IMAGE_TOKENS <= prompt <= most, f"{row.name}: {prompt} with the text")


def _seq(evidence: Evidence) -> Shown | None:
    if evidence.product.wire != "websocket" or not evidence.response or len(evidence.sizes) < 2:
        return None
    odd = _SEQ.intersection(evidence.response.deviations)
    return Shown(not odd, ", ".join(odd) or f"{len(evidence.sizes)} frames in order")


def _token_count(evidence: Evidence) -> Shown | None:
    total = sum(_counts(evidence))
    return Shown(total <= assumptions.MAX_TOKEN_COUNT, f"{total} tokens") if total else None


def _length(evidence: Evidence) -> Shown | None:
    _, completion = _counts(evidence)
    if completion < MAX_TOKENS:
        return None
    return Shown(completion == MAX_TOKENS, f"{completion} tokens of at most {MAX_TOKENS}")


def _usage_ends(evidence: Evidence) -> Shown | None:
    if evidence.product.key != "open" or not evidence.response:
        return None
    return Shown(bool(sum(_counts(evidence))), f"{sum(_counts(evidence))} tokens counted")


_CHECKS: Mapping[str, Callable[[Evidence], Shown | None]] = {
    "SMALLEST_TEMPERATURE": _temperature,
    "MAX_MESSAGE_BYTES": _message_size,
    "MAX_RESPONSE_BYTES": _response_size,
    "IMAGE_TOKENS": _image_tokens,
    "SEQ_STEP": _seq,
    "MAX_TOKEN_COUNT": _token_count,
    "LENGTH_IS_LIMIT": _length,
    "USAGE_ENDS_AN_ANSWER": _usage_ends,
}
_NEEDS: Mapping[str, str] = {
    "CONTEXT_MARGIN": "needs-context",
    "UNKNOWN_CONTEXT_TOKENS": "needs-context",
    "SAFE_CONTEXT_TOKENS": "needs-context",
    "TURN_SEPARATOR": "needs-reading",
    "ASSISTANT_FIRST": "needs-reading",
    "SMALLEST_SPLIT_TOKENS": "needs-refused",
    "KEEP_ALIVE_SECONDS": "needs-idle",
}


def examine_assumptions(evidence: list[Evidence]) -> Iterator[Finding]:
    """Say of each line whether it held, did not hold, or was not tried and why."""
    for name in lines(assumptions):
        yield _finding(name, evidence)
    for name in lines(emulated):
        subject = f"emulator {name}"
        yield Finding(Section.ASSUMPTIONS, subject, Verdict.NOT_TRIED, "needs-refused")


def lines(module: ModuleType) -> list[str]:
    """Return the names of a file's assumptions, in its order."""
    return _NAME.findall(inspect.getsource(module))


def _finding(name: str, evidence: list[Evidence]) -> Finding:
    check = _CHECKS.get(name)
    seen = [check(each) for each in evidence] if check else []
    shown = [each for each in seen if each is not None]
    against = next((each for each in shown if not each.held), None)
    if against:
        return Finding(Section.ASSUMPTIONS, name, Verdict.NOTE, "did-not-hold", against.by)
    if shown:
        return Finding(Section.ASSUMPTIONS, name, Verdict.OK, "held", shown[0].by)
    problem = _NEEDS.get(name, "no-evidence")
    return Finding(Section.ASSUMPTIONS, name, Verdict.NOT_TRIED, problem)
