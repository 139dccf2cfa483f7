"""Fuzzes in a process of its own, which atheris ends: ``python -m fuzz.child NAME,NAME …``.

The first byte of an input chooses among the targets.
"""

from __future__ import annotations

import logging
import sys

import atheris

from fuzz.mutation import mutate

with atheris.instrument_imports(include=["iflytek_spark", "h11", "websockets"]):
    from fuzz.targets import TARGETS


def main() -> None:
    """Run the targets that the first argument names; the others are libFuzzer's."""
    program, names, *options = sys.argv
    targets = [TARGETS[name] for name in names.split(",")]
    for logger in ("uvicorn.error", "iflytek_spark.gateway"):
        logging.getLogger(logger).setLevel(logging.ERROR)  # each input would be told

    def check(data: bytes) -> None:
        target = targets[data[0] % len(targets) if data else 0]
        try:
            target.run(data[1:])
        except target.expected:
            return

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        return mutate(data, max_size, seed, atheris.Mutate)

    atheris.Setup([program, *options], check, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
