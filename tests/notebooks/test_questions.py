"""The evaluation questions have one chapter each, and are not the handbook's own words."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import NotRequired, TypedDict

DATA = Path(__file__).parents[2] / "notebooks" / "data"
RUN = 12


class Question(TypedDict):
    id: str
    question: str
    chapter: str
    answer: str
    also: NotRequired[list[str]]


LINES = (DATA / "questions.jsonl").read_text(encoding="utf-8").splitlines()
QUESTIONS: list[Question] = [json.loads(line) for line in LINES]


def _prose(text: str) -> str:
    """Leave the Chinese; a name, a code or a pasted message counts as one character."""
    unmarked = re.sub(r"\s*\n\s*|[*`|]", "", text)
    return re.sub(r"[\x00-\x7f]+", "*", unmarked)


def _chapter(name: str) -> str:
    return (DATA / "handbook" / f"{name}.md").read_text(encoding="utf-8")


def test_ids_and_questions_are_unique() -> None:
    assert len({asked["id"] for asked in QUESTIONS}) == len(QUESTIONS)
    assert len({asked["question"] for asked in QUESTIONS}) == len(QUESTIONS)


def test_every_chapter_of_the_handbook_is_asked_at_least_three_times() -> None:
    asked = Counter(question["chapter"] for question in QUESTIONS)
    chapters = {path.stem for path in (DATA / "handbook").glob("[0-9]*.md")}
    assert set(asked) == chapters
    assert min(asked.values()) >= 3
    assert len(QUESTIONS) >= 40


def test_few_questions_have_a_second_chapter() -> None:
    assert sum("also" in asked for asked in QUESTIONS) <= 6


def test_a_question_has_an_answer_and_names_chapters_that_exist() -> None:
    for asked in QUESTIONS:
        also = asked.get("also", [])
        assert asked["answer"].strip(), asked["id"]
        assert asked["chapter"] not in also, asked["id"]
        assert all(map(_chapter, (asked["chapter"], *also))), asked["id"]


def test_a_question_is_not_copied_from_its_chapter() -> None:
    """A search that only compares words would find such a chapter too."""
    for asked in QUESTIONS:
        prose = _prose(asked["question"])
        runs = {prose[start : start + RUN] for start in range(len(prose) - RUN + 1)}
        for name in (asked["chapter"], *asked.get("also", [])):
            text = _chapter(name)
            assert asked["question"] not in text, asked["id"]
            assert {run for run in runs if run in _prose(text)} == set(), asked["id"]
