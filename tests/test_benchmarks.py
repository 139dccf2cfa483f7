"""docs/performance.md and its numbers belong together, and none of them is missing."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pytest

from benchmarks.report.comparisons import GROUPS
from benchmarks.report.page import page
from benchmarks.report.results import FOLDER, ROOT, ROUNDS, Results, load, newest
from benchmarks.runner import Run, Section
from benchmarks.sampling import Metrics, SampleError
from benchmarks.sections import SECTIONS


@pytest.fixture(scope="module")
def results() -> Results:
    return load(newest(FOLDER))


def test_the_page_is_made_from_the_newest_results(results: Results) -> None:
    written = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert written == page(results), "run: python -m benchmarks --write"
    assert (ROOT / "docs" / "performance.png").exists()


def test_every_row_was_measured_often_enough(results: Results) -> None:
    taken = {
        (section.name, row): len(results.samples[section.name].get(row, []))
        for section in SECTIONS
        for row in section.rows
    }
    assert {row: times for row, times in taken.items() if times < ROUNDS} == {}


def test_every_comparison_names_figures_that_exist(results: Results) -> None:
    comparisons = [one for group in GROUPS.values() for one in group]
    missing = [one for one in comparisons if one.values(results) is None]
    assert [f"{one.what} / {one.beside}" for one in missing] == []


def test_results_read_back_as_they_were_written(results: Results, tmp_path: Path) -> None:
    assert load(results.save(tmp_path)) == results


def test_a_page_says_what_was_not_measured(results: Results) -> None:
    broken = dataclasses.replace(results, samples={}, failures={"chunks: a row": "it broke"})
    text = page(broken)
    assert "not measured" in text
    assert "chunks: a row: it broke" in text


def test_a_row_that_fails_is_noted_and_the_others_go_on() -> None:
    order: list[str] = []

    def good(_: None) -> Metrics:
        order.append("good")
        return {"µs": 1.0}

    def bad(_: None) -> Metrics:
        order.append("bad")
        raise SampleError("it broke")

    run, place = Run(), contextlib.nullcontext
    rows = {"good": good, "bad": bad}
    run.section(Section("trial", "", "", seconds=0, place=place, rows=rows), rounds=2)
    assert run.samples == {"trial": {"good": [{"µs": 1.0}] * 2, "bad": []}}
    assert run.failures == {"trial: bad": "SampleError: it broke"}
    assert order == ["good", "bad", "bad", "good"]
