"""Writes the matrix down as docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from iflytek_spark.protocol.deviations import Deviation
from tests.reliability import exiting
from tests.reliability.cases import SHORT
from tests.reliability.columns import COLUMNS
from tests.reliability.leaving import LATE, LEAVINGS
from tests.reliability.observing import Cell, expected
from tests.reliability.rows import MANY, ROWS

PATH = Path(__file__).parents[2] / "docs" / "reliability.md"
LEAVES = "The caller leaves"

INTRODUCTION = f"""\
# Reliability: every fault met on purpose

One table of faults and surfaces, in parts. The tests in `tests/reliability` cause each fault on
each surface over real sockets and compare what comes of it with this table; a test fails when
this page is not current. `python -m tests.reliability` runs all cells and writes the page anew.

A cell names

- the exception that the caller gets, or **answer**: the whole answer, letter for letter, and never
  a part of it. LangChain's surfaces raise a twin (`SparkModel…`) that is both the core's class and
  LangChain's own; the gateway answers with an HTTP status and a code (`502 spark_interrupted`), or,
  when a part of a stream has gone out, with an event (`SSE error …`) and never with `[DONE]`;
- **↻** when the call was tried again, which happens only before the caller has seen anything, or
  **·** when it was tried once. Every try meets the fault, so that its exception can be named; where
  the fault lets it, the test has it pass after the first try too, and the call then gives the whole
  answer. (Here a call has one further try, by default it has two.);
- **∅** when nothing is left: no socket at the service, no thread, no task of the running loop, no
  file descriptor. What is left is looked for while the exception is still held, except where the
  caller has left.

**–** stands where a fault cannot be: a signed POST has one message, and so no middle, no order and
no plugins; a thread cannot be cancelled; an answer that is not read in pieces has no loop to leave.
The gateway's callers leave by hanging up, and so does one whose process exits.

The columns *spark-api-open* and *MaaS* are the same chat over HTTP, in its two dialects. A frame is
an event of the stream there; a close frame is the end of the body without the events that end an
answer, and what only frames, their numbers or a signature have cannot be (**–**). A connection that
would be kept for a next call is closed, to see that nothing else is left.

*First*, *middle* and *last* say how much had arrived: nothing, a part, or everything but the frame
that ends the answer. Time-outs of many seconds are scaled to {SHORT} s, and *one byte a second*
with them. No cell waits longer than its time-outs.
"""

DEVIATIONS = """\
## Deviations

An answer is right unless the service says an error (a code that is not 0, in any frame and whatever
else is unusual in it), the connection ends before the last frame, or the bytes are not UTF-8, not
JSON or without a header. Everything else is a deviation: it is counted, logged once in a process as
a warning without content, and named in `deviations` of the response, of the last event, of
LangChain's `response_metadata` and of LlamaIndex's `raw`. `SparkClient(strict=True)` makes each a
`ProtocolError`.

Why nothing is lost where such a row says *answer*: a WebSocket runs over TCP, which brings every
frame, once and in its order, or ends the connection, and an end before the last frame is an error.

- *The numbers* leap, repeat, go back or begin at 1, or a piece has none: every frame that was sent
  has come, and the pieces stand as they came. What the service itself left out nobody can see but
  by its numbers; that is why they are named, and why whoever needs that certainty sets `strict`.
- *A frame twice*: it is the same letter for letter, with its number, so that it counts once.
- *A frame without a code*, *of nulls*, *without text*: it says no error and holds no text to lose.
- *A piece without number and role*: its text is there.

The kinds:

{kinds}
"""

NOTES = f"""\
*{LATE.removeprefix(", ")}*: LangChain (langchain-core 1.7) reads the rest of the model's stream for
its tracer when a chain's sync `stream` is left, whichever the model is. The caller goes on when the
answer, or one of its time-outs, has ended. `astream`, and `stream` of the model itself, let go at
once. A chain's `astream` that is cancelled just between two pieces lets go when its CancelledError
does: LangChain closes nothing then, and the exception's traceback holds the stream.
"""


def parts() -> Iterator[tuple[str, list[tuple[str, list[Cell | None]]]]]:
    """The tables: a heading, and the rows with their cells."""
    for group, rows in groupby(ROWS, lambda row: row.group):
        yield group, [(row.name, [expected(row, column) for column in COLUMNS]) for row in rows]
    lines = [
        (leaving.name, [leaving.expected(column) for column in COLUMNS]) for leaving in LEAVINGS
    ]
    yield LEAVES, [*lines, (exiting.NAME, list(map(exiting.expected, COLUMNS)))]


def render() -> str:
    """The page, from what is expected; a run shows whether that is so."""
    pieces = [INTRODUCTION, surfaces()]
    for heading, lines in parts():
        names = ["fault", *(column.name for column in COLUMNS)]
        table = [line(names), line(["---"] * len(names))]
        table += [line([name, *map(written, cells)]) for name, cells in lines]
        pieces.append(f"## {heading}\n\n" + "\n".join(table) + "\n")
    return "\n".join([*pieces, deviations(), NOTES])


def deviations() -> str:
    """What may be named, and what it means."""
    kinds = [line([f"`{kind.value}`", kind.meaning]) for kind in Deviation]
    return DEVIATIONS.format(
        kinds="\n".join([line(["name", "meaning"]), line(["---"] * 2), *kinds])
    )


def surfaces() -> str:
    """What each column stands for."""
    lines = [
        line([column.name, ", ".join(f"`{surface.name}`" for surface in column.surfaces)])
        for column in COLUMNS
    ]
    note = f"""\
All surfaces of a column must do the same; {MANY:,} frames strike one of each, and every fault only
the first of the gateway's, whose clients differ in how they leave.
"""
    table = "\n".join([line(["column", "surfaces"]), line(["---"] * 2), *lines])
    return f"## The surfaces\n\n{note}\n{table}\n"


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def written(cell: Cell | None) -> str:
    if cell is None:
        return "–"
    return f"{cell.outcome} {'↻' if cell.retried else '·'} {', '.join(cell.left) or '∅'}"
