"""A turn of a rate, of which a test sees what becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Noted:
    """A turn that comes after some asking, and what was done with it."""

    waits: Iterator[float]
    notes: list[str] = field(default_factory=list)

    def ask(self) -> float:
        return next(self.waits)

    async def aask(self) -> float:
        return self.ask()

    def sent(self) -> None:
        self.notes.append("sent")

    def release(self) -> None:
        self.notes.append("released")


def noted(*waits: float) -> Noted:
    return Noted(iter((*waits, 0.0)))
