"""Writes findings for people, as they come, or as JSON at the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict
from iflytek_spark.cli.doctor.words import Language, say, sentence
from iflytek_spark.cli.terminal import bold, dim, plain

_MARKS = {Verdict.OK: "✓", Verdict.NOTE: "·", Verdict.WRONG: "✗", Verdict.NOT_TRIED: "-"}
_SHOWN_APART = frozenset({Verdict.OK, Verdict.NOTE, Verdict.WRONG})

_NAMES = 8
"""Names that a line of what was not tried has; ``--json`` has all."""


class Report:
    """What is printed of an examination.

    Attributes:
        findings: all so far.
    """

    def __init__(self, language: Language, *, as_json: bool) -> None:
        """Print nothing yet."""
        self._language = language
        self._as_json = as_json
        self.findings: list[Finding] = []

    @property
    def wrong(self) -> bool:
        """Whether anything is wrong."""
        return any(each.verdict is Verdict.WRONG for each in self.findings)

    def section(self, section: Section, findings: Iterable[Finding]) -> None:
        """Print a section, each line as soon as it is known."""
        if not self._as_json:
            print(bold(say(section.value, "", self._language)))
        skipped = []
        for finding in findings:
            self.findings.append(finding)
            if finding.verdict not in _SHOWN_APART:
                skipped.append(finding)
            elif not self._as_json:
                self._line(_MARKS[finding.verdict], finding.subject, finding)
        if not self._as_json:
            self._skipped(skipped)
            print()

    def end(self) -> None:
        """Print the whole as JSON, or one line of counts."""
        if self._as_json:
            print(json.dumps(self._whole(), ensure_ascii=False, indent=2))
            return
        met = Counter(each.verdict for each in self.findings)
        counts = ", ".join(f"{verdict.value} {met[verdict]}" for verdict in Verdict)
        print(say("something-wrong" if self.wrong else "all-right", counts, self._language))

    def _whole(self) -> dict[str, object]:
        return {"ok": not self.wrong, "findings": list(map(self._fields, self.findings))}

    def _fields(self, finding: Finding) -> dict[str, object]:
        return {
            "section": finding.section.value,
            "subject": finding.subject,
            "verdict": finding.verdict.value,
            "problem": finding.problem,
            "text": sentence(finding, self._language),
            "code": finding.code,
            "sid": finding.sid,
        }

    def _skipped(self, findings: list[Finding]) -> None:
        """Print what was not tried, one line for each reason."""
        reasons: dict[str, list[str]] = {}
        for finding in findings:
            reasons.setdefault(self._reason(finding), []).append(finding.subject)
        for words, names in reasons.items():
            more = f", … +{len(names) - _NAMES}" if len(names) > _NAMES else ""
            print(dim(f"  {_MARKS[Verdict.NOT_TRIED]} {words}: {', '.join(names[:_NAMES])}{more}"))

    def _reason(self, finding: Finding) -> str:
        detail = "NAME" if finding.problem == "not-asked" else finding.detail
        return plain(say(finding.problem, detail, self._language))

    def _line(self, mark: str, subject: str, finding: Finding) -> None:
        words = " ".join(sentence(finding, self._language).split())
        print(f"  {mark} {subject}: {plain(words)}", flush=True)
