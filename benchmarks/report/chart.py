"""Draws docs/performance.png: our cost as a part of each peer's."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report.comparisons import GROUPS
from benchmarks.report.results import Results

_COLOURS = (  # one for each group of comparisons
    "#2f6db5",
    "#8a8f98",
    "#d1761f",
    "#4f9d69",
    "#8a8f98",
    "#8a8f98",
    "#8256a8",
)
_HALO = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
_INK, _PALE, _GOAL = "#22262b", "#d9dce1", "#b3261e"
_BAR, _GAP = 0.66, 1.1
_END = 1.3
"""The axis ends here; a bar that is longer is cut, and its number says so."""


class Bar(NamedTuple):
    """A bar: its words, its length, the goal, and how high it stands."""

    words: str
    ratio: float
    goal: float | None
    height: float
    colour: str


def draw(results: Results, path: Path) -> None:
    """Draw the comparisons with peers, and write them as a PNG."""
    bars, titles, end = _layout(results)
    figure = Figure(figsize=(9.5, 0.27 * end + 1.5), dpi=130, layout="constrained")
    axes = figure.add_subplot()
    _bars(axes, bars)
    for words, height in titles:
        axes.text(
            -0.01, height, words, transform=axes.get_yaxis_transform(), ha="right", va="center",
            fontsize=9.5, fontweight="bold", color=_INK,
        )  # fmt: skip
    _frame(axes, bars, end)
    figure.suptitle(
        "iflytek-spark beside what one would use instead: ratio of medians, less is better",
        fontsize=11.5, fontweight="bold", color=_INK,
    )  # fmt: skip
    figure.savefig(path, facecolor="white", metadata={"Software": None})


def _layout(results: Results) -> tuple[list[Bar], list[tuple[str, float]], float]:
    """Return the bars, the titles over them, and where the lowest one ends."""
    bars: list[Bar] = []
    titles: list[tuple[str, float]] = []
    height = 0.0
    for colour, (title, group) in zip(_COLOURS, GROUPS.items()):
        known = [(one, one.ratio(results)) for one in group if one.peer]
        if not known:
            continue
        titles.append((title, height))
        for one, ratio in known:
            height += 1
            words = f"{one.what}  /  {one.beside.removeprefix(f'{one.what} ')}"
            bars.append(Bar(words, ratio or 0.0, one.goal, height, colour))
        height += _GAP + 0.5
    return bars, titles, height


def _bars(axes: Axes, bars: list[Bar]) -> None:
    for bar in bars:
        length = min(bar.ratio, _END)
        axes.barh(bar.height, length, _BAR, color=bar.colour, zorder=2)
        label = f"{bar.ratio:.2f}" if bar.ratio else "not measured"
        axes.text(
            max(length, bar.goal or 0.0) + 0.015, bar.height, label + " →" * (length < bar.ratio),
            va="center", fontsize=8.5, color=_INK, bbox=_HALO, zorder=4,
        )  # fmt: skip
        if bar.goal is not None:
            low, high = bar.height - _BAR * 0.62, bar.height + _BAR * 0.62
            axes.vlines(bar.goal, low, high, color=_GOAL, linewidth=2, zorder=3)


def _frame(axes: Axes, bars: list[Bar], end: float) -> None:
    axes.set_yticks([bar.height for bar in bars], [bar.words for bar in bars], fontsize=8.5)
    axes.set_ylim(end - _GAP, -0.8)
    axes.set_xlim(0, _END + 0.12)
    axes.axvline(1, color=_INK, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
    axes.text(1, -0.9, "as much as the other", ha="center", va="bottom", fontsize=8, color=_INK)
    axes.plot([], [], color=_GOAL, linewidth=2, label="goal: at most")
    axes.legend(loc="lower right", fontsize=8.5, frameon=False)
    axes.grid(axis="x", color=_PALE, linewidth=0.7, zorder=0)
    axes.tick_params(length=0, colors=_INK, labelsize=8.5)
    for side in axes.spines.values():
        side.set_visible(False)
